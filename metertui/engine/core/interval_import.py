"""Intervals of an import: planned a few meters or a stretch of time at once, then written into their day files.

The rows are kept in order of meters until then, and what is to be written in order of days; both go to disk where there
are many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    BadLine,
    Int64Array,
    Limits,
    Progress,
    SiteZone,
    counted,
    day_of_number,
    format_kwh,
    no_progress,
)
from metertui.engine.columns import IntervalColumns
from metertui.engine.core.file_figures import IntervalSums, sums_of_intervals
from metertui.engine.core.first_lines import FirstLines
from metertui.engine.core.import_accounts import Statements
from metertui.engine.core.import_names import ImportNames
from metertui.engine.core.import_report import ImportReport
from metertui.engine.core.interval_outcomes import What
from metertui.engine.core.interval_plan import IntervalPart, IntervalPlan
from metertui.engine.core.interval_stretches import stored_beside, stretches
from metertui.engine.core.stated_accounts import StatedAccounts
from metertui.engine.intervals import (
    NO_INTERVALS,
    UWH_PER_WH,
    IntervalRows,
    IntervalStore,
    concat_intervals,
    lines,
)
from metertui.engine.storage import Records, SortedRows

_ROW: Final = np.dtype(
    [
        *(("of", "i4"), ("meter", "i4"), ("start", "i8"), ("end", "i8"), ("energy", "i8"), ("group", "i4")),
        *(("source", "i4"), ("line", "i8"), ("quality", "u1")),
    ]
)
"""A row of a file: meter and register by code, µs UTC, µWh, numbers of attributes, file and line, and the quality."""
_CHANGE: Final = np.dtype(
    [
        *(("day", "i4"), ("start", "i8"), ("end", "i8"), ("energy", "i8"), ("meter", "i4"), ("source", "i4")),
        *(("line", "i8"), ("quality", "u1")),
    ]
)
"""What is to be written: local day since 1970, and the rest as in a row."""
_PER_HOUR: Final = 3600
"""A µWh in a µs is so many W."""
_QUALITIES: Final = ("", ", estimated", ", substituted")
_NAMED: Final = 3
"""Meters that a sentence names."""


class IntervalImport:
    """The intervals of an import: `add` for all of them, then `plan`, then `store`."""

    def __init__(self, names: ImportNames, zone: SiteZone, place: Path | None, *, replaces: bool) -> None:
        """`place`: the folder that what is too much for memory is kept in. `replaces`: different ones are taken too."""
        self._names = names
        self._zone = zone
        self._place = place
        self._replaces = replaces
        self._rows = SortedRows(_ROW, ("of", "start"), place, leading=2)
        self._begin()

    def _begin(self) -> None:
        """Forget what was planned."""
        self.stated = StatedAccounts(self._names)
        self._counts: Counter[What] = Counter()
        self._different = FirstLines()
        self._withdrawals, self._values = (SortedRows(_CHANGE, ("day", "start"), self._place) for _ in range(2))
        self._days: list[NDArray[np.int32]] = [np.empty(0, dtype=np.int32)] * 2

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, **columns: NDArray[Any]) -> None:
        """Add rows: see _ROW for the columns. Raises StorageError."""
        self._rows.add(**columns)

    # -- planning ----------------------------------------------------------------------------------------------

    def plan(self, stored: IntervalColumns, report: ImportReport, progress: Progress = no_progress) -> None:
        """Find out what becomes of the intervals beside those that are stored, and count it. Raises StorageError."""
        conflicts, days = FirstLines(), np.empty(0, dtype=np.int32)
        sums: dict[int, IntervalSums] = {}
        said = "the file has another energy for this time in another line"
        for plan in self._plans(stored, progress):
            part = plan.part
            against = np.flatnonzero(plan.what == What.CONFLICT)
            self._note(conflicts, plan, against, "conflict", lambda _: said)
            new = np.flatnonzero(plan.what == What.NEW)
            days = np.union1d(days, self._zone.day_numbers(part.start[new]))
            kept = part.columns().take(plan.what != What.CONFLICT)
            for code, found in sums_of_intervals(kept, self._zone).items():
                sums[code] = sums[code].joined(found) if code in sums else found
        report.add_conflicts(conflicts)
        report.days += len(days)
        report.meters += [sums[code].figures(self._names.ids[code]) for code in sorted(sums)]
        self._count(report, 1)

    def plan_again(self, stored: IntervalColumns, report: ImportReport) -> None:
        """Compare with what is stored by now, in place of what was planned."""
        self._count(report, -1)
        self._begin()
        for _ in self._plans(stored, no_progress):
            pass
        self._count(report, 1)

    def _plans(self, stored: IntervalColumns, progress: Progress) -> Iterator[IntervalPlan]:
        """Plan for the intervals of a few meters after the other, keep what is to be written, and yield each plan."""
        done = 0
        for records in stretches(self._rows.parts(), stored, self._names.registers.meter):
            order = np.lexsort((records["line"], records["source"]))
            part = IntervalPart(*(records[name][order] for name in IntervalPart._fields))
            plan = IntervalPlan(part, stored_beside(part.columns(), stored), self._text, replaces=self._replaces)
            self._counts.update({what: plan.count(what) for what in What})
            differ = np.array(sorted(plan.against), dtype=np.int64)
            self._note(self._different, plan, differ, "different", plan.against.__getitem__)
            kept = plan.what != What.CONFLICT
            of, new = records["of"][order], plan.what == What.NEW
            ids, start = self._names.ids, part.start
            self.stated.add(Statements(ids, (), of[kept], start[kept], part.group[kept], new[kept]))
            self._keep(plan)
            yield plan
            done += len(records)
            progress(done / len(self._rows))

    def _keep(self, plan: IntervalPlan) -> None:
        """Keep what is to be written."""
        gone, new = plan.withdrawn(), plan.part.take(plan.new)
        none = np.zeros(len(gone), dtype=np.int32)
        energy = np.full(len(gone), lines.WITHDRAWN, dtype=np.int64)
        quality = np.zeros(len(gone), dtype=np.uint8)
        withdrawn = IntervalPart(gone.meter, gone.start, gone.end, energy, quality, none, none, none.astype(np.int64))
        for which, (rows, part) in enumerate(((self._withdrawals, withdrawn), (self._values, new))):
            if len(part.start):
                day = self._zone.day_numbers(part.start)
                self._days[which] = np.union1d(self._days[which], day)
                rows.add(day=day, **{name: getattr(part, name) for name in _CHANGE.names or () if name != "day"})

    def _note(self, to: FirstLines, plan: IntervalPlan, places: Int64Array, code: str, why: Any) -> None:
        """Add lines with intervals; `why` says of a place what is the matter."""
        columns, part = plan.part.columns(), plan.part

        def line(at: int) -> BadLine:
            place = int(places[at])
            return self._bad_line(columns, place, part.source[place], part.line[place], code, why(place))

        to.add(part.source[places], part.line[places], line)

    def _bad_line(self, columns: IntervalColumns, at: int, source: int, line: int, code: str, why: str) -> BadLine:
        text = f"{self._names.ids[columns.meter[at]]}: {self._text(columns, at)}"
        return BadLine(self._names.sources[source], int(line), code, why, text)

    def _text(self, columns: IntervalColumns, at: int) -> str:
        energy, quality = lines.format_energy(int(columns.energy[at])), _QUALITIES[int(columns.quality[at])]
        start, end = (self._zone.iso(int(each[at])) for each in (columns.start, columns.end))
        return f"{energy} kWh from {start} to {end}{quality}"

    def _count(self, report: ImportReport, sign: int) -> None:
        """Add what becomes of intervals to the report, or take it from there."""
        report.new += sign * self._counts[What.NEW]
        report.duplicate += sign * self._counts[What.DUPLICATE]
        report.different += sign * self._counts[What.DIFFERENT]
        report.replaced = report.different if self._replaces else 0
        report.different_lines = self._different.lines()

    # -- power -------------------------------------------------------------------------------------------------

    def judge_power(self, report: ImportReport, limits: Limits, max_w: int | None) -> None:
        """Count the intervals to store with more power than their meters can have, W, and say so in the report.

        `max_w` is what a person says that they can. Raises StorageError.
        """
        found, meters = FirstLines(), set[str]()
        highest, begins = 0.0, 0
        for records in self._values.parts():
            power = records["energy"].astype(np.float64) * _PER_HOUR / (records["end"] - records["start"])
            allowed = limits.power_of(records["meter"].copy(), records["end"].copy()) if max_w is None else max_w
            places = np.flatnonzero(power > allowed)
            if not len(places):
                continue
            high, columns = records[places], _columns(records[places])
            why = [f"{format_kwh(round(each))} kW is more than its meter can draw" for each in power[places].tolist()]

            def line(at: int, high: Records = high, columns: IntervalColumns = columns, why: Any = why) -> BadLine:
                return self._bad_line(columns, at, high["source"][at], high["line"][at], "above-max-kw", why[at])

            found.add(high["source"], high["line"], line)
            meters.update(self._names.ids[code] for code in np.unique(columns.meter).tolist())
            if power[places].max() > highest:
                highest, begins = float(power[places].max()), int(columns.start[power[places].argmax()])
        if found.count:
            report.suspect += found.count
            report.suspect_lines += found.lines()
            report.too_high = self._sentence_on_power(found.count, sorted(meters), highest, begins)

    def _sentence_on_power(self, count: int, meters: list[str], highest: float, begins: int) -> str:
        named = ", ".join(meters[:_NAMED]) + (f" and {len(meters) - _NAMED} more" if len(meters) > _NAMED else "")
        return (
            f"{counted(count, 'interval')} of {named} above what the meter can draw (max_kw), the highest "
            f"{format_kwh(round(highest))} kW from {self._zone.iso(begins)} on; nothing is stored: give --max-kw if "
            "the meter can"
        )

    # -- writing -----------------------------------------------------------------------------------------------

    @property
    def changes(self) -> int:
        """Return how many rows are to be written, once it is planned."""
        return len(self._withdrawals) + len(self._values)

    def store(self, store: IntervalStore, progress: Progress = no_progress) -> None:
        """Write what becomes of intervals into their day files. Withdrawals come first, so that no two ever overlap.

        Doing it again changes nothing, so an interrupted import is finished by repeating it. Raises DataError,
        StorageError.
        """
        share = [len(rows) / max(1, self.changes) for rows in (self._withdrawals, self._values)]
        for before, rows, days in zip((0.0, share[0]), (self._withdrawals, self._values), self._days, strict=True):
            if len(rows):
                named = [day_of_number(number) for number in days.tolist()]
                tell = partial(_tell_done, progress, before, self.changes)
                store.add_days(named, map(self._as_rows, rows.parts()), tell)

    def stored_changes(self, store: IntervalStore) -> IntervalRows:
        """Return all that is stored of the days that are written, or were to be. Raises DataError, OSError."""
        days = np.union1d(*self._days).tolist()
        return concat_intervals([store.read_day(day_of_number(number)) for number in days])

    def all_changes(self) -> IntervalRows:
        """Return all that is to be written, withdrawals first. Raises StorageError."""
        parts = [self._as_rows(each) for rows in (self._withdrawals, self._values) for each in rows.parts()]
        return concat_intervals(parts) if parts else NO_INTERVALS

    def _as_rows(self, records: Records) -> IntervalRows:
        found = _columns(records)
        columns = found.meter, found.start, found.end, found.energy, found.quality
        return IntervalRows(self._names.ids, *columns).with_used_ids()


def _tell_done(progress: Progress, before: float, of: int, done: int) -> None:
    """Tell the share done, of which some was done before."""
    progress(before + done / of)


def text_of_interval(rows: IntervalRows, at: int, zone: SiteZone) -> str:
    """Return an interval of a file as text."""
    start, end = (zone.iso(int(each[at])) for each in (rows.start, rows.end))
    return f"{rows.ids[rows.code[at]]},{start},{end},{format_kwh(round(int(rows.energy[at]) / UWH_PER_WH))}"


def faults_of(rows: IntervalRows, latest: int, ended: Int64Array) -> Iterator[tuple[NDArray[np.bool_], str, str]]:
    """Yield which intervals cannot be taken, bool[n], with code and reason; no reason for meters that have ended.

    One that ends after `latest`, or after what `ended` has for it (µs UTC), is refused.
    """
    yield rows.end <= rows.start, "bad-timestamp", "an interval ends after it starts"
    yield rows.start < 0, "past-timestamp", "an interval begins after 1969"
    yield rows.energy < 0, "bad-reading", "the energy is negative; feed-in has a channel of its own, METER:export"
    yield rows.end > latest, "future-timestamp", "the interval ends in the future"
    yield rows.end > ended, "deactivated", ""


def _columns(records: Records) -> IntervalColumns:
    return IntervalColumns(*(records[name].copy() for name in ("meter", "start", "end", "energy", "quality")))
