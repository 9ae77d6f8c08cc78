"""Entries of a table as intervals: which instants their labels are, and which of them are totals of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    BadLine,
    Int64Array,
    SiteZone,
    add_months,
    day_of_number,
    duration_text,
)
from metertui.engine.errors import MeterError
from metertui.engine.intervals import IntervalPiece, IntervalRows
from metertui.formats.meter_tables.covered import Covered
from metertui.formats.meter_tables.left_out import LeftOut
from metertui.formats.meter_tables.local_times import BARE, later_instants, passes
from metertui.formats.meter_tables.plan import Plan
from metertui.formats.meter_tables.row_reader import Entries
from metertui.formats.meter_tables.step_changes import StepChanges
from metertui.formats.meter_tables.steps import Steps
from metertui.formats.meter_tables.words import POWER_UNITS


@dataclass
class IntervalBuilder:
    """Makes intervals of entries. Those of an hour that comes twice, and those that may be totals, are held back."""

    source: str
    plan: Plan
    left_out: LeftOut
    _folded: list[Entries] = field(default_factory=list)
    _long: list[IntervalPiece] = field(default_factory=list)
    _covered: Covered = field(default_factory=Covered)

    def __post_init__(self) -> None:
        roles = self.plan.roles
        apart = bool(self.plan.stamps) and (roles.meter is not None or roles.channel is not None)
        self._steps = Steps(self.plan.stats.step, own=apart)
        self._changes = StepChanges(self._steps, newest_first=self.plan.stats.newest_first)

    def add(self, entries: Entries, ids: list[str]) -> IntervalPiece:
        """Return the intervals of entries that can be told at once."""
        zone = self.plan.zone
        bare = entries.offset == BARE
        first = zone.instants_of(entries.wall)
        twice = bare & (zone.second_instants(first) != first)
        if self.plan.stamps == "end":  # the end of the first pass may bear the name of that of the second one
            before = zone.instants_of(entries.wall - 1)
            twice |= bare & (zone.second_instants(before) != before)
        if twice.any():
            self._folded.append(_take(entries, twice))
        entries, first, bare = _take(entries, ~twice), first[~twice], bare[~twice]
        told = np.where(bare, first, entries.wall - entries.offset)
        return self._stepped(ids, *self._steps.settle(entries, told, coarser=not self.left_out.has_missing))

    def _stepped(self, ids: list[str], entries: Entries, told: Int64Array) -> IntervalPiece:
        """Return the intervals of entries whose steps are known."""
        self._check_steps(entries, told)
        return self._piece(entries, ids, *self._edges(entries, told))

    def finish(self, ids: list[str]) -> list[IntervalPiece]:
        """Return the intervals that were held back, and note the totals among them."""
        found = [self._stepped(ids, *each) for each in self._steps.rest()]
        if self._folded:
            entries = Entries(*(np.concatenate(columns) for columns in zip(*self._folded, strict=True)))
            found.append(self._folded_piece(entries, ids))
        return [*found, *(piece for each in self._long if len((piece := self._without_totals(each)).rows))]

    def _check_steps(self, entries: Entries, told: Int64Array) -> None:
        """Raise MeterError where the times of a register begin to be at other distances than its step."""
        change = self._changes.find(entries.code, told, entries.line) if self.plan.stamps else None
        if change is not None:
            why = f"times are {duration_text(change.step)} apart, but {duration_text(change.other)}"
            give = "import the parts by themselves, or give --columns start=NAME,end=NAME"
            raise MeterError(f"{self.source}: {why} near line {change.line}: {give}")

    def _edges(self, entries: Entries, told: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Return starts and ends of intervals (µs UTC); `told` are the instants of their first, or only, labels."""
        zone, stamps = self.plan.zone, self.plan.stamps
        step = self._steps.of(entries.code)
        if stamps == "end":
            skipped = (entries.offset == BARE) & (zone.wall_clock(told) != entries.wall)
            told = np.where(skipped, zone.last_changes(told + DAY), told)
            return self._days_apart(entries, told, -step), told
        if stamps == "start":
            return told, self._days_apart(entries, told, step)
        if not self.plan.roles.times.is_pair and not self.plan.roles.slots:
            return told, self._whole_days(entries.wall)
        wall = _whole_ends(entries) + DAY * self.plan.stats.inclusive
        return told, np.where(entries.end_offset == BARE, later_instants(zone, wall, told), wall - entries.end_offset)

    def _days_apart(self, entries: Entries, told: Int64Array, step: Int64Array) -> Int64Array:
        """Return the instants a step (µs) after those of labels, or before; of whole days by the clock."""
        other = told + step
        days = (step % DAY == 0) & (entries.offset == BARE)
        if days.any():
            wall, at = entries.wall[days] + step[days], told[days]
            zone = self.plan.zone
            after = later_instants(zone, wall, at)
            other[days] = np.where(step[days] > 0, after, zone.instants_of(wall))
        return other

    def _whole_days(self, wall: Int64Array) -> Int64Array:
        """Return the ends of intervals that are days, or months, by the days that name them."""
        zone, stats = self.plan.zone, self.plan.stats
        if stats.months:
            return np.array(
                [zone.midnight(add_months(day_of_number(each // DAY), 1)) for each in wall.tolist()], np.int64
            )
        return later_instants(zone, wall + self.plan.step_days() * DAY, np.full(len(wall), np.iinfo(np.int64).min))

    def _folded_piece(self, entries: Entries, ids: list[str]) -> IntervalPiece:
        """Return the intervals of the hours that the clock shows twice."""
        zone = self.plan.zone
        labels = list(zip(entries.code.tolist(), entries.wall.tolist(), strict=True))
        second = passes(labels, newest_first=self.plan.stats.newest_first)
        first = zone.instants_of(entries.wall)
        told = np.where(second, zone.second_instants(first), first)
        told = np.where(_end_first_passes(zone, labels, first, second), zone.last_changes(first), told)
        start, end = self._edges(entries, told)
        both = {label for label, again in zip(labels, second.tolist(), strict=True) if again}
        again = zone.second_instants(first)
        limit = np.where([label in both for label in labels], again, np.iinfo(np.int64).max)
        if (
            not self.plan.stamps
        ):  # one that is shorter than what comes twice does not cover it, where its rows are missing
            shown = np.where(entries.end_offset == BARE, _whole_ends(entries) - entries.wall, 0)
            limit = np.where((shown > 0) & (shown < again - first), np.minimum(limit, told + shown), limit)
        return self._piece(entries, ids, start, np.where(second, end, np.minimum(end, limit)))

    def _piece(self, entries: Entries, ids: list[str], start: Int64Array, end: Int64Array) -> IntervalPiece:
        zone = self.plan.zone
        energy = entries.energy
        if self.plan.figures[0].unit in POWER_UNITS:
            hours = [(power, length) for power, length in zip(energy.tolist(), (end - start).tolist(), strict=True)]
            energy = np.array([_divide(power * length, HOUR) for power, length in hours], dtype=np.int64)
        skipped = (entries.offset == BARE) & (zone.wall_clock(start) != entries.wall) & (entries.day_only == 0)
        skipped &= self.plan.stamps != "end"
        empty = (end <= start) | (start < 0)
        rows = IntervalRows(ids, entries.code.astype(np.int32), start, end, energy, entries.quality.astype(np.uint8))
        refused = [
            BadLine(self.source, int(entries.line[at]), "bad-timestamp", self._why(entries, skipped, at), "")
            for at in np.flatnonzero((skipped | empty) & ~self._is_nothing(entries, skipped | empty)).tolist()
        ]
        taken = ~(skipped | empty)
        piece = IntervalPiece(self.source, rows.take(taken), entries.line[taken], refused)
        return self._hold_long(piece)

    def _is_nothing(self, entries: Entries, wrong: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which entries are zeros in the place of an hour that a day does not have, where hours are counted."""
        counted = bool(self.plan.roles.slots) or self.plan.roles.times.part is not None
        return np.asarray(wrong & (entries.energy == 0) & counted)

    def _why(self, entries: Entries, skipped: NDArray[np.bool_], at: int) -> str:
        if skipped[at]:
            shown = (date(1970, 1, 1).isoformat(), int(entries.wall[at]))
            day = day_of_number(shown[1] // DAY)
            within = timedelta(microseconds=shown[1] % DAY)
            return f"{day} {within} does not exist in {self.plan.zone.name}: the clock skips it"
        return "the interval does not end after it starts" if entries.wall[at] >= 0 else "the time is before 1970"

    def _hold_long(self, piece: IntervalPiece) -> IntervalPiece:
        """Return a piece without the intervals that may be totals of others, being longer than the usual ones."""
        usual = self.plan.stats.length
        rows = piece.rows
        if not self.plan.roles.times.is_pair or not usual:
            return piece
        long = rows.end - rows.start > usual + usual // 2 + HOUR * (usual > HOUR)
        if usual <= HOUR:
            long &= self._is_no_fold(rows, usual)
        self._covered.add(rows.code[~long], rows.start[~long])
        if not long.any():
            return piece
        self._long.append(IntervalPiece(self.source, rows.take(long), piece.line[long]))
        return IntervalPiece(self.source, rows.take(~long), piece.line[~long], piece.refused)

    def _is_no_fold(self, rows: IntervalRows, usual: int) -> NDArray[np.bool_]:
        """Return which intervals are longer by more than an hour that the clock shows twice."""
        shown = self.plan.zone.wall_clock(rows.end) - self.plan.zone.wall_clock(rows.start)
        return np.asarray(shown > usual + usual // 2)

    def _without_totals(self, piece: IntervalPiece) -> IntervalPiece:
        rows = piece.rows
        keep = np.ones(len(rows), dtype=bool)
        edges = zip(rows.code.tolist(), rows.start.tolist(), rows.end.tolist(), strict=True)
        for at, (code, start, end) in enumerate(edges):
            if self._covered.begins_within(code, start, end):
                keep[at] = False
                self.left_out.note("totals of other rows", int(piece.line[at]))
        return IntervalPiece(self.source, rows.take(keep), piece.line[keep], piece.refused)


def _end_first_passes(
    zone: SiteZone, labels: Sequence[tuple[int, int]], first: Int64Array, second: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which labels are the end of the hour that comes twice, and mean its first pass.

    The label comes twice then, and that at which the hour begins does not.
    """
    counts = Counter(labels)
    found = np.zeros(len(labels), dtype=bool)
    for at in np.flatnonzero((zone.second_instants(first) == first) & ~second).tolist():
        code, wall = labels[at]
        begin = int(zone.wall_clock(zone.last_changes(first[at : at + 1]))[0])
        found[at] = counts[code, wall] == 2 and counts[code, begin] < 2
    return found


def _take(entries: Entries, places: NDArray[np.bool_]) -> Entries:
    return Entries(*(column[places] for column in entries))


def _whole_ends(entries: Entries) -> Int64Array:
    """Return ends (µs by the clock), the last second or minute of an interval as the beginning of the next."""
    same = (entries.offset == BARE) == (entries.end_offset == BARE)
    length = np.where(same, entries.end_wall - entries.wall, 0) % HOUR
    wall = entries.end_wall + np.where(length % MINUTE == 59 * SECOND, SECOND, 0)
    return np.asarray(wall + np.where(length % (5 * MINUTE) == 4 * MINUTE, MINUTE, 0))


def _divide(value: int, by: int) -> int:
    """Return a quotient rounded half-even."""
    whole, rest = divmod(value, by)
    return whole + (rest * 2 > by or (rest * 2 == by and whole % 2 == 1))
