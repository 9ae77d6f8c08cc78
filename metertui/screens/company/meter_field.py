"""A field of a form that finds a meter as Lookup does: by part of its id, address, postcode, region or sub-region."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from metertui.engine.accounts import Account
from metertui.screens.fields import Check, Field, labelled
from metertui.screens.shell import MOST_SUGGESTED, OnDesk, suggestion_lines
from metertui.text import plain


class _Field(Field):
    """The field itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "go(1)", "Meters", key_display="↓", tooltip="Go through the meters that match"),
        Binding("up", "go(-1)", "Meter before", show=False),
    ]

    def action_go(self, step: int) -> None:
        """Go through the meters that match."""
        self.query_ancestor(MeterField).go(step)


class MeterField(OnDesk, Vertical):
    """A field with suggestions below it, which up and down go through, and the address of the meter in it.

    When it is left, it has the meter that was gone to, or else the only one that matches what was typed.
    """

    def __init__(self, check: Check, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check = check
        self._found: list[Account] = []

    def compose(self) -> ComposeResult:
        hint = "part of its id, address, postcode, region or sub-region"
        yield labelled("meter", _Field(placeholder=hint, id="reading-meter", compact=True, check=self._check))
        yield OptionList(id="reading-meters", classes="hidden")
        yield Static(id="reading-where")

    def on_mount(self) -> None:
        self._options.can_focus = False  # the next field follows this one

    @property
    def _options(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _field(self) -> Field:
        return self.query_one(Field)

    def take(self, meter: str) -> None:
        """Put a meter into the field, and go to the next one."""
        self._field.value = meter
        self.screen.set_focus(self._field)
        self.screen.focus_next()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        account = self.headend.engine.accounts.get(event.value.strip())
        where = "" if account is None else ", ".join(filter(None, (account.address, account.postcode, account.region)))
        self.query_one("#reading-where", Static).update(plain(where))
        self._suggest(event.value.strip())

    @work(exclusive=True, group="meter")
    async def _suggest(self, text: str, step: int = 0) -> None:
        """List the meters that match, or those used in this session; `step`: where the cursor goes."""
        accounts = self.headend.accounts
        known = self.headend.engine.accounts
        recent = [account for meter in self.desk.recent if (account := known.get(meter)) is not None]
        self._found = await accounts.search(text, MOST_SUGGESTED) if text else recent if step else []
        alone = [account.meter for account in self._found] == [text]
        self._options.clear_options()
        self._options.add_options([Option(plain(line)) for line in suggestion_lines(self._found)])
        self._options.set_class(alone or not self._found or not self._field.has_focus, "hidden")
        if not self._options.has_class("hidden"):
            self.go(step)

    def go(self, step: int) -> None:
        """Go through the meters that match; without a text, those used in this session."""
        if self._options.has_class("hidden"):
            self._suggest(self._field.value.strip(), step)
        elif step:
            at = self._options.highlighted
            self._options.highlighted = (0 if at is None and step > 0 else (at or 0) + step) % len(self._found)

    @on(OptionList.OptionSelected)
    def _pick(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.take(self._found[event.option_index].meter)

    def on_descendant_blur(self) -> None:
        at, shown = self._options.highlighted, not self._options.has_class("hidden")
        self._options.add_class("hidden")
        if shown and at is not None:
            self._fill(self._found[at].meter)
        elif text := self._field.value.strip():
            self._complete(text)

    @work(exclusive=True, group="meter")
    async def _complete(self, text: str) -> None:
        """Put the only meter that matches into the field that was left."""
        found = await self.headend.accounts.search(text, MOST_SUGGESTED)
        if len(found) == 1 and self._field.value.strip() == text and not self._field.has_focus:
            self._fill(found[0].meter)

    def _fill(self, meter: str) -> None:
        """Put a meter into the field, which was left."""
        self._field.value = meter
        self._field.tell()
