"""Files of readings, imported into a running engine: planned in a thread, then stored in batches like all readings."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from metertui.engine.attributes import NO_ATTRIBUTES, Group
from metertui.engine.base import Progress, counted, no_progress
from metertui.engine.columns import Frozen, IntervalColumns
from metertui.engine.core import Import, ImportReport, deactivation_times
from metertui.engine.errors import BusyError, MeterError
from metertui.engine.intervals import IntervalRows, IntervalStore, with_values
from metertui.formats import MAPPINGS, NOTHING_SAID, FileImport, FileMapping, Form, Said, readers
from metertui.formats.said import save
from metertui.headend.accounts import Accounts
from metertui.headend.day_close import DayClose
from metertui.headend.import_lane import ImportLane
from metertui.headend.jobs import Jobs

_READING: Final = 0.8
"""The share of the time of a plan in which the files are read."""
_SENDING: Final = 0.9
"""The share of the time of storing in which intervals and readings are stored; then the day is closed."""


class Imports:
    """Plans imports and stores what was planned."""

    def __init__(self, jobs: Jobs, accounts: Accounts, day_close: DayClose) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._day_close = day_close
        self._changing = asyncio.Lock()

    async def plan(
        self,
        paths: Sequence[Path],
        form: Form | None = None,
        progress: Progress = no_progress,
        attributes: Group = NO_ATTRIBUTES,
        said: Said = NOTHING_SAID,
        *,
        replaces: bool = False,
    ) -> FileImport:
        """Return what files would add, to be shown before it is stored: see its `report`. Raises NotSaid, MeterError.

        `attributes` are those of meters of which the files state none. Intervals that differ from what is stored take
        its place if the import `replaces` it. `progress` is called on the event loop.
        """
        loop, engine = asyncio.get_running_loop(), self._jobs.engine
        now, gone = engine.clock.now(), deactivation_times(engine.accounts, engine.events)
        edits = engine.events.frozen()
        given_up = threading.Event()

        def share(part: float) -> None:
            if given_up.is_set():
                raise MeterError("cancelled")
            loop.call_soon_threadsafe(progress, part)

        def plan(frozen: Frozen) -> FileImport:
            latest = now + engine.rules.future_us
            importing = readers.read_import(
                *(frozen, edits, paths, form, latest, lambda part: share(_READING * part), gone, attributes, said),
                replaces=replaces,
                saved=engine.folder / MAPPINGS,
                place=engine.folder,
            )
            importing.plan(engine.accounts, now, lambda part: share(_READING + (1 - _READING) * part))
            return importing

        try:
            return await self._jobs.ask(plan)
        except asyncio.CancelledError:
            given_up.set()
            raise

    async def store(self, importing: Import, names: str, by: str, progress: Progress = no_progress) -> ImportReport:
        """Store what was planned and close the day, which puts it into the archive; return what was done.

        `names` of the files are for `audit.log`. Raises StorageError. After that, or if it is cancelled, planning and
        storing the same files again adds the rest. Raises MeterError, before anything is stored, for intervals with
        more power than their meters can have.
        """
        jobs, engine = self._jobs, self._jobs.engine
        importing.check_power()
        await self._accounts.apply_import(importing)
        self._log_powers(importing.report, names, by)
        await jobs.run_to_completion(self._store_intervals(importing))
        done = 0
        try:
            parts = importing.parts_of_reads()
            while (reads := await jobs.compute(next, parts, None)) is not None:
                sent = partial(_tell_part, progress, done, len(reads.rows), importing.new_reads)
                lane = ImportLane(importing, reads, engine.ingest, jobs.commit_loop, sent)
                try:
                    await lane.run()
                finally:
                    done += lane.done
        except asyncio.CancelledError:
            stored = f"{done} of {importing.new_reads} new readings are stored"
            jobs.audit(by, "import cancelled", names, stored)
            raise
        report = importing.report
        self._log(report, names, by)
        while importing.new_reads:
            await self._day_close.idle.wait()
            with contextlib.suppress(BusyError):
                await jobs.run_to_completion(self._day_close.close(by))
                break
        return report

    async def _store_intervals(self, importing: Import) -> None:
        """Store the intervals of an import, in a thread, and put them in use."""
        jobs, engine = self._jobs, self._jobs.engine
        if not importing.has_intervals:
            return
        store = IntervalStore(engine.folder, engine.zone)
        async with self._changing:
            before, ids = engine.readings.intervals, engine.directory.frozen_ids()
            if before is not importing.beside:  # another import has come first
                await jobs.compute(importing.compare_again, before, ids)
            changes = await jobs.compute(importing.interval_changes)
            if not len(changes):
                return
            await jobs.write(importing.store_intervals, store)
            codes = [engine.directory.code_of(each) for each in changes.ids]
            engine.ingest.heads.grow(len(engine.directory))
            engine.readings.set_intervals(await jobs.compute(_merged, before, changes, codes))

    async def mapping_of(self, path: Path, name: str, said: Said) -> FileMapping:
        """Return what is said of a file as a mapping, to be saved. Raises MeterError."""
        engine = self._jobs.engine
        return await self._jobs.compute(readers.mapping_of, path, name, engine.zone, said, engine.folder / MAPPINGS)

    async def save_mapping(self, mapping: FileMapping, by: str) -> None:
        """Save a mapping, in place of one of the same name. Raises StorageError."""
        await self._jobs.write(save, self._jobs.engine.folder / MAPPINGS, mapping)
        self._jobs.audit(by, "save mapping", mapping.name, mapping.about)

    async def merge(self, importing: Import, names: str, by: str, progress: Progress = no_progress) -> ImportReport:
        """Merge what was planned straight into the day files, which takes half the time of `store`.

        The engine does not learn of it: this is for a head-end that serves nobody and then ends. `progress` is called
        in a thread. Raises DataError, StorageError; after that, doing it again adds the rest.
        """
        engine = self._jobs.engine
        now = engine.clock.now()
        finish = partial(importing.finish, engine.accounts, engine.archive, now=now, progress=progress)
        report = await self._jobs.write(finish)
        self._log_powers(report, names, by)
        self._log(report, names, by)
        return report

    def _log_powers(self, report: ImportReport, names: str, by: str) -> None:
        """Append to `audit.log` what an import made of the most power of meters, by account."""
        engine = self._jobs.engine
        now, zone = engine.zone.iso(engine.clock.now()), engine.zone
        entries = [
            (now, by, "modify", meter, f"{change.audited(zone)}, import of {names}")
            for meter, change in report.powers.items()
        ]
        if entries:
            self._jobs.append(engine.audit.write_entries, entries)

    def _log(self, report: ImportReport, names: str, by: str) -> None:
        """Append an import to `audit.log`, and what it refused to `rejects.log`."""
        jobs, engine = self._jobs, self._jobs.engine
        jobs.audit(by, "import", names, report.counts())
        if report.replaced:
            files = ", ".join(f"{name} {digest}" for name, digest in report.digests.items())
            jobs.audit(by, "replace intervals", names, f"{counted(report.replaced, 'interval')} replaced; {files}")
        refusals = report.as_refused_lines(engine.clock.now())
        if refusals:
            jobs.append(engine.rejects.write_lines, refusals, engine.zone)


def _tell_part(progress: Progress, before: int, count: int, of: int, share: float) -> None:
    """Tell the share done of an import: of one of its parts, behind others."""
    progress(_SENDING * (before + count * share) / of)


def _merged(before: IntervalColumns, changes: IntervalRows, codes: Sequence[int]) -> IntervalColumns:
    """Return the intervals that stand with changes, with all that is asked of them at once."""
    merged = with_values(before, changes, np.array(codes, dtype=np.int32))
    _ = merged.codes, merged.starts
    return merged
