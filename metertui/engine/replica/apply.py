"""What was found in the files of a folder that another process owns (`following`) becomes part of an engine.

Readings take the way of their owner (`Batch`), which finds what was seen before: nothing is doubled. Where a file
takes the place of another (day files after a day close or an import, a log that was cut back) history is *settled*:
built again from memory and the changed files in a worker thread, and put in use in one step; what arrives meanwhile is
taken in on both sides.

Everything here is for the thread that owns the engine, and goes in slices: an iterator yields between two of them.
Only `Settling.read` and `Settling.build` are for a worker thread.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import date
from typing import Final

import numpy as np

from metertui.engine.accounts import Account
from metertui.engine.base import day_number
from metertui.engine.columns import Arrivals, Columns, Group, tail_columns
from metertui.engine.core import Engine
from metertui.engine.index import ReadingStore, View
from metertui.engine.replica.changes import NewBook
from metertui.engine.storage import Rows
from metertui.engine.vee import MeterHeads

_SLICE: Final = 1024
"""Readings, or meters, at a time: some ms."""
_ACCOUNTS: Final = 256
"""Accounts at a time."""
_ONE_BY_ONE: Final = 500
"""So many meters at once get other groups one by one; for more than these all is grouped anew."""
_EVER: Final = -(1 << 62)


def add_readings(engine: Engine, rows: Rows) -> Iterator[None]:
    """Take readings in, in their order, each once."""
    arrived = yield from _coded(engine, rows)
    yield from _replicate(engine, arrived, counted=True)


def _coded(engine: Engine, rows: Rows) -> Generator[None, None, Arrivals]:
    """Readings with the engine's codes; meters that are new to it get one."""
    codes = np.empty(len(rows.ids), dtype=np.int32)
    for start in range(0, len(codes), _SLICE):
        part = rows.ids[start : start + _SLICE]
        codes[start : start + _SLICE] = [engine.directory.code_of(meter) for meter in part]
        yield
    engine.ingest.heads.grow(len(engine.directory))
    return Arrivals(codes[rows.code], rows.time, rows.wh)


def _replicate(engine: Engine, arrived: Arrivals, *, counted: bool) -> Iterator[None]:
    for start in range(0, len(arrived.time), _SLICE):
        part = slice(start, start + _SLICE)
        batch = engine.ingest.begin()
        for code, time, wh in zip(
            arrived.meter[part].tolist(), arrived.time[part].tolist(), arrived.wh[part].tolist(), strict=True
        ):
            batch.add_replicated(code, time, wh)
        batch.duplicates = 0  # seen twice here, not sent twice
        if counted:
            engine.ingest.apply(batch)
        elif batch.codes:
            engine.readings.append(batch.codes, batch.times, batch.whs)
        yield


def update_accounts(
    engine: Engine, found: Sequence[tuple[Account, Sequence[tuple[int, Group]]]]
) -> Generator[None, None, bool]:
    """Take new and changed accounts in, with their moves; whether so many that the index is to be built anew."""
    many = sum(account.meter in engine.accounts for account, _ in found) > _ONE_BY_ONE
    for place, (account, moves) in enumerate(found):
        engine.ingest.counters.registered += account.meter not in engine.accounts
        engine.accounts.replace_known(account, moves)
        _place(engine, account.meter, regroup=not many)
        if place % _ACCOUNTS == 0:
            yield
    return many


def replace_accounts(engine: Engine, new: NewBook) -> Generator[None, None, bool]:
    """Take all accounts in anew; whether so many have changed that the index is to be built anew."""
    engine.ingest.counters.registered += sum(meter not in engine.accounts for meter in new.changed)
    engine.accounts = new.book
    many = len(new.changed) + len(new.gone) > _ONE_BY_ONE
    for place, meter in enumerate([*new.changed, *new.gone]):
        _place(engine, meter, regroup=not many)
        if place % _ACCOUNTS == 0:
            yield
    return many


def _place(engine: Engine, meter: str, *, regroup: bool = True) -> None:
    """Let the engine know what its accounts say of a meter."""
    known = meter in engine.directory.codes
    code = engine.ingest.refresh_meter(meter)
    if known and regroup:
        engine.readings.regroup(code, _EVER)
    elif known:
        engine.readings.refresh_views()


class HistoryRebuild:
    """Memory on its way to what the files say now: `read`, `code`, `build`, `judge`, `put_in_use`, in this order.

    `days` are those whose files take the place of what is in memory of them, `logs` all readings of the sealed log
    and the log; None where what is in memory of these stands.
    """

    def __init__(self, engine: Engine, days: frozenset[date], logs: Rows | None) -> None:
        self.days = days
        self.meters: set[str] = set()
        """Whose account, or of whom a decision, has changed meanwhile."""
        self._engine = engine
        self._logs = logs
        self._before = engine.readings
        self._history = engine.readings.history
        self._seen = len(engine.readings.tail)
        self._tail = engine.readings.tail.part(0, self._seen)
        self._rows: list[Rows] = []
        self._new: list[Arrivals] = []
        self._heads = MeterHeads()

    def read_days(self) -> None:
        """In a worker thread: the changed day files. Raises DataError, OSError."""
        self._rows = [self._engine.archive.read_day(day) for day in sorted(self.days)]

    def assign_codes(self) -> Iterator[None]:
        """Codes for what was read."""
        for rows in self._rows:
            self._new.append((yield from _coded(self._engine, rows)))
        if self._logs is not None:
            self._tail = yield from _coded(self._engine, self._logs)

    def build_readings(self) -> None:
        """In a worker thread: history, tail and index."""
        engine, history = self._engine, self._history
        if self.days:
            numbers = np.array([day_number(day) for day in self.days], dtype=np.int32)
            stay = ~np.isin(engine.zone.day_numbers(history.time), numbers)
            history = Columns(history.meter[stay], history.time[stay], history.wh[stay])
            parts = self._new
            arrived = Arrivals(
                np.concatenate([part.meter for part in parts]),
                np.concatenate([part.time for part in parts]),
                np.concatenate([part.wh for part in parts]),
            )
            history = tail_columns.merge_arrivals(history, arrived)
        keep = tail_columns.new_arrivals(history, self._tail)
        self._readings = ReadingStore(history, engine.directory, engine.zone, engine.events)
        self._readings.append(self._tail.meter[keep], self._tail.time[keep], self._tail.wh[keep])

    def view(self) -> View:
        """What was built, to be frozen for `judge`."""
        return self._readings.view()

    def load_heads(self, view: View) -> None:
        """In a worker thread: what each meter's next reading has to fit."""
        frozen = view.frozen(self._engine.rules.max_w)
        self._heads.grow(len(frozen.ids))
        self._heads.load(frozen)

    def put_in_use(self) -> Iterator[None]:
        """Let it take the place of what was there, and take in what has come meanwhile."""
        engine = self._engine
        assert engine.readings is self._before, "one at a time"
        engine.readings = self._readings
        engine.ingest.heads = self._heads
        engine.ingest.heads.grow(len(engine.directory))
        engine.day_close.sealed = 0
        meanwhile = self._before.tail.part(self._seen, len(self._before.tail))
        for place, meter in enumerate(self.meters):
            code = engine.directory.codes.get(meter)
            if code is not None:
                engine.readings.regroup(code, _EVER)
                engine.ingest.set_head(code)
            if place % _ACCOUNTS == 0:
                yield
        yield from _replicate(engine, meanwhile, counted=False)
