"""Applying changes: what `changes` found in the files of another process becomes part of an engine.

Readings go through a `Batch`, as they do in the process that owns the folder, which finds those that are known. Where a
file replaces another (day files after a day close or an import, a log that was cut back), the history is rebuilt from
memory and the changed files in a worker thread and put in use in one step; what arrives meanwhile is added to both.

Everything here is for the thread that owns the engine and works in slices: an iterator yields between two of them. The
exceptions are the methods of `HistoryRebuild` that are marked as for a worker thread.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import date
from typing import Final

import numpy as np

from metertui.engine.accounts import Entry
from metertui.engine.base import day_number
from metertui.engine.columns import (
    Columns,
    IntervalColumns,
    Stated,
    add_to_history,
    concat_stated,
    tail_columns,
)
from metertui.engine.core import Engine
from metertui.engine.index import Mark, ReadingStore, View
from metertui.engine.intervals import merge_columns, standing_and_former
from metertui.engine.replica.changes import ChangedIntervals, NewBook
from metertui.engine.storage import Rows
from metertui.engine.vee import MeterHeads

_SLICE: Final = 1024
"""Readings, or meters, in a slice: a few ms."""
_ACCOUNTS: Final = 256
"""Accounts in a slice."""


def add_readings(engine: Engine, rows: Rows) -> Iterator[None]:
    """Add readings in their order; known ones are ignored."""
    arrived = yield from _coded(engine, rows)
    yield from _replicate(engine, arrived, counted=True)


def _coded(engine: Engine, rows: Rows) -> Generator[None, None, Stated]:
    """Return readings with the engine's codes; new meters get one."""
    codes = np.empty(len(rows.ids), dtype=np.int32)
    for start in range(0, len(codes), _SLICE):
        part = rows.ids[start : start + _SLICE]
        codes[start : start + _SLICE] = [engine.directory.code_of(meter) for meter in part]
        yield
    engine.ingest.heads.grow(len(engine.directory))
    return Stated(codes[rows.code], rows.time, rows.wh, rows.qualities)


def _replicate(engine: Engine, arrived: Stated, *, counted: bool) -> Iterator[None]:
    for start in range(0, len(arrived.time), _SLICE):
        part = slice(start, start + _SLICE)
        batch = engine.ingest.begin()
        for reading in zip(*(column[part].tolist() for column in arrived), strict=True):
            batch.add_replicated(*reading)
        batch.duplicates = 0  # read twice here, not sent twice
        if counted:
            engine.ingest.apply(batch)
        else:
            batch.store_readings(engine.readings)
        yield


def update_accounts(engine: Engine, found: Sequence[Entry]) -> Iterator[None]:
    """Update new and changed accounts."""
    for entry in found:
        engine.ingest.counters.registered += entry.account.meter not in engine.accounts
        engine.accounts.replace_known(entry)
    yield from _place(engine, [entry.account.meter for entry in found])


def replace_accounts(engine: Engine, new: NewBook) -> Iterator[None]:
    """Replace all accounts."""
    engine.ingest.counters.registered += sum(meter not in engine.accounts for meter in new.changed)
    engine.accounts = new.book
    yield from _place(engine, [*new.changed, *new.gone])


def _place(engine: Engine, meters: Sequence[str]) -> Iterator[None]:
    """Update what the engine knows of meters from their accounts."""
    known: list[int] = []
    for place, meter in enumerate(meters):
        before = engine.directory.codes_of_meter(meter)
        engine.ingest.refresh_meter(meter)
        known += before
        if place % _ACCOUNTS == 0:
            yield
    if known:
        engine.readings.regroup(known)


def prepare_intervals(
    engine: Engine, changed: ChangedIntervals
) -> Callable[[], tuple[IntervalColumns, IntervalColumns]]:
    """Return what makes the intervals that stand with those of changed days, and the values that do not any longer.

    In any thread; new meters get a code.
    """
    codes = np.array([engine.directory.code_of(each) for each in changed.rows.ids], dtype=np.int32)
    before, zone = (engine.readings.intervals, engine.readings.former), engine.zone
    engine.ingest.heads.grow(len(engine.directory))

    def merged() -> tuple[IntervalColumns, IntervalColumns]:
        numbers = np.array([day_number(day) for day in changed.days], dtype=np.int32)
        standing, former = (
            merge_columns(each, np.isin(zone.day_numbers(each.start), numbers), new)
            for each, new in zip(before, standing_and_former(changed.rows, codes), strict=True)
        )
        return standing, former

    return merged


