"""What a file is taken for, before it is read: its form, what it says of itself, and where each of its series goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from metertui.formats.said.options import Kind

_SHOWN: Final = 6
"""Series that a sentence names."""
TIME_ROLES: Final = ("time", "start", "end", "date", "clock", "end_date", "end_clock")
"""What columns are taken for that say when."""


class Series(NamedTuple):
    """A column of a table, or figures of a file of the trade that belong together."""

    name: str
    """What the file calls it."""
    register: str = ""
    """The identifier of the register that it is stored as; empty if it holds no figures, or is left out."""
    unit: str = ""
    why: str = ""
    """Why it is left out, if it is one of figures."""
    role: str = ""
    """What a column is taken for, in the words of `--columns`; empty if it is left out."""
    number: int = 0
    """The number of a column, from 1; 0 if it is none."""
    first: Sequence[str] = ()
    """The first cells of a column that are not empty."""

    @property
    def quoted(self) -> str:
        """Return what the file calls it, in a sentence."""
        return f"'{self.name}'" if self.number else self.name

    @property
    def is_left_out(self) -> bool:
        """Return whether it holds figures that are not stored."""
        return not self.register and (bool(self.why) or not self.number)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "name": self.name,
            "column": self.number or None,
            "taken_for": self.role or None,
            "register": self.register or None,
            "unit": self.unit or None,
            "left_out": self.why or None,
            "first": list(self.first),
        }


@dataclass(frozen=True)
class Taken:
    """What a file is taken for."""

    form: str
    """The form in the words of the trade: `NEM12`, `Green Button (ESPI)`."""
    kind: Kind | Literal[""]
    """Empty where it is not known."""
    series: Sequence[Series] = ()
    meter: str = ""
    """The meter of what names none itself, of a table."""
    zone: str = ""
    """The zone of times that name none, of a table; empty if all name theirs, or it is not known."""
    stamps: str = ""
    """Which end of an interval the one time of a row is, of a table; empty if a row has both, or it is not known."""
    date_order: str = ""
    mapping: str = ""
    """The name of the mapping by which it is known."""
    notes: Sequence[str] = ()
    """What else was decided that a person may want to know."""
    is_fixed: bool = False
    """Whether the form says what its columns are, and nobody else."""

    @property
    def is_table(self) -> bool:
        """Return whether a person can say what its columns are."""
        return not self.is_fixed and any(each.number for each in self.series)

    def times(self) -> list[Series]:
        """Return the columns that say when."""
        return [each for each in self.series if each.role in TIME_ROLES]

    def sentence(self) -> str:
        """Return it as one sentence, with the first series of many."""
        kept = [
            f"{each.quoted} as {each.register}" + (f" in {each.unit}" if each.number and each.unit else "")
            for each in self.series
            if each.register
        ]
        others = [f"{each.quoted} ({each.why})" for each in self.series if each.is_left_out]
        what = "registers" if self.kind == "register" else "energy per interval"
        if self.is_fixed:
            return f"{self.form}, {what}"
        parts = [self._when(), _list_of(kept), f"left out: {_list_of(others)}" if others else ""]
        return f"{self.form}, {what}" + ("" if not any(parts) else f": {'; '.join(part for part in parts if part)}")

    def _when(self) -> str:
        names = [each.quoted for each in self.times()]
        if not names:
            return ""
        end = f", the {self.stamps} of each interval" if self.stamps else ""
        return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} the time{end}"

    def sentences(self) -> list[str]:
        """Return all that it is taken for as sentences."""
        return [self.sentence(), *self.notes]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        said = ("kind", "meter", "zone", "stamps", "date_order", "mapping")
        return {
            "form": self.form,
            **{name: getattr(self, name) or None for name in said},
            "series": [each.as_json() for each in self.series],
            "notes": list(self.notes),
        }


def _list_of(words: Sequence[str]) -> str:
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
