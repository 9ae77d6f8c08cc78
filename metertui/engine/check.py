"""The proof of a data folder: its files against each other, their order, and sums taken in more than one way.

Nothing here trusts what it checks: registers are subtracted anew, tables that are broken down in different ways are
held against one another. Everything is exact, to the watt-hour.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine import billing, loading, log, store, validation
from metertui.engine.accounts import AccountBook
from metertui.engine.analytics import Question, answer
from metertui.engine.archive import Archive
from metertui.engine.billing import Terms, money
from metertui.engine.columns import Columns, Frozen
from metertui.engine.directory import Directory
from metertui.engine.energy import Series
from metertui.engine.errors import DataError, MeterError
from metertui.engine.events import EventBook
from metertui.engine.issuing import differences
from metertui.engine.ledger import BillBook
from metertui.engine.ledger import verify as ledger_problems
from metertui.engine.pricing import NoTariffError
from metertui.engine.readings import Readings
from metertui.engine.readings_file import Rows
from metertui.engine.records import format_kwh
from metertui.engine.rules import Rules
from metertui.engine.runs import stretches
from metertui.engine.staff import StaffBook
from metertui.engine.store import Arrivals
from metertui.engine.tariffs import NAME, TariffFile, Tariffs
from metertui.engine.windows import month_before
from metertui.engine.zone import SiteZone, number_of

_TOLD: Final = 20
"""Problems of one kind that are told; all are counted."""
_SAMPLE: Final = 100
"""Meters whose whole history is gone through by hour, by day and by bill; the sums are of all meters."""
_HOURLY_DAYS: Final = 7
"""Days, the last with data, that are gone through by hour for all meters."""


@dataclass(slots=True)
class Proof:
    """One thing that should hold: how often it was tried, and where it did not."""

    what: str
    count: int = 0
    """Files, readings, meters, rows: whatever was tried."""
    failures: int = 0
    problems: list[str] = field(default_factory=list)
    """The first failures, a sentence each."""
    notes: list[str] = field(default_factory=list)
    """What is as it should be, and worth knowing."""

    def fail(self, problem: str) -> None:
        """It does not hold."""
        self.failures += 1
        if len(self.problems) < _TOLD:
            self.problems.append(problem)

    def equal(self, expected: int, found: int, what: str) -> None:
        """Two figures in Wh that should be the same."""
        self.count += 1
        if expected != found:
            self.fail(f"{what}: {format_kwh(found)} kWh is not {format_kwh(expected)} kWh")


def check(folder: Path, rules: Rules, progress: Callable[[float], None]) -> Iterator[Proof]:
    """Prove a data folder, beside a running server too. `progress` is told the share done. Raises OSError."""
    zone = rules.zone
    logs, proof = _logs(folder, zone)  # before the archive, so that a day close meanwhile hides nothing
    yield proof
    book, proofs = _books(folder, zone)
    yield from proofs
    days, proofs = _day_files(Archive(folder, zone), zone, lambda share: progress(0.5 * share))
    yield from proofs
    directory = Directory()
    for account in book:
        directory.place(account.meter, account.group, book.moves(account.meter))
    parts = [loading.arrivals(directory, rows) for rows in [*days, *reversed(logs)]]
    history, proof = _once(parts, directory, zone)
    yield proof
    yield _registered(history, directory, book)
    events, proof = _events(folder, zone, history, directory)
    yield proof
    frozen = Readings(history, directory, zone, events).view().frozen(rules.max_w)
    tariffs, proof = _tariffs(folder, book)
    yield proof
    yield from _bills(folder, rules, frozen, tariffs)
    if not len(frozen):
        return
    risen = _risen(frozen)
    yield _energy(frozen, risen)
    progress(0.6)
    yield from _sums(frozen, risen)
    progress(0.9)
    yield _meters(frozen, risen)


# -- files -------------------------------------------------------------------------------------------------------


def _logs(folder: Path, zone: SiteZone) -> tuple[list[Rows], Proof]:
    proof = Proof("readings in the log")
    try:
        logs = log.read_beside(folder, zone)
    except DataError as error:
        proof.fail(str(error))
        return [], proof
    proof.count = sum(map(len, logs))
    return logs, proof


def _books(folder: Path, zone: SiteZone) -> tuple[AccountBook, list[Proof]]:
    accounts, moved, staff = Proof("accounts"), Proof("accounts with attributes in time"), Proof("staff accounts")
    book, people = AccountBook(folder, zone), StaffBook(folder)
    try:
        book.load()
    except (DataError, UnicodeDecodeError) as error:
        accounts.fail(str(error))
    for warning in book.warnings:
        accounts.fail(warning)
    accounts.count = len(book)
    for account in book:
        moves = book.moves(account.meter)
        moved.count += bool(moves)
        if moves and moves[-1][1] != account.group:
            moved.fail(f"{account.meter}: the last row of accounts_history.csv is not what users.csv says")
    try:
        people.load()
    except (DataError, UnicodeDecodeError) as error:
        staff.fail(str(error))
    staff.count = len(people.members())
    return book, [accounts, moved, staff]


def _day_files(archive: Archive, zone: SiteZone, progress: Callable[[float], None]) -> tuple[list[Rows], list[Proof]]:
    order, whole = Proof("day files: in their day, in order"), Proof("day files: as they were written (SHA-256)")
    try:
        days = archive.days()
    except DataError as error:
        order.fail(str(error))
        return [], [order, whole]
    try:
        gone = archive.manifest.read().keys() - {archive.name(day) for day in days}
    except DataError as error:
        whole.fail(str(error))
        gone = set()
    for name in sorted(gone):
        whole.fail(f"{archive.folder / name}: gone; its readings are lost, unless a backup has them")
    found = []
    for done, day in enumerate(days, 1):
        order.count += 1
        rows = _day_file(archive, day, order, whole)
        if rows is not None:
            found.append(rows)
            _in_order(rows, archive.path(day), day, zone, order)
        progress(done / len(days))
    return found, [order, whole]


def _day_file(archive: Archive, day: date, order: Proof, whole: Proof) -> Rows | None:
    """The readings of a day file; None where it has none that can be read."""
    path, name = archive.path(day), archive.name(day)
    data, line = b"", None
    for _ in range(2):  # a second look, for a server beside us that wrote it just then
        with contextlib.suppress(DataError):  # which is told already
            line = archive.manifest.read().get(name)
        with contextlib.suppress(FileNotFoundError):
            data = path.read_bytes()
        if line is None or line.fits(data):
            break
    whole.count += line is not None and bool(line.sha256)
    changed = line is not None and not line.fits(data)
    try:
        rows = archive.parse(data, path)
    except DataError as error:
        order.fail(str(error))
        if changed:
            whole.fail(f"{path}: damaged: it is not what was written, and cannot be read")
        return None
    if changed:
        whole.fail(f"{path}: edited by hand: it can be read, and is not what was written; --repair takes it as it is")
    return rows


def _in_order(rows: Rows, path: Path, day: date, zone: SiteZone, proof: Proof) -> None:
    strange = np.flatnonzero(zone.days(rows.time) != number_of(day))
    if len(strange):
        where = f"{path}:{strange[0] + 2}"
        proof.fail(f"{where}: not of this day in {zone.name}, as {len(strange)} of {len(rows)} are not")
    rank = rows.rank()
    later = (rows.time[1:] > rows.time[:-1]) | ((rows.time[1:] == rows.time[:-1]) & (rank[1:] > rank[:-1]))
    if not later.all():
        line = int(np.argmin(later)) + 3
        proof.fail(f"{path}:{line}: this reading is not in order of time and identifier, or stands twice")


def _once(parts: Sequence[Arrivals], directory: Directory, zone: SiteZone) -> tuple[Columns, Proof]:
    """All readings as columns, and whether the files that have the same reading agree on it."""
    proof = Proof("readings: one value at an instant")
    if not parts:
        return Columns.empty(), proof
    everything = Arrivals(
        np.concatenate([part.meter for part in parts]),
        np.concatenate([part.time for part in parts]),
        np.concatenate([part.wh for part in parts]),
    )
    order = np.lexsort((everything.time, everything.meter))
    meter, time, wh = (column[order] for column in everything)
    twice = (meter[1:] == meter[:-1]) & (time[1:] == time[:-1]) & (wh[1:] != wh[:-1])
    for at in np.flatnonzero(twice).tolist():
        what = f"{directory.ids[meter[at]]} at {zone.iso(int(time[at]))}"
        proof.fail(f"{what} is {format_kwh(int(wh[at]))} kWh in one file and {format_kwh(int(wh[at + 1]))} in another")
    history = store.merge(Columns.empty(), everything)
    proof.count = len(history)
    return history, proof


def _registered(history: Columns, directory: Directory, book: AccountBook) -> Proof:
    proof = Proof("meters with readings: registered")
    for code in np.unique(history.meter).tolist():
        proof.count += 1
        if directory.ids[code] not in book:
            proof.fail(f"{directory.ids[code]} has readings and no account")
    return proof


def _events(folder: Path, zone: SiteZone, history: Columns, directory: Directory) -> tuple[EventBook, Proof]:
    """The decisions, and whether those that stand are about readings that are stored."""
    proof = Proof("decisions about readings")
    events = EventBook(folder, zone)
    try:
        events.load()
    except DataError as error:
        proof.fail(str(error))
        return EventBook(folder, zone), proof
    for warning in events.warnings:
        proof.fail(warning)
    proof.count = len(events)
    corrections = events.corrections(directory.codes)
    for meter in {event.meter for event in events} - directory.codes.keys():
        proof.fail(f"{meter} has decisions in {events.path.name}, and neither an account nor a reading")
    if corrections is not None:
        for what, codes, times in (
            ("void", corrections.void_meter, corrections.void_time),
            ("release", corrections.release_meter, corrections.release_time),
        ):
            known = store.places(history, codes, times)[1]
            for code, time in zip(codes[~known].tolist(), times[~known].tolist(), strict=True):
                proof.fail(
                    f"the {what} of {directory.ids[code]} at {zone.iso(time)} is of a reading that is not stored"
                )
    return events, proof


# -- money -------------------------------------------------------------------------------------------------------


def _tariffs(folder: Path, book: AccountBook) -> tuple[Tariffs | None, Proof]:
    proof = Proof("tariffs")
    try:
        tariffs = TariffFile(folder).current()
    except MeterError as error:
        proof.fail(str(error))
        return None, proof
    if tariffs is not None:
        proof.count = len(tariffs.tariffs)
        kinds = {account.apartment_type for account in book}
        kinds |= {group.apartment_type for account in book for _, group in book.moves(account.meter)}
        for kind in sorted({tariff.apartment_type for tariff in tariffs.tariffs} - kinds - {""}):
            proof.notes.append(f"{NAME}: no account has the apartment type {kind}")
    return tariffs, proof


def _bills(folder: Path, rules: Rules, frozen: Frozen, tariffs: Tariffs | None) -> Iterator[Proof]:
    """Issued bills as they were issued, each adding up; and, as a note, what they would come to now."""
    kept, adds, now = (
        Proof("issued bills: as they were issued (SHA-256)"),
        Proof("issued bills: lines, amounts, tax and total"),
        Proof("issued bills: against today's figures"),
    )
    book = BillBook(folder, rules.zone)
    months = book.months()
    try:
        gone = book.manifest.read().keys() - {book.path(month).name for month in months}
    except DataError as error:
        kept.fail(str(error))
        gone = set()
    for name in sorted(gone):
        kept.fail(f"{book.folder / name}: gone; what was billed is lost, unless a backup has it")
    for month in months:
        kept.count += 1
        try:
            ledger = book.read(month)
        except DataError as error:
            kept.fail(str(error))
            continue
        adds.count += ledger.entries
        for problem in ledger_problems(ledger, book.path(month), rules.zone):
            adds.fail(problem)
        if tariffs is None:
            now.notes.append(f"{month}: there are no tariffs to hold its issued bills against")
            continue
        now.count += len(ledger.sums)
        try:
            bills = billing.Bills(frozen, month, Terms(tariffs, rules.currency, rules.gap_us))
        except NoTariffError as error:
            now.notes.append(f"{month}: {error}")
            continue
        if changed := differences(ledger, bills):
            used, total = (sum(figures[at] for figures in changed.values()) for at in (0, 3))
            told = f"{len(changed)} issued bills would differ now, by {format_kwh(used)} kWh and {money(total)} in all"
            now.notes.append(f"{month}: {told}; the next billing run has them as adjustments")
    yield from (kept, adds, now)


# -- sums --------------------------------------------------------------------------------------------------------


def _risen(frozen: Frozen) -> NDArray[np.int64]:
    """By meter code, how far its registers rose, Wh: last less first of each stretch, and what exchanges took back."""
    curve = frozen.curve
    risen = np.zeros(len(frozen.ids), dtype=np.int64)
    if not len(curve):
        return risen
    begins = np.ones(len(curve), dtype=bool)
    begins[1:] = (curve.meter[1:] != curve.meter[:-1]) | (curve.wh[1:] < curve.base[:-1])
    reset = frozen.status == validation.RESET
    begins[store.places(curve, frozen.columns.meter[reset], frozen.columns.time[reset])[0]] = True
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(curve)) - 1
    np.add.at(risen, curve.meter[starts], curve.wh[ends] - curve.base[starts])
    exchanged = np.setdiff1d(np.flatnonzero(curve.wh != curve.base), np.concatenate((starts, ends)))
    np.add.at(risen, curve.meter[exchanged], curve.wh[exchanged] - curve.base[exchanged])
    return risen


def _energy(frozen: Frozen, risen: NDArray[np.int64]) -> Proof:
    proof = Proof("meters: energy against registers")
    curve = frozen.curve
    edges = stretches(curve.meter)
    falls = np.flatnonzero(np.diff(curve.energy) < 0) + 1
    for at in np.setdiff1d(falls, edges).tolist():
        proof.fail(f"the energy of {frozen.ids[curve.meter[at]]} falls at {frozen.zone.iso(int(curve.time[at]))}")
    codes = curve.meter[edges[:-1]]
    for code, total in zip(codes.tolist(), curve.energy[edges[1:] - 1].tolist(), strict=True):
        proof.equal(int(risen[code]), total, f"energy of {frozen.ids[code]}")
    return proof


def _sums(frozen: Frozen, risen: NDArray[np.int64]) -> Iterator[Proof]:
    zone, times = frozen.zone, frozen.columns.time
    first, last = zone.day(int(times.min())) - timedelta(days=1), zone.day(int(times.max()))
    total = int(risen.sum())
    proof = Proof("totals by time and attribute: the registers' sum")
    tables = {}
    for key in ("year", "quarter", "month", "week", "day", "region", "sub_region", "apartment_type", "meter"):
        tables[key] = answer(frozen, Question(first, last, by=(key,)))
        proof.equal(total, int(tables[key]["usage_wh"].sum()), f"all usage by {key}")
        if int(tables[key]["readings"].sum()) != len(frozen):
            proof.fail(f"readings by {key} are {tables[key]['readings'].sum()}, not {len(frozen)}")
    yield proof

    proof = Proof("meters: the table against registers")
    for meter, used in zip(tables["meter"]["meter"], tables["meter"]["usage_wh"].tolist(), strict=True):
        code = frozen.code(meter)
        assert code is not None
        proof.equal(int(risen[code]), used, f"usage of {meter}")
    yield proof

    proof = Proof("regions: sums of their meters")
    both = answer(frozen, Question(first, last, by=("region", "meter"))).groupby("region")["usage_wh"].sum()
    for region, used in zip(tables["region"]["region"], tables["region"]["usage_wh"].tolist(), strict=True):
        proof.equal(int(both[region]), used, f"region {region or 'without a name'}")
    yield proof

    proof = Proof("months: sums of their days")
    by_month = tables["day"].groupby(tables["day"]["day"].str[:7])["usage_wh"].sum()
    for text, used in zip(tables["month"]["month"], tables["month"]["usage_wh"].tolist(), strict=True):
        proof.equal(int(by_month[text]), used, f"month {text}")
    yield proof

    proof = Proof("days: sums of their hours")
    start = max(first, last - timedelta(days=_HOURLY_DAYS - 1))
    hours = answer(frozen, Question(start, last, by=("hour",)))
    by_day = hours.groupby(hours["hour"].str[:10])["usage_wh"].sum()
    recent = tables["day"][tables["day"]["day"] >= start.isoformat()]
    for text, used in zip(recent["day"], recent["usage_wh"].tolist(), strict=True):
        proof.equal(int(by_day.get(text, 0)), used, f"day {text}")
    yield proof


def _meters(frozen: Frozen, risen: NDArray[np.int64]) -> Proof:
    """Some meters, one by one, the way that a look-up and a bill go."""
    proof = Proof(f"histories by hour, day and bill: the register ({_SAMPLE} meters at most)")
    zone = frozen.zone
    codes = np.unique(frozen.columns.meter)
    for code in codes[:: max(1, -(-len(codes) // _SAMPLE))].tolist():
        meter, expected = frozen.ids[code], int(risen[code])
        series = Series.of_frozen(frozen, code)
        if series.first is None or series.last is None:
            continue
        hours = zone.hours(series.first, series.last)
        marks = np.unique(np.concatenate(([series.first], hours, [series.last])))
        proof.equal(expected, int(series.buckets(marks)[0].sum()), f"{meter} by hour")
        days = zone.midnights(zone.day(series.first), zone.day(series.last))
        proof.equal(expected, int(series.buckets(days)[0].sum()), f"{meter} by day")
        proof.equal(expected, _billed(series, zone), f"{meter} by bill")
    return proof


def _billed(series: Series, zone: SiteZone) -> int:
    """The sum of a meter's bills, from its last month back to its first."""
    assert series.first is not None
    assert series.last is not None
    total = 0
    instant = series.last
    first = f"{zone.day(series.first):%Y-%m}"
    month = f"{zone.day(instant):%Y-%m}"
    while month >= first:
        total += billing.statement(series, month, zone).usage_wh or 0
        instant = zone.midnight(zone.day(instant).replace(day=1))
        month = month_before(instant, zone)
        instant -= 1
    return total
