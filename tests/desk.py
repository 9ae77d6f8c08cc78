"""A desk of one meter at work, for tests of what is done on it; the fixture is in conftest.py."""

from __future__ import annotations

import asyncio

from metertui.engine.base.config import Rules
from metertui.engine.base.outcome import Outcome
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.batch import Batch
from metertui.headend.service import HeadEnd

RULES = Rules(zone=SiteZone("Asia/Singapore"))


class ScriptLane:
    """A lane that has its requests ready."""

    def __init__(self, requests: list[tuple[str, str, str | None]]) -> None:
        self._requests = requests
        self.outcomes: list[Outcome] = []
        self.batches: list[int] = []
        self.answered = asyncio.Event()
        self.dropped = asyncio.Event()
        self.due = 0
        self.arrived: float | None = 0.0
        self._taken = 0

    def backlog(self) -> int:
        return max(1, len(self._requests))

    def collect(self, budget: int) -> int:
        self._taken = min(budget, len(self._requests))
        return self._taken

    def perform(self, batch: Batch) -> None:
        taken, self._requests = self._requests[: self._taken], self._requests[self._taken :]
        self.batches.append(id(batch))
        self.outcomes += [batch.add_reading(*request) for request in taken]

    def reply(self, failure: Outcome | None) -> None:
        if failure is not None:
            self.outcomes = [failure if outcome.stored else outcome for outcome in self.outcomes]
        self.answered.set()

    def drop(self) -> None:
        self.dropped.set()


async def read(desk: HeadEnd, kwh: str, time: str) -> Outcome:
    return await desk.store_reading("m", kwh, time, "test")
