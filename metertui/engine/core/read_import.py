"""Register reads of an import: planned a few meters at a time, then merged into the day files of the archive.

No more than some meters are looked at together. The rows are kept in order of meters until then, and the new ones in
order of days; both go to disk where there are many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    ACTUAL,
    BadLine,
    Int64Array,
    Limits,
    Outcome,
    Progress,
    SiteZone,
    day_of_number,
    format_kwh,
    no_progress,
)
from metertui.engine.columns import Frozen, Stated, concat_ranges
from metertui.engine.core.file_figures import figures_of_reads
from metertui.engine.core.first_lines import FirstLines
from metertui.engine.core.import_accounts import Statements
from metertui.engine.core.import_names import ImportNames
from metertui.engine.core.import_outcomes import Stored, are_doubtful, judge_beside, outcomes_of
from metertui.engine.core.import_report import ImportReport
from metertui.engine.core.stated_accounts import StatedAccounts
from metertui.engine.storage import Archive, Records, Rows, SortedRows, day_close
from metertui.engine.vee import MeterEdits

_ROW: Final = np.dtype(
    [
        *(("meter", "i4"), ("code", "i4"), ("time", "i8"), ("wh", "i8"), ("group", "i4"), ("source", "i4")),
        *(("line", "i8"), ("bare", "?"), ("quality", "u1")),
    ]
)
"""A row of a file: meter and register by code, µs UTC, Wh, numbers of attributes, file and line, and the quality."""
_NEW: Final = np.dtype(
    [
        *(("day", "i4"), ("time", "i8"), ("code", "i4"), ("wh", "i8"), ("source", "i4"), ("line", "i8")),
        *(("quality", "u1"), ("rank", "u1")),
    ]
)
"""A reading that is to be written: local day since 1970, and the rest as in a row."""
_BEFORE, _OTHER, _ACTUAL = range(3)
"""The ranks of readings of a day: what is stored at the instants of new ones, and of these the actual ones last."""


class NewReads(NamedTuple):
    """New readings in order of time, n of them; of an instant those first that are not actual.

    An actual one takes their place.
    """

    rows: Rows
    source: NDArray[np.int32]
    """The number of the file of each, int32[n]."""
    line: Int64Array


class _Part(NamedTuple):
    """Readings as columns of equal length, see _ROW."""

    meter: NDArray[np.int32]
    code: NDArray[np.int32]
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
        return Stated(self.code, self.time, self.wh, self.quality)

    def take(self, places: Int64Array | NDArray[np.bool_]) -> _Part:
        return _Part._make(column[places] for column in self)


LimitsOf = Callable[[NDArray[np.bool_]], Limits]
"""Returns what readings are judged by, of some meters (a mask by code), with all that is stated of them by now."""


class ReadImport:
    """The register reads of an import: `add` for all of them, then `plan`, then `store` or `new`."""

    def __init__(self, names: ImportNames, frozen: Frozen, edits: Mapping[str, MeterEdits], place: Path | None) -> None:
        """`edits` in force by register; `place`: the folder that what is too much for memory is kept in."""
        self._names = names
        self._zone = frozen.zone
        self._frozen = frozen
        self._edits = edits
        self._rows = SortedRows(_ROW, ("meter", "time"), place)
        self._to_write = SortedRows(_NEW, ("day", "time", "rank"), place)
        self.stated = StatedAccounts(names)
        self.new = 0
        """How many are new, once it is planned."""
        self._days: NDArray[np.int32] = np.empty(0, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, **columns: NDArray[Any]) -> None:
        """Add rows: see _ROW for the columns. Raises StorageError."""
        self._rows.add(**columns)

    def plan(self, report: ImportReport, limits_of: LimitsOf, progress: Progress = no_progress) -> None:
        """Find out what becomes of the readings, and count it. Raises StorageError."""
        conflicts, suspects, figures = FirstLines(), FirstLines(), []
        done = 0
        for records in self._rows.parts():
            part = _true_times(_Part(*(records[name].copy() for name in _Part._fields)), self._zone)
            figures += self._plan_part(part, report, limits_of, conflicts, suspects)
            done += len(records)
            progress(done / len(self._rows))
        report.meters += [each for _, each in sorted(figures, key=lambda found: found[0])]
        report.days += len(self._days)
        report.add_conflicts(conflicts)
        report.suspect += suspects.count
        report.suspect_lines = suspects.lines()

    def _plan_part(
        self, part: _Part, report: ImportReport, limits_of: LimitsOf, conflicts: FirstLines, suspects: FirstLines
    ) -> list[tuple[int, Any]]:
        """Do so for all readings of some meters, and return what the files say of each register, with its code."""
        ids = self._names.ids
        arrivals, codes = part.stated.arrivals, np.unique(part.code)
        stored = _stored_of(self._frozen, codes)
        edits = {ids[code]: self._edits[ids[code]] for code in codes.tolist() if ids[code] in self._edits}
        found = outcomes_of(part.stated, stored, ids, edits)
        against = np.flatnonzero(~found.kept)

        def conflict(place: int) -> BadLine:
            at = int(against[place])
            register, time, wh = ids[part.code[at]], self._zone.iso(int(part.time[at])), int(found.stands[at])
            why = f"{register} has {format_kwh(wh)} kWh at {time} already; metertui correct replaces a register"
            return self._bad_line(part, at, "conflict", why)

        conflicts.add(part.source[against], part.line[against], conflict)
        kept = np.flatnonzero(found.kept)
        report.new += int(np.count_nonzero(found.new))
        report.duplicate += int(np.count_nonzero(found.kept & ~found.new))
        same = part.take(kept)
        self.stated.add(Statements(ids, (), same.meter, same.time, same.group, found.new[kept]))
        fresh = np.flatnonzero(found.new)
        self._keep(part.take(fresh), found.before)
        of, new = np.zeros(len(ids), dtype=bool), arrivals.take(fresh)
        of[part.meter] = True
        judged = judge_beside(new, found, stored, ids, edits, limits_of(of))
        doubtful = fresh[are_doubtful(new, judged)]
        why = "does not fit the meter's other readings: not counted until it is explained"
        suspects.add(
            part.source[doubtful],
            part.line[doubtful],
            lambda place: self._bad_line(part, int(doubtful[place]), "suspect", why),
        )
        figures = figures_of_reads(arrivals.take(kept), judged.curve, ids, self._zone)
        return list(zip(np.unique(part.code[kept]).tolist(), figures, strict=True))

    def _keep(self, new: _Part, before: Stated) -> None:
        """Keep new readings, and those that are stored at their instants, in order of days."""
        self.new += len(new.time)
        day = self._zone.day_numbers(new.time)
        self._days = np.union1d(self._days, day)
        columns: dict[str, NDArray[Any]] = {
            name: getattr(new, name) for name in ("time", "code", "wh", "source", "line", "quality")
        }
        self._to_write.add(day=day, rank=np.where(new.quality == ACTUAL, _ACTUAL, _OTHER), **columns)
        if len(before.time):
            none, days = np.zeros(len(before.time), dtype=np.int32), self._zone.day_numbers(before.time)
            columns = {"day": days, "time": before.time, "code": before.meter, "wh": before.wh}
            columns |= {"source": none, "line": none, "quality": before.quality, "rank": none}
            self._to_write.add(**columns)

    def new_reads(self) -> Iterator[NewReads]:
        """Yield the new readings in parts. Raises StorageError."""
        for records in self._to_write.parts():
            new = records[records["rank"] != _BEFORE]
            yield NewReads(self._as_rows(new), new["source"].copy(), new["line"].copy())

    def store(self, archive: Archive, progress: Progress = no_progress) -> None:
        """Write the new readings into their day files; doing it again changes nothing. Raises DataError, StorageError.

        Those that are stored at their instants stand before them: they may be in the log alone, and a day file has the
        values of an instant in order of arrival.
        """
        if not self.new:
            return
        days = [day_of_number(number) for number in self._days.tolist()]
        parts, of = map(self._as_rows, self._to_write.parts()), len(self._to_write)
        day_close.merge_days(archive, days, parts, self._zone, lambda done: progress(done / of))

    def _as_rows(self, records: Records) -> Rows:
        columns = (records[name].copy() for name in ("code", "time", "wh", "quality"))
        return Rows(self._names.ids, *columns).with_used_ids()

    def refused(self, reads: NewReads, at: int, outcome: Outcome) -> BadLine:
        """Return the line of a new reading that was refused after all."""
        rows = reads.rows
        source, line = self._names.sources[reads.source[at]], int(reads.line[at])
        text = text_of_read(rows.ids[rows.code[at]], int(rows.time[at]), int(rows.wh[at]), self._zone)
        return BadLine(source, line, outcome.code, outcome.text, text)

    def _bad_line(self, part: _Part, at: int, code: str, why: str) -> BadLine:
        text = text_of_read(self._names.ids[part.code[at]], int(part.time[at]), int(part.wh[at]), self._zone)
        return BadLine(self._names.sources[part.source[at]], int(part.line[at]), code, why, text)


def text_of_read(register: str, time: int, wh: int, zone: SiteZone) -> str:
    """Return a register read of a file as text."""
    return f"{register},{zone.iso(time)},{format_kwh(wh)}"


def _stored_of(frozen: Frozen, codes: NDArray[np.int32]) -> Stored:
    """Return what is stored of some registers, by ascending codes."""
    columns, corrections = frozen.columns, frozen.corrections
    first, stop = (columns.starts.take(codes.astype(np.int64) + more, mode="clip") for more in (0, 1))
    some = columns.part(concat_ranges(first, stop))
    if corrections is not None:
        known, mine = set(codes.tolist()), np.isin(corrections.estimate_meter, codes)
        corrections = corrections._replace(
            contested=tuple(each for each in corrections.contested if each.meter in known),
            estimate_meter=corrections.estimate_meter[mine],
            estimate_time=corrections.estimate_time[mine],
            estimate_wh=corrections.estimate_wh[mine],
            estimate_quality=corrections.estimate_quality[mine],
        )
    return Stored(some, corrections)


def _true_times(part: _Part, zone: SiteZone) -> _Part:
    """Return readings in order of their files, with the times of the second pass where the clock shows an hour twice.

    A timestamp without a zone means either. Of two registers that a file has for it, the lower is of the first pass,
    whichever row comes first.
    """
    part = part.take(np.lexsort((part.line, part.source)))
    again = zone.second_instants(part.time)
    twice = np.flatnonzero(part.bare & (again != part.time))
    lowest: dict[tuple[int, int, int], int] = {}
    rows = [(row, (int(part.source[row]), int(part.code[row]), int(part.time[row]))) for row in twice.tolist()]
    for row, shown in rows:
        lowest[shown] = min(int(part.wh[row]), lowest.get(shown, int(part.wh[row])))
    times = part.time
    for row, shown in rows:
        if part.wh[row] > lowest[shown]:
            times[row] = again[row]
    return part
