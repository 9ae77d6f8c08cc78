"""Import of history: readings from other programs, with the attributes that their meters had in time.

What is stored already is left alone, so importing a file again adds nothing. Accounts are written before readings:
to finish an interrupted import, import again. Readings of a deactivated meter are accepted up to its deactivation, as
its last reading often comes by file; later ones are refused, as they are on the port.

Energy per interval that differs from what is stored is left alone too, unless the import replaces it. Energy that is
more than its meter can draw refuses the whole import, unless a person says how much it can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.accounts import AccountBook, Change
from metertui.engine.base import (
    ACTUAL,
    BadLine,
    DeviceCourse,
    Int64Array,
    Limits,
    Outcome,
    Progress,
    SiteZone,
    check_identifier,
    format_kwh,
    meter_of,
    no_progress,
    visible,
)
from metertui.engine.columns import (
    NO_STATED,
    Frozen,
    Group,
    IntervalColumns,
    Registers,
    Stated,
)
from metertui.engine.core.file_figures import figures_of_intervals, figures_of_reads
from metertui.engine.core.import_accounts import NO_STATEMENT, Moves, Statements, planned_accounts, with_max_kw
from metertui.engine.core.import_outcomes import are_doubtful, judge_beside, outcomes_of
from metertui.engine.core.import_report import MOST_KEPT, ImportReport
from metertui.engine.core.interval_import import (
    IntervalPart,
    IntervalPlan,
    concat_parts,
    faults_of,
    store_intervals,
)
from metertui.engine.core.interval_outcomes import What
from metertui.engine.errors import MeterError, Refused
from metertui.engine.index import course_of
from metertui.engine.intervals import (
    NO_INTERVALS,
    UWH_PER_WH,
    IntervalPiece,
    IntervalRows,
    IntervalStore,
    without_overlaps,
)
from metertui.engine.storage import Archive, Rows, day_close, reading_lines
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


class _Part(NamedTuple):
    """Readings with the codes of registers of the whole import; arrays of equal length."""

    meter: NDArray[np.int32]
    time: Int64Array
    wh: Int64Array
    group: NDArray[np.int32]
    source: NDArray[np.int32]
    line: Int64Array
    bare: NDArray[np.bool_]
    quality: NDArray[np.uint8]

    @property
    def stated(self) -> Stated:
        """Return the readings with their qualities."""
        return Stated(self.meter, self.time, self.wh, self.quality)

    def take(self, places: NDArray[np.int64]) -> _Part:
        return _Part._make(column[places] for column in self)


class Import:
    """An import into a data folder that this process owns: `add_piece` for every piece, then `finish`.

    Nothing is written before `finish`. Holds 41 bytes a reading, or 50 an interval, meanwhile.
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
    ) -> None:
        """Begin an import beside the stored readings `frozen`, with the edits in force by meter.

        A reading after `latest` (µs UTC) is in the future and refused; so is one after the deactivation of its meter,
        of which `ended` has the times (µs UTC). Intervals that differ from what is known take its place if it
        `replaces`. `max_kw` is the most power that the meters of the files can have, if a person says it.
        """
        self.report = ImportReport()
        self._ended = ended or {}
        self._frozen = frozen
        self._edits = edits
        self._zone = frozen.zone
        self._latest = latest
        self._ids = list(frozen.ids)
        self._codes = {register: code for code, register in enumerate(self._ids)}
        self._groups: dict[Group, int] = {}
        self._sources: list[str] = []
        self._parts: list[_Part] = []
        self._replaces = replaces
        self._max_w = None if max_kw is None else round(max_kw * 1000)
        self._interval_parts: list[IntervalPart] = []
        self._intervals: IntervalPlan | None = None
        self._same: _Part | None = None
        """The readings that are stored afterwards: those that are already, and the new ones."""
        self._is_new: NDArray[np.bool_] = np.empty(0, dtype=bool)
        """Which of these are new."""
        self._new: _Part | None = None
        self._before = NO_STATED
        """The readings that are stored at instants where new ones come in as well."""

    def add_piece(self, piece: FilePiece | IntervalPiece) -> None:
        """Add some lines of a file."""
        self.report.read += len(piece.rows) + len(piece.refused)
        self.report.add_refused(piece.refused)
        if not len(piece.rows):
            return
        self.report.note_rows(piece.source, piece.rows, piece.line)
        if isinstance(piece, IntervalPiece):
            self._add_intervals(piece)
            return
        part = self._part(piece)
        late = part.time > self._latest
        for at in np.flatnonzero(late).tolist():
            why = f"{self._zone.iso(int(part.time[at]))} is in the future"
            self.report.add_refused([self._bad_line(part, at, "future-timestamp", why)])
        ended = self._ends_of(piece)
        gone = ~late & (part.time > ended)
        for at in np.flatnonzero(gone).tolist():
            why = self._why_gone(int(part.meter[at]), int(ended[at]))
            self.report.add_refused([self._bad_line(part, at, "deactivated", why)])
        self._parts.append(part.take(np.flatnonzero(~(late | gone))))

    def _ends_of(self, piece: FilePiece | IntervalPiece) -> Int64Array:
        """Return after which instant (µs UTC) nothing is accepted of the meter of each row."""
        ends = [self._ended.get(meter_of(each), self._latest) for each in piece.rows.ids]
        return np.array(ends, dtype=np.int64)[piece.rows.code]

    def _why_gone(self, register: int, since: int) -> str:
        meter = meter_of(self._ids[register])
        return f"{meter} was deactivated at {self._zone.iso(since)}; only earlier readings are accepted"

    def _add_intervals(self, piece: IntervalPiece) -> None:
        rows = piece.rows
        meter = np.array([self._code(each) for each in rows.ids], dtype=np.int32)[rows.code]
        group, source = self._stated(piece)
        part = IntervalPart(meter, rows.start, rows.end, rows.energy, rows.quality, group, source, piece.line)
        ended = self._ends_of(piece)
        kept = np.ones(len(rows), dtype=bool)
        for wrong, code, why in faults_of(rows, self._latest, ended):
            for at in np.flatnonzero(wrong & kept).tolist():
                told = why or self._why_gone(int(meter[at]), int(ended[at]))
                source_name, text = self._sources[source[at]], self._interval_text(part, at)
                self.report.add_refused([BadLine(source_name, int(piece.line[at]), code, told, text)])
            kept &= ~wrong
        self._interval_parts.append(part.take(kept))

    def _interval_text(self, part: IntervalPart, at: int) -> str:
        kwh = format_kwh(round(int(part.energy[at]) / UWH_PER_WH))
        start, end = (self._zone.iso(int(each[at])) for each in (part.start, part.end))
        return f"{self._ids[part.meter[at]]},{start},{end},{kwh}"

    def plan(self, book: AccountBook, now: int) -> ImportReport:
        """Find out what is new and complete the report. Writes nothing. Only once; any thread.

        `book`: the accounts as of `now` (µs UTC).
        """
        if self._parts or self._interval_parts:
            self._compare_intervals()
            self._plan_reads(book, now)
            self._judge_intervals(book, now)
        return self.report

    @property
    def has_intervals(self) -> bool:
        """Return whether the files have intervals, once it is planned."""
        return self._intervals is not None

    def _compare_intervals(self) -> None:
        """Find out which intervals are new."""
        parts, self._interval_parts = self._interval_parts, []
        if not sum(len(part.meter) for part in parts):
            return
        plan = IntervalPlan(concat_parts(parts), self._frozen.intervals, self._ids, self._zone, replaces=self._replaces)
        self._intervals, report = plan, self.report
        self._count_intervals(plan, 1)
        conflicts = np.flatnonzero(plan.what == What.CONFLICT).tolist()
        said = "the file has another energy for this time in an earlier line"
        report.add_refused(plan.bad_lines(conflicts, self._sources, "conflict", lambda _: said))
        new = plan.part.take(np.flatnonzero(plan.what == What.NEW))
        report.days += len(np.unique(self._zone.day_numbers(new.start)))
        report.meters += figures_of_intervals(
            plan.part.columns().take(plan.what != What.CONFLICT), self._ids, self._zone
        )

    def compare_again(self, stored: IntervalColumns, ids: Sequence[str]) -> None:
        """Compare the intervals with those that are stored by now; `ids` are the identifiers by their codes."""
        before = self._intervals
        assert before is not None
        own = np.array([self._codes.get(each, -1) for each in ids], dtype=np.int32)
        counted = without_overlaps(stored)
        meter = own[counted.meter]
        mine = replace(counted, meter=meter).take(meter >= 0)
        mine = mine.take(np.lexsort((mine.start, mine.meter)))
        self._count_intervals(before, -1)
        self._intervals = IntervalPlan(before.part, mine, self._ids, self._zone, replaces=self._replaces)
        self._count_intervals(self._intervals, 1)

    def _count_intervals(self, plan: IntervalPlan, sign: int) -> None:
        """Add what becomes of intervals to the report, or take it from there."""
        report = self.report
        report.new += sign * plan.count(What.NEW)
        report.duplicate += sign * plan.count(What.DUPLICATE)
        report.different += sign * plan.count(What.DIFFERENT)
        report.replaced = report.different if self._replaces else 0
        report.different_lines = list(
            plan.bad_lines(list(plan.against), self._sources, "different", plan.against.__getitem__)
        )

    def _judge_intervals(self, book: AccountBook, now: int) -> None:
        """Find out which intervals have more power than their meters can have."""
        plan, report = self._intervals, self.report
        if plan is None:
            return
        places = plan.too_high(self._limits(book, now), self._max_w)
        if not len(places):
            return
        report.suspect += len(places)
        report.suspect_lines += plan.lines_of_power(places[:MOST_KEPT], self._sources)
        report.too_high = plan.sentence_on_power(places)

    def _plan_reads(self, book: AccountBook, now: int) -> None:
        """Find out which register reads are new."""
        parts, self._parts = self._parts, []
        if not parts:
            return
        part = _Part(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
        part = part._replace(time=_true_times(part, self._zone))
        arrivals = part.stated.arrivals
        found = outcomes_of(part.stated, self._frozen, self._ids, self._edits)
        for at in np.flatnonzero(~found.kept).tolist():
            meter, time = self._ids[part.meter[at]], self._zone.iso(int(part.time[at]))
            why = f"{meter} has {format_kwh(int(found.stands[at]))} kWh at {time} already"
            self.report.add_refused([self._bad_line(part, at, "conflict", why)])
        self.report.new += int(np.count_nonzero(found.new))
        self.report.duplicate += int(np.count_nonzero(found.kept & ~found.new))
        self._same = part.take(np.flatnonzero(found.kept))
        self._is_new = found.new[found.kept]
        self._before = found.before
        fresh = np.flatnonzero(found.new)
        self._new = part.take(fresh[np.lexsort((part.quality[fresh] == ACTUAL, part.time[fresh]))])
        self.report.days += len(np.unique(self._zone.day_numbers(self._new.time)))
        new = arrivals.take(fresh)
        judged = judge_beside(new, found, self._frozen, self._ids, self._edits, self._limits(book, now))
        mine = arrivals.take(np.flatnonzero(found.kept))
        self.report.meters += figures_of_reads(mine, judged.curve, self._ids, self._zone)
        doubtful = fresh[are_doubtful(new, judged)]
        self.report.suspect = len(doubtful)
        why = "does not fit the meter's other readings: not counted until it is explained"
        self.report.suspect_lines = [self._bad_line(part, at, "suspect", why) for at in doubtful[:MOST_KEPT].tolist()]

    def _limits(self, book: AccountBook, now: int) -> Limits:
        """Return what the readings will be judged by, once the accounts and moves that the files bring are stored."""
        change = self.plan_accounts(book, now)
        accounts = {account.meter: account for account in change.accounts}
        changed = {*accounts, *change.moves, *change.devices}
        groups: dict[int, Moves] = {}
        devices: dict[int, DeviceCourse] = {}
        for code, register in enumerate(self._ids):
            meter = meter_of(register)
            if code < len(self._frozen.ids) and meter not in changed:
                continue
            account = accounts.get(meter) or book.get(meter)
            if account is not None:
                groups[code] = change.moves.get(meter) or book.moves_of(meter) or [(0, account.group)]
                devices[code] = course_of(account.device, change.devices.get(meter, book.devices_of(meter)))
        return self._frozen.limits.with_attributes(groups, devices)

    def plan_accounts(self, book: AccountBook, now: int) -> Change:
        """Return the change of accounts to put into `book`, as of `now` (µs UTC), and count it. Any thread."""
        said = []
        if self._same is not None:
            said.append((self._same.meter, self._same.time, self._same.group, self._is_new))
        if self._intervals is not None:
            part, what = self._intervals.part, self._intervals.what
            kept = what != What.CONFLICT
            said.append((part.meter[kept], part.start[kept], part.group[kept], what[kept] == What.NEW))
        if not said:
            return Change([], {})
        code, time, group, is_new = (np.concatenate(columns) for columns in zip(*said, strict=True))
        meter = Registers(self._ids).meter[code]
        stated = Statements(self._ids, list(self._groups), meter, time, group, is_new)
        accounts, moves = planned_accounts(book, stated, now)
        self.report.registered = sum(each.meter not in book for each in accounts)
        self.report.moved = len(moves)
        if self._max_w is None:
            return Change(accounts, moves)
        codes, places = np.unique(meter, return_inverse=True)
        first = np.full(len(codes), np.iinfo(np.int64).max)
        np.minimum.at(first, places, time)
        since = {self._ids[each]: at for each, at in zip(codes.tolist(), first.tolist(), strict=True)}
        max_kw = f"{(Decimal(self._max_w) / 1000).normalize():f}"
        change, self.report.powers = with_max_kw(book, accounts, moves, since, max_kw)
        return change

    @property
    def new_rows(self) -> Rows:
        """Return the readings that are not stored yet, in order of time: of an instant those first that are not actual,
        as an actual one takes their place."""
        return reading_lines.NO_ROWS if self._new is None else Rows(self._ids, *self._new.stated)

    @property
    def interval_changes(self) -> tuple[IntervalRows, IntervalRows]:
        """Return the stored intervals that are to be withdrawn, and the values to store."""
        if self._intervals is None:
            return NO_INTERVALS, NO_INTERVALS
        return self._intervals.withdrawals(), self._intervals.values()

    def check_power(self) -> None:
        """Raise MeterError if intervals have more power than their meters can have."""
        if self.report.too_high:
            raise MeterError(self.report.too_high)

    def _with_those_before(self) -> Rows:
        """Return the new readings, behind those that are stored at the same instants.

        Those may be in the log alone, and a day file has the values of an instant in order of arrival.
        """
        return reading_lines.concat_rows([Rows(self._ids, *self._before), self.new_rows])

    def note_outcome(self, at: int, outcome: Outcome) -> None:
        """Note that new reading `at` was not stored: it was a duplicate or refused meanwhile."""
        assert self._new is not None
        self.report.new -= 1
        if outcome.kind == "duplicate":
            self.report.duplicate += 1
        else:
            self.report.add_refused([self._bad_line(self._new, at, outcome.code, outcome.text)])

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
        change = self.plan_accounts(book, now)
        if change.accounts or change.moves:
            book.put_change(change)
        store_intervals(IntervalStore(archive.folder.parent, self._zone), *self.interval_changes)
        if len(self.new_rows):
            day_close.write_day_files(archive, self._with_those_before(), self._zone, progress)
        return self.report

    def _part(self, piece: FilePiece) -> _Part:
        rows, count = piece.rows, len(piece.rows)
        group, source = self._stated(piece)
        return _Part(
            np.array([self._code(meter) for meter in rows.ids], dtype=np.int32)[rows.code],
            rows.time,
            rows.wh,
            group,
            source,
            piece.line,
            np.zeros(count, dtype=bool) if piece.bare is None else piece.bare,
            rows.qualities,
        )

    def _stated(self, piece: FilePiece | IntervalPiece) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the attributes that a piece states for each row, as places in the groups, and its file."""
        if not self._sources or self._sources[-1] != piece.source:
            self._sources.append(piece.source)
        count = len(piece.rows)
        group = np.full(count, NO_STATEMENT, dtype=np.int32)
        if piece.group is not None:
            codes = [self._groups.setdefault(each, len(self._groups)) for each in piece.groups]
            group = np.array(codes, dtype=np.int32)[piece.group]
        return group, np.full(count, len(self._sources) - 1, dtype=np.int32)

    def _code(self, register: str) -> int:
        code = self._codes.get(register)
        if code is None:
            try:
                check_identifier(register)
            except Refused as error:  # readers refuse such rows; a folder with one could not be opened again
                raise MeterError(f"'{visible(register[:40])}' names no register: {error.why}") from error
            if (meter := meter_of(register)) != register:
                self._code(meter)
            code = self._codes[register] = len(self._ids)
            self._ids.append(register)
        return code

    def _bad_line(self, part: _Part, at: int, code: str, why: str) -> BadLine:
        meter, time, wh = self._ids[part.meter[at]], self._zone.iso(int(part.time[at])), int(part.wh[at])
        text = f"{meter},{time},{format_kwh(wh)}"
        return BadLine(self._sources[part.source[at]], int(part.line[at]), code, why, text)


def deactivation_times(accounts: AccountBook, events: EditLog) -> dict[str, int]:
    """Return when each deactivated meter was deactivated, µs UTC; one that only `users.csv` says it of is missing."""
    last = {event.meter: event.decided for event in events if event.kind == "deactivate"}
    known = ((accounts.get(meter), since) for meter, since in last.items())
    return {account.meter: since for account, since in known if account is not None and not account.active}


def _true_times(part: _Part, zone: SiteZone) -> Int64Array:
    """Return the times of readings, µs UTC, with those of the second pass where the clock shows an hour twice.

    A timestamp without a zone means either. Of two registers that a file has for it, the lower is of the first pass,
    whichever row comes first.
    """
    again = zone.second_instants(part.time)
    twice = np.flatnonzero(part.bare & (again != part.time))
    lowest: dict[tuple[int, int, int], int] = {}
    rows = [(row, (int(part.source[row]), int(part.meter[row]), int(part.time[row]))) for row in twice.tolist()]
    for row, shown in rows:
        lowest[shown] = min(int(part.wh[row]), lowest.get(shown, int(part.wh[row])))
    times = part.time.copy()
    for row, shown in rows:
        if part.wh[row] > lowest[shown]:
            times[row] = again[row]
    return times
