"""What a proof of a data folder says: one thing that should hold, how often it was tried, and where it did not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from metertui.engine.base import format_kwh

_TOLD: Final = 20
"""Problems of one kind that are told; all are counted."""


@dataclass(slots=True)
class Proof:
    """One thing that should hold: how often it was tried, and where it did not."""

    what: str
    count: int = 0
    """Files, readings, meters, rows: whatever was tried."""
    failures: int = 0
    problems: list[str] = field(default_factory=list)
    """The first failures, a sentence each."""
    notes: list[str] = field(default_factory=list)
    """What is as it should be, and worth knowing."""

    def fail(self, problem: str) -> None:
        """It does not hold."""
        self.failures += 1
        if len(self.problems) < _TOLD:
            self.problems.append(problem)

    def check_equal(self, expected: int, found: int, what: str) -> None:
        """Two figures in Wh that should be the same."""
        self.count += 1
        if expected != found:
            self.fail_differing(expected, found, what)

    def fail_differing(self, expected: int, found: int, what: str) -> None:
        """Two figures in Wh are not the same, and should be."""
        self.fail(f"{what}: {format_kwh(found)} kWh is not {format_kwh(expected)} kWh")