class HistoryRebuild:
    """The rebuild of the history from changed files.

    Its steps are `read_days`, `assign_codes`, `build_readings`, `load_heads` and `put_in_use`, in this order. `days`
    are those whose files replace what is in memory; `logs` are all readings of the sealed log and the log, or None if
    those in memory stay.
    """

    def __init__(self, engine: Engine, days: frozenset[date], logs: Rows | None) -> None:
        self.days = days
        self.meters: set[str] = set()
        """Meters whose account or edits have changed meanwhile."""
        self._engine = engine
        self._logs = logs
        self._before = engine.readings
        self._history = engine.readings.history
        self._seen = engine.readings.mark()
        self._tail = engine.readings.first_of_tail(self._seen)
        self._sharing = engine.readings.sharing_in_history()
        self._estimated = engine.readings.qualities.all_estimated()
        self._rows: list[Rows] = []
        self._new: list[Stated] = []
        self._heads = MeterHeads()

    def read_days(self) -> None:
        """Read the changed day files. For a worker thread. Raises DataError, OSError."""
        self._rows = [self._engine.archive.read_day(day) for day in sorted(self.days)]

    def assign_codes(self) -> Iterator[None]:
        """Assign the engine's codes to what was read."""
        for rows in self._rows:
            self._new.append((yield from _coded(self._engine, rows)))
        if self._logs is not None:
            self._tail = yield from _coded(self._engine, self._logs)

    def build_readings(self) -> None:
        """Build history, tail and index. For a worker thread."""
        engine, history, sharing = self._engine, self._history, self._sharing
        if self.days:
            numbers = np.array([day_number(day) for day in self.days], dtype=np.int32)
            history = history.part(~np.isin(engine.zone.day_numbers(history.time), numbers))
        estimated = self._estimated_in(history)
        if self.days:
            history, new, sharing_too = add_to_history(history, concat_stated(self._new))
            old = sharing.take(~np.isin(engine.zone.day_numbers(sharing.time), numbers))
            sharing, estimated = concat_stated([old, sharing_too]), concat_stated([estimated, new])
        self._readings = ReadingStore(history, engine.directory, engine.zone, engine.events, sharing, estimated)
        self._readings.append_unknown(self._tail)

    def _estimated_in(self, history: Columns) -> Stated:
        """Return the readings of a history that were not actual at first."""
        at, known = tail_columns.locate_rows(history, self._estimated.meter, self._estimated.time)
        known[known] = history.wh[at[known]] == self._estimated.wh[known]
        return self._estimated.take(known)

    def view(self) -> View:
        """Return a view of what was built, for `load_heads`."""
        return self._readings.view()

    def load_heads(self, view: View) -> None:
        """Work out what each meter's next reading has to fit. For a worker thread."""
        frozen = view.frozen()
        self._heads.grow(len(frozen.ids))
        self._heads.load(frozen)

    def put_in_use(self) -> Iterator[None]:
        """Replace the readings in use, and add what has arrived meanwhile."""
        engine = self._engine
        assert engine.readings is self._before, "one rebuild at a time"
        engine.readings = self._readings
        engine.readings.set_intervals(self._before.intervals, self._before.former)
        engine.ingest.heads = self._heads
        engine.ingest.heads.grow(len(engine.directory))
        engine.day_close.sealed = Mark()
        engine.store_corrected(list(engine.events))
        meanwhile = self._before.since(self._seen)
        codes = [code for meter in self.meters for code in engine.directory.codes_of_meter(meter)]
        engine.readings.regroup(codes)
        for place, code in enumerate(codes):
            engine.ingest.set_head(code)
            if place % _ACCOUNTS == 0:
                yield
        yield from _replicate(engine, meanwhile, counted=False)
