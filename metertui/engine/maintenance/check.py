"""The proof of a data folder: its files against each other, their order, and sums worked out in more than one way.

Nothing here trusts what it checks: registers are subtracted again, and tables with different breakdowns are compared.
Everything is exact, to the watt-hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metertui.engine.accounts import AccountBook, StaffBook
from metertui.engine.base import Progress, Rules, SiteZone, day_number, format_kwh, meter_of, part_of_progress
from metertui.engine.columns import FIRST, Columns, IntervalColumns, Stated, add_to_history, concat_stated
from metertui.engine.core import loading
from metertui.engine.index import MeterCodes, ReadingStore
from metertui.engine.intervals import IntervalStore
from metertui.engine.maintenance import check_bills, check_days, check_intervals, reconcile
from metertui.engine.maintenance.proof import Proof
from metertui.engine.storage import Archive, Rows, wal
from metertui.engine.vee import OF_LINES, EditLog


def check_folder(folder: Path, rules: Rules, progress: Progress) -> Iterator[Proof]:
    """Prove a data folder, also while a server uses it. Raises OSError."""
    zone = rules.zone
    logs, proof = _logs(folder, zone)  # before the archive, so that a day close meanwhile hides nothing
    yield proof
    book, proofs = _books(folder, zone)
    yield from proofs
    days, proofs = _day_files(Archive(folder, zone), zone, part_of_progress(progress, 0, 3))
    yield from proofs
    directory = MeterCodes(rules.fit, zone)
    for account in book:
        loading.place_account(directory, account, book)
    parts = [loading.recode_rows(directory, rows) for rows in [*days, *reversed(logs)]]
    store = IntervalStore(folder, zone)
    intervals, proofs = check_intervals.prove_intervals(
        store, zone, directory.code_of, part_of_progress(progress, 1, 3)
    )
    yield from (proof for proof in proofs if proof.count or proof.failures)
    events, decisions = _events(folder, zone)
    readings = _readings(parts, directory, zone, events)
    yield _once(readings, directory, zone, events)
    readings.set_intervals(intervals, IntervalColumns.empty())
    yield _registered(readings, directory, book)
    _about_readings(decisions, readings, directory, zone, events)
    yield decisions
    frozen = readings.view().frozen()
    tariffs, proof = check_bills.prove_tariffs(folder, book)
    yield proof
    yield from check_bills.prove_bills(folder, rules, frozen, tariffs)
    if not len(frozen) and not len(frozen.intervals):
        return
    yield from reconcile.prove_sums(frozen, part_of_progress(progress, 2, 3))


# -- files -------------------------------------------------------------------------------------------------------


def _logs(folder: Path, zone: SiteZone) -> tuple[list[Rows], Proof]:
    proof, logs = Proof("readings in the log"), []
    with proof.failing():
        logs = wal.read_logs(folder, zone, proof.fail)
    proof.count = sum(map(len, logs))
    return logs, proof


def _books(folder: Path, zone: SiteZone) -> tuple[AccountBook, list[Proof]]:
    accounts, moved, staff = Proof("accounts"), Proof("accounts: attributes over time"), Proof("staff accounts")
    book, people = AccountBook(folder, zone), StaffBook(folder)
    with accounts.failing():
        book.load()
    for warning in book.warnings:
        accounts.fail(warning)
    accounts.count = len(book)
    for account in book:
        moves = book.moves_of(account.meter)
        moved.count += bool(moves)
        if moves and moves[-1][1] != account.group:
            moved.fail(f"{account.meter}: the last row of accounts_history.csv is not what users.csv says")
    with staff.failing():
        people.load()
    staff.count = len(people.members())
    return book, [accounts, moved, staff]


def _day_files(archive: Archive, zone: SiteZone, progress: Progress) -> tuple[list[Rows], list[Proof]]:
    order, whole = Proof("day files: right day, right order"), Proof("day files: as they were written (SHA-256)")
    found = check_days.prove_days(archive, archive.parse_day, _in_order, (order, whole), zone, progress)
    return found, [order, whole]


def _in_order(rows: Rows, path: Path, day: date, zone: SiteZone, proof: Proof) -> None:
    strange = np.flatnonzero(zone.day_numbers(rows.time) != day_number(day))
    if len(strange):
        where = f"{path}:{strange[0] + 2}"
        proof.fail(f"{where}: not of this day in {zone.name}, like {len(strange)} of {len(rows)} readings")
    rank = rows.id_ranks()
    same_time = rows.time[1:] == rows.time[:-1]
    later = (rows.time[1:] > rows.time[:-1]) | (same_time & (rank[1:] >= rank[:-1]))
    again = np.flatnonzero(same_time & (rank[1:] == rank[:-1])) + 1  # several values at one instant, each of them once
    if len(again):
        near = np.union1d(again, again - 1)
        columns: list[NDArray[Any]] = [rows.qualities[near], rows.wh[near], rank[near], rows.time[near]]
        order = np.lexsort(columns)
        equal = np.all([np.diff(column[order].astype(np.int64)) == 0 for column in columns], axis=0)
        order = near[order]
        later[order[1:][equal] - 1] = False
    if not later.all():
        line = int(np.argmin(later)) + 3
        proof.fail(f"{path}:{line}: this reading is not in order of time and identifier, or it is there twice")


def _readings(parts: Sequence[Stated], directory: MeterCodes, zone: SiteZone, events: EditLog) -> ReadingStore:
    """Return all readings, those that corrections store included."""
    history, estimated, sharing = add_to_history(Columns.empty(), concat_stated(parts))
    readings = ReadingStore(history, directory, zone, events, sharing, estimated)
    loading.store_corrected(readings, events, directory)
    return readings


def _once(readings: ReadingStore, directory: MeterCodes, zone: SiteZone, events: EditLog) -> Proof:
    """Prove that of several values at an instant all but one are void."""
    proof = Proof("readings: one value per meter and time")
    proof.count = len(readings.history)
    for found in loading.find_contradictions(readings, events, directory):
        values = " and ".join(f"{format_kwh(wh)} kWh" for wh in found.values)
        proof.fail(f"{found.meter} at {zone.iso(found.time)} has {values}, and no decision says which is void")
    return proof


def _registered(readings: ReadingStore, directory: MeterCodes, book: AccountBook) -> Proof:
    proof = Proof("meters with readings: registered")
    codes = np.union1d(readings.history.meter, readings.intervals.meter).tolist()
    for meter in dict.fromkeys(meter_of(directory.ids[code]) for code in codes):
        proof.count += 1
        if meter not in book:
            proof.fail(f"{meter} has readings and no account")
    return proof


def _events(folder: Path, zone: SiteZone) -> tuple[EditLog, Proof]:
    """Return the edits, and the proof that they can be read."""
    proof = Proof("decisions about readings")
    events = EditLog(folder, zone)
    with proof.failing():
        events.load()
    if proof.failures:
        return EditLog(folder, zone), proof
    for warning in events.warnings:
        proof.fail(warning)
    proof.count = len(events)
    return events, proof


def _about_readings(
    proof: Proof, readings: ReadingStore, directory: MeterCodes, zone: SiteZone, events: EditLog
) -> None:
    """Prove that edits are about readings that are stored."""
    for meter in sorted({event.meter for event in events if event.kind not in OF_LINES} - directory.codes.keys()):
        proof.fail(f"{meter} has decisions in {events.path.name}, but neither an account nor a reading")
    edits = [each.in_force(kind) for each in events.frozen().values() for kind in ("void", "release", "correct")]
    for edit in chain.from_iterable(edits):
        code = directory.codes.get(edit.meter)
        if code is None or edit.at is None:
            continue
        values = readings.values_at(code, edit.at)
        if not values or (edit.wh != FIRST and edit.wh not in values):
            which = "a reading" if edit.wh == FIRST else f"{format_kwh(edit.wh)} kWh"
            proof.fail(f"the {edit.kind} of {edit.meter} at {zone.iso(edit.at)} is of {which} that is not stored")
