"""Import of history: readings from other programs, with the attributes that their meters had in time.

What is stored already is left alone, so importing a file again adds nothing. Accounts are written before readings:
to finish an interrupted import, import again. Readings of a deactivated meter are accepted up to its deactivation, as
its last reading often comes by file; later ones are refused, as they are on the port.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.accounts import Account, AccountBook
from metertui.engine.base import (
    BadLine,
    Int64Array,
    Limits,
    Outcome,
    Progress,
    SiteZone,
    format_kwh,
    meter_of,
    no_progress,
)
from metertui.engine.columns import (
    Arrivals,
    Frozen,
    Group,
    Registers,
    tail_columns,
)
from metertui.engine.core.import_accounts import NO_STATEMENT, Moves, Statements, planned_accounts
from metertui.engine.core.import_outcomes import are_doubtful, outcomes_of
from metertui.engine.storage import Archive, RefusedLine, Rows, day_close, reading_lines
from metertui.engine.vee import EditLog, MeterEdits

_MOST_KEPT: Final = 10_000
"""Refused lines that are kept for the report; all are counted."""


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


COUNTS: Final = ("read", "new", "duplicate", "suspect", "refused", "registered", "moved", "days")
"""The counts of a report."""


@dataclass(slots=True)
class ImportReport:
    """The result of an import; in lines, read = new + duplicate + refused."""

    read: int = 0
    new: int = 0
    duplicate: int = 0
    """Stored already, or repeated in the input, with the same value."""
    suspect: int = 0
    """Of the new ones, those that are not counted."""
    refused: int = 0
    registered: int = 0
    """Meters that were not known."""
    moved: int = 0
    """Meters whose attributes in time were not known before."""
    days: int = 0
    """Day files with new readings."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Refused lines by code."""
    refused_lines: list[BadLine] = field(default_factory=list)
    """The first refused lines."""
    suspect_lines: list[BadLine] = field(default_factory=list)
    """The first suspect lines, in order; `code` is `suspect`."""

    def counts(self) -> str:
        """Return the counts as a line of text."""
        return ", ".join(f"{name} {getattr(self, name)}" for name in COUNTS)

    def as_refused_lines(self, now: int) -> list[RefusedLine]:
        """Return the refused lines for `rejects.log`, as of `now` (µs UTC)."""
        lines = self.refused_lines
        return [RefusedLine(now, f"{each.source}:{each.line}", each.code, each.why, each.text) for each in lines]

    def as_json(self, most: int) -> dict[str, Any]:
        """Return the report as JSON values, with the first `most` refused lines."""
        kept = [asdict(misfit) for misfit in self.refused_lines[:most]]
        return {name: getattr(self, name) for name in COUNTS} | {"reasons": dict(self.reasons), "misfits": kept}

    def add_refused(self, misfits: Iterable[BadLine]) -> None:
        """Count refused lines, and keep the first ones."""
        for misfit in misfits:
            self.refused += 1
            self.reasons[misfit.code] += 1
            if len(self.refused_lines) < _MOST_KEPT:
                self.refused_lines.append(misfit)


class _Part(NamedTuple):
    """Readings with the codes of registers of the whole import; arrays of equal length."""

    meter: NDArray[np.int32]
    time: Int64Array
    wh: Int64Array
    group: NDArray[np.int32]
    source: NDArray[np.int32]
    line: Int64Array
    bare: NDArray[np.bool_]

    def take(self, places: NDArray[np.int64]) -> _Part:
        return _Part._make(column[places] for column in self)


