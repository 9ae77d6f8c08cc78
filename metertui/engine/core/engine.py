"""The engine: one data folder, everything stored in it, and the questions it answers.

Sync throughout, and split by who may call what. The *owner's thread* (the event loop, in the app) calls everything
that is not marked otherwise. Methods marked "any thread" do disk or heavy work and touch nothing that the owner's
thread changes meanwhile.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.accounts import Account, AccountBook, StaffBook
from metertui.engine.attributes import FIELDS, NO_ATTRIBUTES, Group
from metertui.engine.base import Clock, Progress, Rules, Window, day_number, month_before, no_progress
from metertui.engine.billing import BillBook, ShownBill, Statement, TariffFile, Terms, shown_bill, statements
from metertui.engine.columns import Columns, Frozen, as_frame
from metertui.engine.core import loading
from metertui.engine.core.counters import Arrival, Counters
from metertui.engine.core.ingest import Batch
from metertui.engine.errors import MeterError, StorageError
from metertui.engine.index import Directory, Readings, Rebuilt, View
from metertui.engine.reports import Exports, QuestionBook
from metertui.engine.storage import Archive, AuditLog, FolderLock, RejectsLog, WriteAheadLog, day_close
from metertui.engine.usage import Explanation, Series, Usage, explain
from metertui.engine.vee import Event, EventBook, Heads, Neighbours, corrections_of, judged, late_reads
from metertui.engine.worklist import Beside, Drift

_logger = logging.getLogger(__name__)

Explained = tuple[Explanation, ShownBill | str | None]
"""A usage, and the bill of the same or a sentence on why there is none; None where none is asked for."""

_LIVE_ROWS: Final = 200


class Engine:
    """A data folder opened. Make one with `open`; `close` gives the folder back."""

    def __init__(self, folder: Path, rules: Rules, clock: Clock, loaded: loading.Loaded) -> None:
        self.folder = folder
        self.rules = rules
        self.clock = clock
        self.zone = rules.zone
        self.accounts: AccountBook = loaded.accounts
        self.staff: StaffBook = loaded.staff
        self.archive: Archive = loaded.archive
        self.directory: Directory = loaded.directory
        self.events: EventBook = loaded.events
        self.readings = Readings(loaded.history, self.directory, self.zone, self.events)
        self.readings.append(*loaded.tail)
        self.heads = Heads()
        self.heads.grow(len(self.directory))
        self.heads.load(self.readings.view().frozen(rules.max_w))
        self.active: dict[str, int] = {
            account.meter: self.directory.codes[account.meter] for account in self.accounts if account.active
        }
        self.stamps: dict[int, int] = {}
        """The last time that each meter's readings without a timestamp were given."""
        self.counters = Counters()
        self.audit = AuditLog(folder / "audit.log")
        self.rejects = RejectsLog(folder / "rejects.log", rules.rejects_bytes)
        self.tariffs = TariffFile(folder)
        self.drift = Drift()
        self.bills = BillBook(folder, self.zone)
        self.questions = QuestionBook(folder)
        self.exports = Exports(folder)
        self.warnings = loaded.warnings
        """What loading found and mended, a sentence each."""
        try:
            self.tariffs.current()
        except MeterError as error:  # it costs bills, and nothing else
            self.warnings.append(f"no bill can be reckoned: {error}")
        self.sealed = 0
        """How many of the tail's first readings stand in a sealed log, waiting for their day files."""
        self.day_files = (0, 0)
        """How many day files the day close that is running has written, and of how many."""
        self._series: tuple[tuple[int, ...], Series] | None = None  # the last, which a screen asks for again and again
        self._spent = False  # whether a sealed log is there only because it could not be removed
        self._log: WriteAheadLog | None = loaded.log
        self._lock: FolderLock | None = loaded.lock

    @classmethod
    def open(
        cls,
        folder: Path,
        rules: Rules,
        clock: Clock,
        *,
        readonly: bool = False,
        readings: bool = True,
        progress: Progress = no_progress,
    ) -> Engine:
        """Open a data folder, made if it is missing, and finish a day close that was interrupted.

        `readonly` reads beside an owner and writes nothing. An owner without `readings` opens neither log nor archive:
        it can change accounts and staff. Raises OwnedError, DataError, MeterError.
        """
        try:
            if not readings:
                return cls(folder, rules, clock, loading.load_books(folder, rules))
            if readonly:
                return cls(folder, rules, clock, loading.load_beside(folder, rules, progress))
            return cls(folder, rules, clock, loading.load(folder, rules, clock, progress))
        except OSError as error:
            raise MeterError(f"cannot use the data folder {folder}: {error.strerror or error}") from error

    def close(self) -> None:
        """Give the folder back. Nothing is lost without it: what was answered is on disk."""
        if self._log is not None:
            self._log.close()
            self._log = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # -- ingest ----------------------------------------------------------------------------------------------

    @property
    def stored(self) -> late_reads.Stored:
        """What is stored, for placing readings."""
        return self.readings

    @property
    def log(self) -> WriteAheadLog:
        """The write-ahead log. Raises MeterError where the folder is open for reading only."""
        if self._log is None:
            raise MeterError(f"{self.folder} is open for reading only")
        return self._log

    def begin(self) -> Batch:
        """A batch to put requests to. One at a time: commit or roll it back before the next begins."""
        return Batch(self)

    def admit(self, account: Account) -> None:
        """Let an account's meter send readings from now on."""
        self.active[account.meter] = self.directory.place(account.meter, account.group)
        self.heads.grow(len(self.directory))

    def write(self, batch: Batch) -> None:
        """Put a batch on disk: accounts, then readings, each with one write and one sync. Any thread.

        Raises StorageError; then nothing of the batch is on disk.
        """
        started = self.clock.monotonic()
        sync = self.rules.durability == "disk"
        if batch.accounts:
            mark = self.accounts.append(batch.accounts, sync=sync)
        if batch.lines:
            try:
                self.log.append("".join(batch.lines).encode("ascii"), sync=sync)
            except StorageError:
                if batch.accounts:
                    self.accounts.retract(mark)
                raise
        self.counters.sync_seconds = self.clock.monotonic() - started

    def write_notes(self, batch: Batch, *, stored: bool) -> None:
        """Put what a batch refused into `rejects.log`, and, if it was stored, whom it registered into `audit.log`.

        A disk that is full costs only that. Any thread.
        """
        if batch.refusals:
            self.rejects.write_lines(batch.refusals, self.zone)
        if stored and batch.accounts:
            at = self.zone.iso(batch.now)
            self.audit.write_entries(
                (at, by, "register", account.meter, _described(account))
                for account, by in zip(batch.accounts, batch.registered_by, strict=True)
            )

    def apply(self, batch: Batch) -> None:
        """Make a written batch part of what is stored."""
        for account in batch.accounts:
            self.accounts.add(account)
        if batch.codes:
            self.readings.append(batch.codes, batch.times, batch.whs)
        counters = self.counters
        counters.batches += 1
        counters.accepted += len(batch.codes)
        counters.duplicates += batch.duplicates
        counters.suspects += len(batch.suspects)
        counters.registered += len(batch.accounts)
        for code, time, wh in batch.ahead:
            self.drift.note(code, time, wh, time - batch.now)
        self._list(batch)

    def roll_back(self, batch: Batch) -> None:
        """Undo what a batch that the disk refused has staged."""
        for account in batch.accounts:
            self.active.pop(account.meter, None)
        for code in set(batch.codes):
            self.set_head(code)
        batch.discard()

    def set_head(self, code: int) -> None:
        """Find out what a meter's next reading has to fit."""
        neighbours = Neighbours(self.stored, code, decided=self.events.of(self.directory.ids[code]))
        self.heads.set(code, late_reads.approach(neighbours, late_reads.NEVER_SIMPLE, self.rules.max_w))

    def _list(self, batch: Batch) -> None:
        notes = {(arrival.meter, arrival.time): arrival.note for arrival in batch.suspects}
        ids = self.directory.ids
        first = max(0, len(batch.codes) - _LIVE_ROWS)
        for code, time, wh in zip(batch.codes[first:], batch.times[first:], batch.whs[first:], strict=True):
            self.counters.arrivals.append(Arrival(ids[code], time, wh, notes.get((ids[code], time), "")))
        self._note_refusals(batch)

    def _note_refusals(self, batch: Batch) -> None:
        """Count and list what a batch refused."""
        self.counters.refused.update(refusal.code for refusal in batch.refusals)
        self.counters.refusals.extend(batch.refusals[-_LIVE_ROWS:])

    # -- accounts ----------------------------------------------------------------------------------------------

    def refresh_account(self, meter: str, since: int) -> None:
        """Take over what the account book says of a meter after a change in it at `since` (µs UTC)."""
        account = self.accounts.get(meter)
        if account is None:
            raise MeterError(f"{meter} is not registered")
        code = self.directory.place(meter, account.group, self.accounts.moves(meter))
        self.heads.grow(len(self.directory))
        if account.active:
            self.active[meter] = code
        else:
            self.active.pop(meter, None)
        self.readings.regroup(code, since)

    # -- decisions ----------------------------------------------------------------------------------------------

    def decide(self, events: Sequence[Event]) -> None:
        """Let decisions that are on disk take effect: what follows from them does at once."""
        for event in events:
            self.events.add(event)
            code = self.directory.codes.get(event.meter)
            if code is not None and event.at is not None:
                self.set_head(code)
        self.readings.correct()

    # -- questions -----------------------------------------------------------------------------------------------

    def series(self, meter: str) -> Series:
        """A meter's readings with what follows from them. Raises MeterError for a meter that is not known."""
        code = self.directory.codes.get(meter)
        if code is None:
            raise MeterError(f"{meter} is not a meter of this site")
        state = self.readings.state_of(code)
        if self._series is None or self._series[0] != state:
            times, whs = self.readings.of(code)
            decided = self.events.of(meter)
            made = Series.of(meter, times, whs, self.rules.max_w, corrections_of({0: decided}) if decided else None)
            self._series = state, made
        return self._series[1]

    def usage(self, meter: str, window: str | Window = "month", at: int | None = None) -> Usage:
        """What a meter used in a window, named or given; `at` (µs UTC) stands for now. Raises MeterError."""
        series = self.series(meter)
        now = self.clock.now() if at is None else at
        return series.usage(series.window(window, now, self.zone) if isinstance(window, str) else window)

    def statement(self, meter: str, month: str | None = None, at: int | None = None) -> Statement:
        """A meter's bill for a month (`YYYY-MM`; the one before now if None). Raises MeterError, DataError."""
        now = self.clock.now() if at is None else at
        return statements.bill(self.only(meter), month or month_before(now, self.zone), self.terms())

    def explaining(self, meter: str, window: Window) -> Callable[[], Explained]:
        """Why a usage is what it is, and for a month its bill, or why there is none.

        What it rests on is taken now; what this gives may be called in any thread. Raises MeterError for a meter that
        is not known.
        """
        series, decided = self.series(meter), copy.deepcopy(self.events.of(meter))
        only = self.only(meter)
        month = self.zone.local(window.start).strftime("%Y-%m")

        def explained() -> Explained:
            told = explain(series, window, self.zone, self.rules.max_w, decided)
            if window.name not in ("month", "last_month", month):
                return told, None
            try:
                priced = statements.bill(only, month, self.terms())
                bill = shown_bill(priced, self.bills.of(month, meter), self.zone)
            except MeterError as error:
                return told, f"{error}."
            # A month that is not over may have readings that came after the moment that is asked about.
            return told, bill if bill.issued is not None or priced.usage_wh == told.usage.usage_wh else None

        return explained

    def terms(self) -> Terms:
        """What bills go by now: the tariffs are read anew when their file has changed.

        Raises DataError that names the line of a tariff that is none, MeterError.
        """
        return Terms(self.tariffs.current(), self.rules.currency, self.rules.gap_us)

    def only(self, meter: str) -> Frozen:
        """A meter's readings as if there were no other: its code is 0. Raises MeterError for one that is not known."""
        code = self.directory.codes.get(meter)
        if code is None:
            raise MeterError(f"{meter} is not a meter of this site")
        times, whs = self.readings.of(code)
        columns = Columns(np.zeros(len(times), dtype=np.int32), times, whs)
        decided = self.events.of(meter)
        corrections = corrections_of({0: decided}) if decided else None
        found = judged(columns, corrections, self.rules.max_w)
        groups = self.directory.view()

        def group(at: NDArray[np.int64]) -> NDArray[np.int32]:
            return groups.of(np.full(len(at), code, dtype=np.int32), at)

        return Frozen(
            columns=columns,
            status=found.status,
            energy=found.energy,
            group=group(times),
            curve=found.curve,
            curve_group=group(found.curve.time),
            corrections=corrections,
            ids=[meter],
            groups=tuple(self.directory.groups),
            zone=self.zone,
            max_w=self.rules.max_w,
        )

    def find(
        self,
        *,
        meter: str = "",
        attributes: Group = NO_ATTRIBUTES,
        days: tuple[date, date] | None = None,
        clock: tuple[int, int] | None = None,
    ) -> pd.DataFrame:
        """Stored readings that meet every condition given, found through the index, in order of meter and time.

        `days` are local days, both included; `clock` µs of the local wall clock within the day, from the first to
        before the second. Columns as `columns.as_frame` has them. Raises MeterError for a meter that is not known.
        """
        code = None
        if meter:
            code = self.directory.codes.get(meter)
            if code is None:
                raise MeterError(f"{meter} is not a meter of this site")
        groups = None
        if any(attributes):
            groups = self.directory.matching(attributes)
        numbers = None if days is None else (day_number(days[0]), day_number(days[1]) + 1)
        rows = self.readings.index.select(meter=code, groups=groups, days=numbers, clock=clock)
        meters, times, whs = self.readings.at(rows)
        order = np.lexsort((times, meters))
        return as_frame(meters[order], times[order], whs[order], self.directory.ids, self.zone)

    def view(self) -> View:
        """Everything stored at this moment; `View.frozen` makes columns of it in any thread."""
        return self.readings.view()

    def beside(self) -> Beside:
        """What is known beside the readings, for the list of exceptions; O(1), but for a copy of 4 bytes a meter."""
        return Beside(
            now=self.clock.now(),
            active=self.active,
            codes=self.directory.codes,
            account=self.accounts.get,
            place=self.directory.view(),
            groups=tuple(self.directory.groups),
            events=self.events,
            drift=self.drift,
            rejects=self.rejects.path,
            silent_us=self.rules.silent_us,
            gap_us=self.rules.gap_us,
        )

    # -- the day close -------------------------------------------------------------------------------------------

    def seal(self) -> int:
        """Set the log aside and open a new one; how many readings were set aside. Not while a batch is written.

        A log that an interrupted close left sealed comes first. Any thread. Raises StorageError.
        """
        self.accounts.settle()
        if self.log.sealed and self._spent:
            self.drop_sealed()
        if not self.log.sealed and (self.log.size or self.log.broken):
            count = len(self.readings.tail)
            self.log.seal()
            self.sealed = count
            if not count:
                self.log.drop_sealed()  # it had failed before it held anything
        return self.sealed

    def write_day_files(self, count: int, progress: Progress) -> set[date]:
        """Merge the first `count` readings of the tail into their day files; which days. Any thread."""
        rows = loading.rows_of(self.directory, self.readings.first(count))

        def files(written: int, of: int) -> None:
            self.day_files = written, of

        return day_close.write_day_files(self.archive, rows, self.zone, progress, files)

    def late(self, count: int, day: date) -> int:
        """How many of the first `count` readings of the tail are of days before `day`. Any thread."""
        return int(np.count_nonzero(self.readings.first(count).time < self.zone.midnight(day)))

    def finish_close(self, rebuilt: Rebuilt) -> None:
        """Put the rebuilt index in use."""
        self.readings.swap(rebuilt)
        self.sealed = 0
        self._spent = True

    def drop_sealed(self) -> None:
        """Remove the sealed log, whose readings are in their day files. Any thread. Raises StorageError."""
        self.log.drop_sealed()
        self._spent = False


def _described(account: Account) -> str:
    return ", ".join(f"{name}={value}" for name in FIELDS if (value := getattr(account, name)))
