"""The index, built in threads, and lists of single readings found through it, so that ingest goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    USE,
    Clock,
    Identifier,
    Int64Array,
    Progress,
    Window,
    no_progress,
    split_identifier,
)
from metertui.engine.columns import Frozen
from metertui.engine.core import listing
from metertui.engine.index import ReadingList
from metertui.engine.usage import (
    JudgedList,
    JudgedReadings,
    Latest,
    Proposal,
    Question,
    RegisterState,
    Series,
    judge_readings,
    latest_of,
    propose_register,
    registers_among,
)
from metertui.headend.jobs import Jobs

T = TypeVar("T")


class Effort:
    """Adds up the processor time of work that is done in parts, perhaps in several threads, one part at a time.

    Time that passes while other programs or threads run does not count.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing."""
        self._clock = clock
        self.seconds = 0.0

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Add what the block costs."""
        began = self._clock.thread_time()
        try:
            yield
        finally:
            self.seconds += self._clock.thread_time() - began


class ReadingLists:
    """Finds readings. `progress` is called in the thread; an exception from it ends the work."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def build_index(self) -> None:
        """Build what questions about many meters need, in threads, so that the first does not wait for it."""
        await self._jobs.compute(self._jobs.engine.readings.build_index, self._jobs.run_parts)

    async def find(
        self, question: Question, row: Mapping[str, str] | None = None, progress: Progress = no_progress
    ) -> ReadingList:
        """Return the readings stored now that meet a question, or a row of its table. Raises MeterError."""
        return await self._jobs.compute(listing.find_readings, self._jobs.engine.view(), question, row, progress)

    async def sort(self, found: ReadingList, sort: str, progress: Progress = no_progress) -> ReadingList:
        """Return a list in another order; see `ReadingList.sorted_by`."""
        return await self._jobs.compute(found.sorted_by, sort, progress)

    async def arrange_round(
        self,
        found: ReadingList,
        sort: str,
        text: str,
        row: int | None,
        progress: Progress = no_progress,
        more: Callable[[Int64Array], NDArray[np.bool_]] | None = None,
    ) -> tuple[ReadingList, ReadingList, int]:
        """Return a list in another order, those of it that contain a text, and where a row of it is among these.

        That is 0 for a row that is not, and for none. `more` says which rows contain the text beside what the list has.
        """

        def arrange() -> tuple[ReadingList, ReadingList, int]:
            ordered = found.sorted_by(sort, progress)
            chosen = ordered.containing(text, progress, more) if text else ordered
            return ordered, chosen, 0 if row is None else chosen.place_of(row)

        return await self._jobs.compute(arrange)

    async def describe(self, found: ReadingList, start: int, stop: int) -> dict[str, Any]:
        """Return the readings [start, stop) of a list as JSON has them; see `ReadingList.description`."""
        return await self._jobs.compute(found.description, start, stop)

    async def judge(self, found: ReadingList, start: int, stop: int) -> JudgedReadings:
        """Return readings of a list with their usage and status, from all readings of their meters."""
        directory = self._jobs.engine.directory
        limits = directory.site_limits(directory.groups_in_time())
        return await self._jobs.compute(judge_readings, found, start, stop, limits)

    async def judge_all(self, found: ReadingList, progress: Progress = no_progress) -> JudgedList:
        """Return the usage and status of all readings of a list, by the readings that are stored now."""

        def judge(frozen: Frozen) -> JudgedList:
            return JudgedList(found, frozen, progress)

        return await self._jobs.ask(judge)

    async def propose(self, meter: str, at: int) -> Proposal | None:
        """Return the register that a meter is likely to show at an instant (µs UTC); None if too little is known.

        Raises MeterError for an unknown meter.
        """
        zone = self._jobs.engine.zone
        return (await self.glance({meter: lambda series: propose_register(series, at, zone)}, own=True))[meter]

    async def registers(self, meter: str, window: Window) -> list[RegisterState]:
        """Return the registers of a meter with their usage in a window; none of one that has no other than its use.

        A total is what was used altogether, whether it is read or the sum of its parts.
        """
        engine = self._jobs.engine
        identifiers = {split_identifier(each).channel: each for each in engine.registers_of(meter)}
        if identifiers.keys() <= {USE}:
            return []

        def looked_at(series: Series) -> tuple[int | None, Latest | None]:
            return series.usage(window).usage_wh, latest_of(series)

        own = await self.glance(dict.fromkeys(identifiers.values(), looked_at), own=True)
        found = []
        for register in registers_among(identifiers):
            identifier = str(Identifier(meter, register.channel))
            used, latest = own.get(identifier, (None, None))
            if register.parts:
                used = (await self.glance({identifier: lambda series: series.usage(window).usage_wh}))[identifier]
            found.append(RegisterState(register, used, latest))
        return found

    async def glance(
        self, questions: Mapping[str, Callable[[Series], T]], effort: Effort | None = None, *, own: bool = False
    ) -> dict[str, T]:
        """Return the answers to a question each about the series of some meters, worked out in a thread for searches.

        The readings are taken a meter at a time, so that a list of meters does not hold the event loop. What all of it
        costs is added to `effort`. `own`: of the registers that are named, also where what their meter used is the sum
        of others. Raises MeterError for an unknown meter.
        """
        engine = self._jobs.engine
        prepare = engine.prepare_series if own else engine.prepare_use_series
        effort = effort or Effort(self._jobs.engine.clock)
        prepared = []
        for meter, question in questions.items():
            with effort.spent():
                prepared.append((meter, prepare(meter), question))
            await asyncio.sleep(0)

        def answers(stop: Callable[[], bool]) -> dict[str, T] | None:
            found = {}
            for meter, series, question in prepared:
                if stop():
                    return None
                with effort.spent():
                    found[meter] = question(series())
            return found

        return await self._jobs.look_up(answers)