class Import:
    """An import into a data folder that this process owns: `add_piece` for every piece, then `finish`.

    Nothing is written before `finish`. Holds 40 bytes a reading meanwhile.
    """

    def __init__(
        self,
        frozen: Frozen,
        edits: Mapping[str, MeterEdits],
        *,
        latest: int,
        ended: Mapping[str, int] | None = None,
    ) -> None:
        """Begin an import beside the stored readings `frozen`, with the edits in force by meter.

        A reading after `latest` (µs UTC) is in the future and refused; so is one after the deactivation of its meter,
        of which `ended` has the times (µs UTC).
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
        self._same: _Part | None = None
        """The readings that are stored afterwards: those that are already, and the new ones."""
        self._is_new: NDArray[np.bool_] = np.empty(0, dtype=bool)
        """Which of these are new."""
        self._new: _Part | None = None
        self._before = tail_columns.NO_ARRIVALS
        """The readings that are stored at instants where new ones come in as well."""

    def add_piece(self, piece: FilePiece) -> None:
        """Add some lines of a file."""
        self.report.read += len(piece.rows) + len(piece.refused)
        self.report.add_refused(piece.refused)
        if not len(piece.rows):
            return
        part = self._part(piece)
        late = part.time > self._latest
        for at in np.flatnonzero(late).tolist():
            why = f"{self._zone.iso(int(part.time[at]))} is in the future"
            self.report.add_refused([self._bad_line(part, at, "future-timestamp", why)])
        ended = np.array([self._ended.get(meter_of(each), self._latest) for each in piece.rows.ids])[piece.rows.code]
        gone = ~late & (part.time > ended)
        for at in np.flatnonzero(gone).tolist():
            meter, since = meter_of(self._ids[part.meter[at]]), self._zone.iso(int(ended[at]))
            why = f"{meter} was deactivated at {since}; only earlier readings are accepted"
            self.report.add_refused([self._bad_line(part, at, "deactivated", why)])
        self._parts.append(part.take(np.flatnonzero(~(late | gone))))

    def plan(self, book: AccountBook, now: int) -> ImportReport:
        """Find out what is new and complete the report. Writes nothing. Only once; any thread.

        `book`: the accounts as of `now` (µs UTC).
        """
        parts, self._parts = self._parts, []
        if not parts:
            return self.report
        part = _Part(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
        part = part._replace(time=_true_times(part, self._zone))
        arrivals = Arrivals(*part[:3])
        found = outcomes_of(arrivals, self._frozen, self._ids, self._edits)
        for at in np.flatnonzero(~found.kept).tolist():
            meter, time = self._ids[part.meter[at]], self._zone.iso(int(part.time[at]))
            why = f"{meter} has {format_kwh(int(found.stands[at]))} kWh at {time} already"
            self.report.add_refused([self._bad_line(part, at, "conflict", why)])
        self.report.new = int(np.count_nonzero(found.new))
        self.report.duplicate = int(np.count_nonzero(found.kept & ~found.new))
        self._same = part.take(np.flatnonzero(found.kept))
        self._is_new = found.new[found.kept]
        self._before = found.before
        fresh = np.flatnonzero(found.new)
        self._new = part.take(fresh[np.argsort(part.time[fresh], kind="stable")])
        self.report.days = len(np.unique(self._zone.day_numbers(self._new.time)))
        limits = self._limits(book, now)
        doubtful = fresh[are_doubtful(arrivals.take(fresh), found, self._frozen, self._ids, self._edits, limits)]
        self.report.suspect = len(doubtful)
        why = "does not fit the meter's other readings: not counted until it is explained"
        self.report.suspect_lines = [self._bad_line(part, at, "suspect", why) for at in doubtful[:_MOST_KEPT].tolist()]
        return self.report

    def _limits(self, book: AccountBook, now: int) -> Limits:
        """Return what the readings will be judged by, once the accounts and moves that the files bring are stored."""
        accounts, moves = self.plan_accounts(book, now)
        courses = {
            each.meter: moves.get(each.meter) or book.moves_of(each.meter) or [(0, each.group)] for each in accounts
        }
        courses |= moves
        by_code = {self._codes[meter]: course for meter, course in courses.items()}
        for of_channel in Registers(self._ids).channels.values():
            for meter, code in of_channel.items():
                account = book.get(self._ids[meter])
                if meter in by_code:
                    by_code[code] = by_code[meter]
                elif code >= len(self._frozen.ids) and account is not None:
                    by_code[code] = book.moves_of(account.meter) or [(0, account.group)]
        return self._frozen.limits.with_attributes(by_code)

    def plan_accounts(self, book: AccountBook, now: int) -> tuple[list[Account], dict[str, Moves]]:
        """Return the accounts and moves to put into `book`, as of `now` (µs UTC), and count them. Any thread."""
        if self._same is None:
            return [], {}
        part = self._same
        meter = Registers(self._ids).meter[part.meter]
        stated = Statements(self._ids, list(self._groups), meter, part.time, part.group, self._is_new)
        accounts, moves = planned_accounts(book, stated, now)
        self.report.registered = sum(each.meter not in book for each in accounts)
        self.report.moved = len(moves)
        return accounts, moves

    @property
    def new_rows(self) -> Rows:
        """Return the readings that are not stored yet, in order of time."""
        return reading_lines.NO_ROWS if self._new is None else Rows(self._ids, *self._new[:3])

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
        Raises DataError, StorageError; importing again then does the rest.
        """
        self.plan(book, now)
        accounts, moves = self.plan_accounts(book, now)
        if accounts or moves:
            book.put_accounts(accounts, moves)
        if len(self.new_rows):
            day_close.write_day_files(archive, self._with_those_before(), self._zone, progress)
        return self.report

    def _part(self, piece: FilePiece) -> _Part:
        if not self._sources or self._sources[-1] != piece.source:
            self._sources.append(piece.source)
        rows, count = piece.rows, len(piece.rows)
        group = np.full(count, NO_STATEMENT, dtype=np.int32)
        if piece.group is not None:
            codes = [self._groups.setdefault(each, len(self._groups)) for each in piece.groups]
            group = np.array(codes, dtype=np.int32)[piece.group]
        return _Part(
            np.array([self._code(meter) for meter in rows.ids], dtype=np.int32)[rows.code],
            rows.time,
            rows.wh,
            group,
            np.full(count, len(self._sources) - 1, dtype=np.int32),
            piece.line,
            np.zeros(count, dtype=bool) if piece.bare is None else piece.bare,
        )

    def _code(self, register: str) -> int:
        code = self._codes.get(register)
        if code is None:
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
