"""Files of readings, imported into a running engine: planned in a thread, then stored in batches like all readings."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from metertui.engine.attributes import NO_ATTRIBUTES, Group
from metertui.engine.base import Progress, TellRows, counted, no_progress, tell_no_rows
from metertui.engine.columns import Frozen, IntervalColumns
from metertui.engine.core import Import, ImportReport, deactivation_times
from metertui.engine.errors import BusyError, MeterError
from metertui.engine.intervals import IntervalRows, IntervalStore, gone_from, merge_columns, with_values
from metertui.formats import MAPPINGS, NOTHING_SAID, FileImport, FileMapping, Form, Said, readers
from metertui.formats.said import save
from metertui.headend.accounts import Accounts
from metertui.headend.day_close import DayClose
from metertui.headend.import_lane import ImportLane
from metertui.headend.jobs import Jobs
from metertui.headend.thread_progress import ThreadProgress

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
        tell_rows: TellRows = tell_no_rows,
    ) -> FileImport:
        """Return what files would add, to be shown before it is stored: see its `report`. Raises NotSaid, MeterError.

        `attributes` are those of meters of which the files state none. Intervals that differ from what is stored take
        its place if the import `replaces` it. `progress` and `tell_rows`, with the rows read, are called on the event
        loop. If it is cancelled, it ends behind the present block of rows.
        """
        engine = self._jobs.engine
        now, gone = engine.clock.now(), deactivation_times(engine.accounts, engine.events)
        edits = engine.events.frozen()
        told = ThreadProgress(progress, tell_rows)

        def plan(frozen: Frozen) -> FileImport:
            latest = now + engine.rules.future_us
            importing = readers.read_import(
                *(frozen, edits, paths, form, latest, lambda part: told.share(_READING * part), gone, attributes, said),
                replaces=replaces,
                saved=engine.folder / MAPPINGS,
                place=engine.folder,
                tell_rows=told.rows,
            )
            importing.plan(engine.accounts, now, lambda part: told.share(_READING + (1 - _READING) * part))
            return importing

        try:
            return await self._jobs.ask(plan)
        except asyncio.CancelledError:
            told.give_up()
            raise

    async def store(
        self,
        importing: Import,
        names: str,
        by: str,
        progress: Progress = no_progress,
        tell_rows: TellRows = tell_no_rows,
    ) -> ImportReport:
        """Store what was planned and close the day, which puts it into the archive; return what was done.

        `names` of the files are for `audit.log`. `tell_rows` is called with the rows stored. Raises StorageError. After
        that, or if it is cancelled, planning and storing the same files again adds the rest. Raises MeterError, before
        anything is stored, for intervals with more power than their meters can have.
        """
        jobs, engine = self._jobs, self._jobs.engine
        importing.check_power()
        of = max(1, importing.changes + importing.new_reads)
        done = 0

        def tell(rows: int) -> None:
            nonlocal done
            done = rows
            progress(_SENDING * rows / of)
            tell_rows(rows)

        await self._accounts.apply_import(importing)
        self._log_powers(importing.report, names, by)
        told = ThreadProgress(tell_rows=tell)
        try:
            await jobs.run_to_completion(self._store_intervals(importing, told))
            parts, before = importing.parts_of_reads(), importing.changes
            while (reads := await jobs.compute(next, parts, None)) is not None:
                sent = partial(_tell_part, tell, before, len(reads.rows))
                await ImportLane(importing, reads, engine.ingest, jobs.commit_loop, sent).run()
                before += len(reads.rows)
        except asyncio.CancelledError:
            told.give_up()
            jobs.audit(by, "import cancelled", names, f"{done} of {of} new rows are stored")
            raise
        report = importing.report
        self._log(report, names, by)
        while importing.new_reads:
            await self._day_close.idle.wait()
            with contextlib.suppress(BusyError):
                await jobs.run_to_completion(self._day_close.close(by))
                break
        return report

    async def _store_intervals(self, importing: Import, told: ThreadProgress) -> None:
        """Store the intervals of an import, in a thread, and put them in use.

        If the disk refuses, or it is given up, what was stored by then is in use.
        """
        jobs, engine = self._jobs, self._jobs.engine
        if not importing.has_intervals:
            return
        jobs.begin_to_write()
        store = IntervalStore(engine.folder, engine.zone)
        async with self._changing:
            before, former = engine.readings.intervals, engine.readings.former
            ids = engine.directory.frozen_ids()
            if before is not importing.beside:  # another import has come first
                await jobs.compute_at_once(importing.compare_again, before, ids)
            of, changes = importing.changes, importing.interval_changes
            if not of:
                return
            failure = None
            try:
                await jobs.compute_at_once(importing.store_intervals, store, lambda share: told.rows(round(of * share)))
            except MeterError as error:
                failure, changes = error, partial(importing.stored_intervals, store)
            try:
                stored = await jobs.compute_at_once(changes)
            except (MeterError, OSError) as error:  # a disk that takes nothing may give nothing either
                raise failure or error from error
            codes = [engine.directory.code_of(each) for each in stored.ids]
            engine.ingest.heads.grow(len(engine.directory))
            engine.readings.set_intervals(*await jobs.compute_at_once(_merged, before, former, stored, codes))
            if failure is not None and not told.given_up:
                raise failure

    async def mapping_of(self, path: Path, name: str, said: Said) -> FileMapping:
        """Return what is said of a file as a mapping, to be saved. Raises MeterError."""
        engine = self._jobs.engine
        return await self._jobs.compute(readers.mapping_of, path, name, engine.zone, said, engine.folder / MAPPINGS)

    async def save_mapping(self, mapping: FileMapping, by: str) -> None:
        """Save a mapping, in place of one of the same name. Raises StorageError."""
        await self._jobs.write(save, self._jobs.engine.folder / MAPPINGS, mapping)
        self._jobs.audit(by, "save mapping", mapping.name, mapping.about)

    async def merge(
        self,
        importing: Import,
        names: str,
        by: str,
        progress: Progress = no_progress,
        tell_rows: TellRows = tell_no_rows,
    ) -> ImportReport:
        """Merge what was planned straight into the day files, which takes half the time of `store`.

        The engine does not learn of it: this is for a head-end that serves nobody and then ends. `progress` and
        `tell_rows`, with the rows stored, are called on the event loop. Raises DataError, StorageError; after that, or
        if it is cancelled, doing it again adds the rest. Raises MeterError for too much power, before anything is
        written.
        """
        importing.check_power()
        engine, of = self._jobs.engine, importing.changes + importing.new_reads
        told = ThreadProgress(progress, tell_rows)

        def tell(share: float) -> None:
            told.share(share)
            told.rows(round(of * share))

        now, report = engine.clock.now(), importing.report
        finish = partial(importing.finish, engine.accounts, engine.archive, now=now, progress=tell)
        try:
            if importing.stores_something:
                report = await self._jobs.write(finish)
        except asyncio.CancelledError:
            told.give_up()
            raise
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


def _tell_part(tell: TellRows, before: int, count: int, share: float) -> None:
    """Tell the rows done of a part with so many, of which a share is done."""
    tell(before + round(count * share))


def _merged(
    before: IntervalColumns, former: IntervalColumns, changes: IntervalRows, codes: Sequence[int]
) -> tuple[IntervalColumns, IntervalColumns]:
    """Return the intervals that stand with changes, and the values that do not, with all that is asked at once."""
    merged = with_values(before, changes, np.array(codes, dtype=np.int32))
    _ = merged.codes, merged.starts
    gone = gone_from(before, merged, changes)
    return merged, merge_columns(former, np.zeros(len(former), dtype=bool), gone) if len(gone) else former
