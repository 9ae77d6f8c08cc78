"""What a file is taken for, before it is read: its form, what it says of itself, and where each of its series goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from metertui.formats.said.options import Kind

_SHOWN: Final = 6
"""Series that a sentence names."""


class Series(NamedTuple):
    """Figures of a file that belong together, such as a column."""

    name: str
    """What the file calls it."""
    register: str
    """The identifier of the register that it is stored as; empty if it is left out."""
    unit: str = ""
    why: str = ""
    """Why it is left out, if it is."""


@dataclass(frozen=True)
class Taken:
    """What a file is taken for."""

    form: str
    """The form in the words of the trade: `NEM12`, `Green Button (ESPI)`."""
    kind: Kind
    series: Sequence[Series]

    def sentence(self) -> str:
        """Return it as one sentence, with the first series of many."""
        kept = [f"{each.name} as {each.register}" for each in self.series if each.register]
        others = [f"{each.name} ({each.why})" for each in self.series if not each.register]
        what = "registers" if self.kind == "register" else "energy per interval"
        parts = [_list_of(kept), *([f"left out: {_list_of(others)}"] if others else [])]
        return f"{self.form}, {what}: {'; '.join(part for part in parts if part)}"


def _list_of(words: Sequence[str]) -> str:
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
