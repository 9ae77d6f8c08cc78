"""The result of a proof of a data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from metertui.engine.base import format_kwh
from metertui.engine.errors import MeterError, text_of

_MOST_KEPT: Final = 20
"""Problems of one kind that are kept; all are counted."""


@dataclass(slots=True)
class Proof:
    """One thing that should hold: how often it was checked, and where it does not hold."""

    what: str
    count: int = 0
    """Files, readings, meters or rows checked."""
    failures: int = 0
    problems: list[str] = field(default_factory=list)
    """The first failures, a sentence each."""
    notes: list[str] = field(default_factory=list)
    """Sentences worth reading about what is as it should be."""

    def fail(self, problem: str) -> None:
        """Count a failure, and keep the first ones."""
        self.failures += 1
        if len(self.problems) < _MOST_KEPT:
            self.problems.append(problem)

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Fail because of an error inside, such as a file that cannot be read, and go on behind it."""
        try:
            yield
        except (MeterError, OSError, UnicodeDecodeError) as error:
            self.fail(text_of(error))

    def check_equal(self, expected: int, found: int, what: str) -> None:
        """Check that two figures, in Wh, are the same."""
        self.count += 1
        if expected != found:
            self.fail_differing(expected, found, what)

    def fail_differing(self, expected: int, found: int, what: str) -> None:
        """Fail because two figures, in Wh, are not the same."""
        self.fail(f"{what}: {format_kwh(found)} kWh is not {format_kwh(expected)} kWh")
