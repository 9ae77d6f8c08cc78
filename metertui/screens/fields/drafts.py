"""What was typed in windows that a change of screen has closed, until it is used or given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Drafts:
    """Texts by form and field. Passwords are not to be noted."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, str]] = {}

    def note(self, form: str, field: str, text: str) -> None:
        """Note what is typed in a field."""
        self._texts.setdefault(form, {})[field] = text

    def of(self, form: str) -> Mapping[str, str]:
        """Return what was typed in a form, by field; nothing if it was used."""
        return self._texts.get(form, {})

    def field(self, form: str, field: str) -> Draft:
        """Return the draft of one field, for the field to keep."""
        return Draft(self, form, field)

    def drop(self, form: str) -> None:
        """Forget what was typed in a form: it was used or given up."""
        self._texts.pop(form, None)


class Draft(NamedTuple):
    """The draft of one field."""

    drafts: Drafts
    form: str
    field: str

    @property
    def text(self) -> str | None:
        """Return what was typed; None if nothing was, or it was used."""
        return self.drafts.of(self.form).get(self.field)

    def note(self, text: str) -> None:
        """Note what is typed."""
        self.drafts.note(self.form, self.field, text)
