"""Import of history: readings from other programs, with the attributes that their meters had in time.

What is stored already is left alone, so importing a file again adds nothing. Accounts are written before readings:
to finish an interrupted import, import again. Readings of a deactivated meter are accepted up to its deactivation, as
its last reading often comes by file; later ones are refused, as they are on the port.

The memory that it takes does not grow with the rows. It grows with the meters, as the report has figures of each.

Energy per interval that differs from what is stored is left alone too, unless the import replaces it. Energy that is
more than its meter can draw refuses the whole import, unless a person says how much it can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metertui.engine.accounts import AccountBook, Change
from metertui.engine.base import (
    BadLine,
    DeviceCourse,
    Int64Array,
    Limits,
    Outcome,
    Progress,
    meter_of,
    no_progress,
    part_of_progress,
)
from metertui.engine.columns import Frozen, Group, IntervalColumns
from metertui.engine.core.import_accounts import Moves, PowerChange, planned_accounts, with_max_kw
from metertui.engine.core.import_names import ImportNames
from metertui.engine.core.import_report import ImportReport
from metertui.engine.core.interval_import import IntervalImport, faults_of, text_of_interval
from metertui.engine.core.read_import import NewReads, ReadImport, text_of_read
from metertui.engine.errors import MeterError
from metertui.engine.index import course_of
from metertui.engine.intervals import IntervalPiece, IntervalRows, IntervalStore, without_overlaps
from metertui.engine.storage import Archive, Rows
from metertui.engine.vee import EditLog, MeterEdits


@dataclass(frozen=True, eq=False)
class FilePiece:
    """Some lines of a file, parsed: readings with their line numbers, and the lines that are not readings."""

    source: str
    """The file's name."""
    rows: Rows
    line: Int64Array
    """The line number of each reading, from 1; int64[n]."""
    refused: Sequence[BadLine] = ()
    groups: Sequence[Group] = ()
    group: NDArray[np.int32] | None = None
    """The attributes of each reading as a position in `groups`, int32[n]; None if the file has none."""
    bare: NDArray[np.bool_] | None = None
    """Whether the timestamp of each reading names no zone, bool[n]; it matters only where the clock shows it twice.

    None if every timestamp names one.
    """


Planned = tuple[Change, Mapping[str, PowerChange]]
"""A change of accounts, and what it makes of the most power of meters."""


