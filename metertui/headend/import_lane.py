"""The lane of an import: readings from files, committed in batches with those that meters send.

Each is on disk before it counts, and after a crash every reading is either stored or not. A reading that also arrives
over the wire is treated like any other: the same value is a duplicate, another value at the same instant a conflict.
"""

from __future__ import annotations

import asyncio

from metertui.engine.base import Outcome, Progress
from metertui.engine.core import Batch, Import, Ingest, NewReads
from metertui.engine.errors import StorageError
from metertui.headend.commit_loop import CommitLoop


class ImportLane:
    """A part of the new readings of a planned import as a lane. Used once."""

    def __init__(
        self, importing: Import, reads: NewReads, ingest: Ingest, commit_loop: CommitLoop, progress: Progress
    ) -> None:
        self._importing = importing
        self._reads = reads
        self._rows = reads.rows
        self._codes = ingest.codes_of(reads.rows.ids)
        self._commit_loop = commit_loop
        self._progress = progress
        self.done = 0
        """Readings that are stored, or were refused or duplicates."""
        self._taken = 0
        self.due = 0
        self.arrived: float | None = None
        self._outcomes: list[tuple[int, Outcome]] = []
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Store all readings. Raises StorageError when the disk fails; what was stored before stays.

        If it is cancelled, it ends after the current batch, or before the first.
        """
        if len(self._rows):
            self._commit_loop.submit(self)
            await self._finished

    def backlog(self) -> int:
        return max(1, len(self._rows) - self.done)

    def collect(self, budget: int) -> int:
        self._taken = 0 if self._ended else min(budget, len(self._rows) - self.done)
        return self._taken

    def perform(self, batch: Batch) -> None:
        part = slice(self.done, self.done + self._taken)
        rows, codes = self._rows, self._codes
        columns = rows.code, rows.time, rows.wh, rows.qualities
        readings = zip(*(column[part].tolist() for column in columns), strict=True)
        for at, (place, time, wh, quality) in enumerate(readings, self.done):
            if batch.full:
                self._taken = at - self.done
                break
            outcome = batch.add_imported(codes[place], time, wh, quality)
            if outcome.kind in ("duplicate", "refused"):
                self._outcomes.append((at, outcome))

    def reply(self, failure: Outcome | None) -> None:
        if failure is not None:
            self._fail(failure.text)
            return
        for at, outcome in self._outcomes:
            self._importing.note_outcome(self._reads, at, outcome)
        self._outcomes.clear()
        self.done += self._taken
        if self._ended:
            return
        self._progress(self.done / len(self._rows))
        if self.done < len(self._rows):
            self._commit_loop.submit(self)
        else:
            self._finished.set_result(None)

    def drop(self) -> None:
        self._fail("the server failed at this import; its log says why")

    @property
    def _ended(self) -> bool:
        """Return whether it is cancelled, has failed or is complete: already in the turn of the loop in which it is."""
        return self._finished.done()

    def _fail(self, why: str) -> None:
        if not self._ended:
            self._finished.set_exception(StorageError(why))
