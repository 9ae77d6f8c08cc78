"""What a file is taken for, before it is read: its form, what it says of itself, and where each of its series goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from metertui.formats.said import Kind


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
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the file says itself, by the options of an import: `zone`, `stamps`, `unit`."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self) | {"facts": dict(self.facts), "series": [each._asdict() for each in self.series]}