class Import:
    """An import into a data folder that this process owns: `add_piece` for every piece, then `finish`.

    Nothing but temporary files is written before `finish`.
    """

    def __init__(
        self,
        frozen: Frozen,
        edits: Mapping[str, MeterEdits],
        *,
        latest: int,
        ended: Mapping[str, int] | None = None,
        replaces: bool = False,
        max_kw: float | None = None,
        place: Path | None = None,
    ) -> None:
        """Begin an import beside the stored readings `frozen`, with the edits in force by meter.

        A reading after `latest` (µs UTC) is in the future and refused; so is one after the deactivation of its meter,
        of which `ended` has the times (µs UTC). Intervals that differ from what is known take its place if it
        `replaces`. `max_kw` is the most power that the meters of the files can have, if a person says it. `place` is
        the folder for rows that are too many for memory; without one, memory has them all.
        """
        self.report = ImportReport()
        self._ended = ended or {}
        self._frozen = frozen
        self._zone = frozen.zone
        self._latest = latest
        self._max_w = None if max_kw is None else round(max_kw * 1000)
        self._names = ImportNames(frozen.ids, frozen.registers)
        self._reads = ReadImport(self._names, frozen, edits, place)
        self._intervals = IntervalImport(self._names, frozen.zone, place, replaces=replaces)
        self._planned = False
        self._planned_change = Change((), {})
        self._change_of_all: Planned | None = None
        """What becomes of all accounts, while it is planned and once it is known."""

    # -- reading -----------------------------------------------------------------------------------------------

    def add_piece(self, piece: FilePiece | IntervalPiece) -> None:
        """Add some lines of a file. Raises StorageError; then the import is of no use any more."""
        self.report.read += len(piece.rows) + len(piece.refused)
        self.report.add_refused(piece.refused)
        rows, names = piece.rows, self._names
        if not len(rows):
            return
        self.report.note_rows(piece.source, rows, piece.line)
        codes = names.codes_of(rows.ids)
        source = names.source_of(piece.source)
        columns: dict[str, NDArray[Any]] = {
            "group": names.groups_of(piece.groups, piece.group, len(rows)),
            "source": np.full(len(rows), source, dtype=np.int32),
            "line": piece.line,
        }
        of = names.meters_of(codes)[rows.code]
        if isinstance(piece, IntervalPiece):
            columns |= {"of": of, "meter": codes[rows.code], "start": piece.rows.start, "end": piece.rows.end}
            columns |= {"energy": piece.rows.energy, "quality": piece.rows.quality}
            kept = self._without_faults(piece)
            self._intervals.add(**{name: column[kept] for name, column in columns.items()})
        else:
            columns |= {"meter": of, "code": codes[rows.code], "time": piece.rows.time, "wh": piece.rows.wh}
            columns |= {"bare": np.zeros(len(rows), dtype=bool) if piece.bare is None else piece.bare}
            columns |= {"quality": piece.rows.qualities}
            kept = self._in_time(piece)
            self._reads.add(**{name: column[kept] for name, column in columns.items()})

    def _in_time(self, piece: FilePiece) -> NDArray[np.bool_]:
        """Return which readings are not too late; the others are refused."""
        rows = piece.rows
        late, ended = rows.time > self._latest, self._ends_of(piece)
        for at in np.flatnonzero(late).tolist():
            self._refuse(piece, at, "future-timestamp", f"{self._zone.iso(int(rows.time[at]))} is in the future")
        gone = ~late & (rows.time > ended)
        for at in np.flatnonzero(gone).tolist():
            self._refuse(piece, at, "deactivated", self._why_gone(piece, at, ended))
        return ~(late | gone)

    def _without_faults(self, piece: IntervalPiece) -> NDArray[np.bool_]:
        """Return which intervals can be taken; the others are refused."""
        ended = self._ends_of(piece)
        kept = np.ones(len(piece.rows), dtype=bool)
        for wrong, code, why in faults_of(piece.rows, self._latest, ended):
            for at in np.flatnonzero(wrong & kept).tolist():
                self._refuse(piece, at, code, why or self._why_gone(piece, at, ended))
            kept &= ~wrong
        return kept

    def _refuse(self, piece: FilePiece | IntervalPiece, at: int, code: str, why: str) -> None:
        rows = piece.rows
        if isinstance(rows, IntervalRows):
            text = text_of_interval(rows, at, self._zone)
        else:
            text = text_of_read(rows.ids[rows.code[at]], int(rows.time[at]), int(rows.wh[at]), self._zone)
        self.report.add_refused([BadLine(piece.source, int(piece.line[at]), code, why, text)])

    def _ends_of(self, piece: FilePiece | IntervalPiece) -> Int64Array:
        """Return after which instant (µs UTC) nothing is accepted of the meter of each row."""
        ends = [self._ended.get(meter_of(each), self._latest) for each in piece.rows.ids]
        return np.array(ends, dtype=np.int64)[piece.rows.code]

    def _why_gone(self, piece: FilePiece | IntervalPiece, at: int, ended: Int64Array) -> str:
        meter, since = meter_of(piece.rows.ids[piece.rows.code[at]]), self._zone.iso(int(ended[at]))
        return f"{meter} was deactivated at {since}; only earlier readings are accepted"

    # -- planning ----------------------------------------------------------------------------------------------

    def plan(self, book: AccountBook, now: int, progress: Progress = no_progress) -> ImportReport:
        """Find out what is new and complete the report; once. Writes nothing but temporary files. Any thread.

        `book`: the accounts as of `now` (µs UTC). Raises StorageError; whatever `progress` raises ends it.
        """
        if self._planned:
            return self.report
        both = len(self._intervals) > 0 and len(self._reads) > 0
        if len(self._intervals):
            part = part_of_progress(progress, 0, 2) if both else progress
            self._intervals.plan(self._frozen.intervals, self.report, part)
        if len(self._reads):
            part = part_of_progress(progress, 1, 2) if both else progress
            self._reads.plan(self.report, lambda meters: self._limits(book, now, meters), part)
        if len(self._intervals):
            self._intervals.judge_power(self.report, self._limits(book, now), self._max_w)
        self._planned_change = self.plan_accounts(book, now)
        self._change_of_all = None  # whoever asks again may have other accounts
        self._planned = True
        return self.report

    @property
    def has_intervals(self) -> bool:
        """Return whether the files have intervals."""
        return len(self._intervals) > 0

    @property
    def beside(self) -> IntervalColumns:
        """Return the stored intervals that the import was planned beside."""
        return self._frozen.intervals

    @property
    def new_reads(self) -> int:
        """Return how many register reads are new, once it is planned."""
        return self._reads.new

    def compare_again(self, stored: IntervalColumns, ids: Sequence[str]) -> None:
        """Compare the intervals with those that are stored by now; `ids` are the identifiers by their codes."""
        own = self._names.known_codes(ids)
        counted = without_overlaps(stored)
        meter = own[counted.meter]
        mine = replace(counted, meter=meter).take(meter >= 0)
        mine = mine.take(np.lexsort((mine.start, mine.meter)))
        self._intervals.plan_again(mine, self.report)

    def _limits(self, book: AccountBook, now: int, meters: NDArray[np.bool_] | None = None) -> Limits:
        """Return what the readings will be judged by, once the accounts and moves that the files bring are stored.

        Of some meters (a mask by code), or of all.
        """
        change, _ = self._change(book, now, meters)
        accounts = {account.meter: account for account in change.accounts}
        changed = {*accounts, *change.moves, *change.devices}
        groups: dict[int, Moves] = {}
        devices: dict[int, DeviceCourse] = {}
        names = self._names
        some = range(len(names.ids)) if meters is None else np.flatnonzero(meters[names.registers.meter]).tolist()
        for code in some:
            meter = meter_of(names.ids[code])
            if code < names.stored and meter not in changed:
                continue
            account = accounts.get(meter) or book.get(meter)
            if account is not None:
                groups[code] = change.moves.get(meter) or book.moves_of(meter) or [(0, account.group)]
                devices[code] = course_of(account.device, change.devices.get(meter, book.devices_of(meter)))
        return self._frozen.limits.with_attributes(groups, devices)

    def plan_accounts(self, book: AccountBook, now: int) -> Change:
        """Return the change of accounts to put into `book`, as of `now` (µs UTC), and count it. Any thread."""
        change, self.report.powers = self._change(book, now)
        self.report.registered = sum(each.meter not in book for each in change.accounts)
        self.report.moved = len(change.moves)
        return change

    def _change(self, book: AccountBook, now: int, meters: NDArray[np.bool_] | None = None) -> Planned:
        """Return the change of the accounts of some meters or all, and what it makes of the most power of meters."""
        if meters is not None and not meters.all():
            return self._plan_change(book, now, meters)
        if self._change_of_all is None or self._planned:
            self._change_of_all = self._plan_change(book, now, None)
        return self._change_of_all

    def _plan_change(self, book: AccountBook, now: int, meters: NDArray[np.bool_] | None) -> Planned:
        stated = self._reads.stated.statements(self._intervals.stated, meters=meters)
        accounts, moves = planned_accounts(book, stated, now)
        if self._max_w is None:
            return Change(accounts, moves), {}
        codes, places = np.unique(stated.meter, return_inverse=True)
        first = np.full(len(codes), np.iinfo(np.int64).max)
        np.minimum.at(first, places, stated.time)
        since = {self._names.ids[each]: at for each, at in zip(codes.tolist(), first.tolist(), strict=True)}
        return with_max_kw(book, accounts, moves, since, f"{(Decimal(self._max_w) / 1000).normalize():f}")

    # -- storing -----------------------------------------------------------------------------------------------

    def parts_of_reads(self) -> Iterator[NewReads]:
        """Yield the register reads that are not stored yet, in order of time. Raises StorageError."""
        return self._reads.new_reads()

    def check_power(self) -> None:
        """Raise MeterError if intervals have more power than their meters can have."""
        if self.report.too_high:
            raise MeterError(self.report.too_high)

    def note_outcome(self, reads: NewReads, at: int, outcome: Outcome) -> None:
        """Note that a new reading was not stored: it was a duplicate or refused meanwhile."""
        self.report.new -= 1
        if outcome.kind == "duplicate":
            self.report.duplicate += 1
        else:
            self.report.add_refused([self._reads.refused(reads, at, outcome)])

    def store_intervals(self, store: IntervalStore, progress: Progress = no_progress) -> None:
        """Write what becomes of intervals into their day files. Raises DataError, StorageError."""
        self._intervals.store(store, progress)

    @property
    def changes(self) -> int:
        """Return how many rows of intervals are to be written, once it is planned."""
        return self._intervals.changes

    @property
    def stores_something(self) -> bool:
        """Return whether readings, intervals or accounts are to be written, once it is planned."""
        return bool(self.changes or self.new_reads or self._planned_change.accounts or self._planned_change.moves)

    def stored_intervals(self, store: IntervalStore) -> IntervalRows:
        """Return what is stored of the days that `store_intervals` writes, if it failed. Raises DataError, OSError."""
        return self._intervals.stored_changes(store)

    def interval_changes(self) -> IntervalRows:
        """Return what is written of intervals, all at once: withdrawals first, then values. Raises StorageError."""
        return self._intervals.all_changes()

    def finish(
        self, book: AccountBook, archive: Archive, *, now: int, progress: Progress = no_progress
    ) -> ImportReport:
        """Plan, write accounts and day files, and return the report.

        `now` in µs UTC. The engine that `frozen` came from does not see the new readings: open the folder again.
        Raises DataError, StorageError; importing again then does the rest. Raises MeterError for too much power, before
        anything is written.
        """
        self.plan(book, now)
        self.check_power()
        change = self._planned_change
        if change.accounts or change.moves:
            book.put_change(change)
        changes = self.changes
        of = max(1, changes + self._reads.new)
        self.store_intervals(
            IntervalStore(archive.folder.parent, self._zone), lambda share: progress(changes * share / of)
        )
        self._reads.store(archive, lambda share: progress((changes + (of - changes) * share) / of))
        return self.report


def deactivation_times(accounts: AccountBook, events: EditLog) -> dict[str, int]:
    """Return when each deactivated meter was deactivated, µs UTC; one that only `users.csv` says it of is missing."""
    last = {event.meter: event.decided for event in events if event.kind == "deactivate"}
    known = ((accounts.get(meter), since) for meter, since in last.items())
    return {account.meter: since for account, since in known if account is not None and not account.active}
