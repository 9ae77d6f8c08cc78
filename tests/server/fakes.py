"""A batch and a head-end for the server's tests: they answer as told, and remember what they were asked."""

from __future__ import annotations

from collections.abc import Mapping

from metertui.engine.counters import Close
from metertui.engine.outcome import OK, Outcome


class FakeBatch:
    """Answers each meter as `outcomes` says, OK where it says nothing."""

    def __init__(self, outcomes: Mapping[str, Outcome] | None = None) -> None:
        self.outcomes = outcomes or {}
        self.reads: list[tuple[str, str, str | None]] = []
        self.registered: list[tuple[str, dict[str, str], str]] = []
        self.refusals: list[tuple[str, str, str, str]] = []

    def read(self, meter: str, kwh: str, timestamp: str | None) -> Outcome:
        self.reads.append((meter, kwh, timestamp))
        return self.outcomes.get(meter, OK)

    def register(self, meter: str, fields: dict[str, str], repeated: str = "") -> Outcome:
        self.registered.append((meter, fields, repeated))
        return self.outcomes.get(meter, OK)

    def refuse(self, peer: str, code: str, why: str, line: str) -> None:
        self.refusals.append((peer, code, why, line))


class FakeClock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> int:
        return int(self.seconds * 1_000_000)

    def monotonic(self) -> float:
        return self.seconds


class FakeEngine:
    def __init__(self) -> None:
        self.clock = FakeClock()


CLOSE = Close(readings=3, files=2, seconds=0.125, ended=0, by="")
