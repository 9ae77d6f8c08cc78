"""The rules of arithmetic once more: slow, obvious, one reading at a time, in exact fractions.

Written from the rules alone; shares nothing with the engine but the meaning of its figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from math import ceil
from typing import NamedTuple
from zoneinfo import ZoneInfo

HOUR = 3_600_000_000
DAY = 24 * HOUR
ONE = Fraction(1)


def fits(earlier: tuple[int, int], later: tuple[int, int], max_kw: Fraction | int, rounding: int = 1000) -> bool:
    """Not lower than a rounding, and not higher than what could be drawn in the time between or in an hour."""
    time, step = max(later[0] - earlier[0], HOUR), later[1] - earlier[1]
    return -rounding <= step and step * HOUR <= max_kw * 1000 * time


@dataclass
class _Point:
    """Something that counts: when, with which register, what the next rises from, whether a person said so."""

    time: int
    wh: int
    base: int
    firm: bool = False
    kind: str = "counted"
    rolled: bool = False
    """Whether the register went past its last number on the way to it."""
    read: int = -1
    """What was read."""


@dataclass
class Meter:
    """One meter's readings as (µs, Wh), in any order, each instant once, and what was decided about them."""

    readings: list[tuple[int, int]] = field(default_factory=list)
    max_kw: int = 100
    voids: set[int] = field(default_factory=set)
    releases: set[int] = field(default_factory=set)
    exchanges: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By instant: the old register's last and the new one's first, Wh."""
    rounding: int = 1000
    """Wh."""
    later_max_kw: tuple[int, int] | None = None
    """From an instant on another highest power."""
    estimates: set[int] = field(default_factory=set)
    """The instants of readings that are not actual."""
    range_wh: int = 0
    """Where the register begins again at 0, if it does."""
    multipliers: list[tuple[int, Fraction]] = field(default_factory=list)
    """From instants on; 1 before the first."""
    midnight: Callable[[int], int | None] = lambda _instant: None
    """The midnight at which the register last began again before an instant; None if it does not do so each day."""
    _curves: tuple[dict[str, object], dict[bool, list[tuple[int, int]]]] | None = field(
        default=None, init=False, repr=False, compare=False
    )
    """Everything above, and the curves of it that were asked for."""

    def judged(self) -> list[tuple[tuple[int, int], str]]:
        """Every reading in time order with `counted`, `rounding`, `reset`, `suspect`, `rejected` or `void`."""
        kinds = self._walk()[1]
        return [(reading, kinds[reading]) for reading in sorted(self.readings)]

    def _fits(self, earlier: tuple[int, int], later: tuple[int, int]) -> bool:
        max_kw = self.max_kw
        if self.later_max_kw is not None and later[0] >= self.later_max_kw[0]:
            max_kw = self.later_max_kw[1]
        earlier = self._against(*earlier, later[0])
        factor = self.multiplier(later[0])
        kw = max_kw if factor == 1 else Fraction(ceil(max_kw * 1000 / factor), 1000)
        if self._rolls(earlier[1], later[1], self._slack(later)):
            later = later[0], later[1] + self.range_wh
        return fits(earlier, later, kw, self._slack(later))

    def _slack(self, reading: tuple[int, int]) -> int:
        """One at midnight that is 0 or nearly so may be of the day that begins already: it is no fall."""
        begins = self.midnight(reading[0] + 1) == reading[0]
        return 10**12 if begins and reading[1] <= self.rounding else self.rounding

    def _against(self, time: int, wh: int, later: int) -> tuple[int, int]:
        """What a later reading is compared with: what counts before it, or 0 at midnight if that is later."""
        midnight = self.midnight(later)
        return (time, wh) if midnight is None or time > midnight else (midnight, 0)

    def _rolls(self, earlier: int, later: int, slack: int | None = None) -> bool:
        """From the last tenth of the range to its first half, and by more than a rounding."""
        fallen = later < earlier - (self.rounding if slack is None else slack)
        return fallen and self.range_wh * 9 <= earlier * 10 < self.range_wh * 10 and later * 2 < self.range_wh

    def multiplier(self, instant: int) -> Fraction:
        return next((factor for since, factor in reversed(self.multipliers) if since <= instant), ONE)

    @property
    def _apart(self) -> set[int]:
        """The instants of readings that are not judged with the actual ones."""
        return self.estimates - self.voids - self.releases - self.exchanges.keys()

    def actual(self) -> Meter:
        """The meter without the readings that are judged apart."""
        apart = self._apart
        return replace(self, readings=[each for each in self.readings if each[0] not in apart], estimates=set())

    def _walk(self) -> tuple[list[_Point], dict[tuple[int, int], str]]:
        """What counts, exchanges included, in order of time, and the kind of every reading."""
        apart = self._apart
        counted, kind = self.actual()._walk_actual()
        found = list(counted)
        for time, wh in sorted(reading for reading in self.readings if reading[0] in apart):
            before = next((point for point in reversed(found) if point.time < time), None)
            after = next((point for point in counted if point.time > time), None)
            start = None if before is None else self._against(before.time, before.base, time)
            rolled = start is not None and self._rolls(start[1], wh, self._slack((time, wh)))
            register = wh if start is None or rolled else max(wh, start[1])
            fitting = start is None or self._fits(start, (time, wh))
            if fitting and after is not None:
                said = self.exchanges[after.time][0] if after.kind == "exchange" else after.read
                fitting = self._fits((time, register), (after.time, said))
            counts = "rollover" if rolled else "rounding" if register > wh else "counted"
            kind[time, wh] = counts if fitting else "rejected"
            if fitting:
                found.append(_Point(time, register, register, kind="estimate", rolled=rolled, read=wh))
                found.sort(key=lambda point: point.time)
        return found, kind

    def _walk_actual(self) -> tuple[list[_Point], dict[tuple[int, int], str]]:
        """The same of actual readings: each day of a register that begins again by itself, from 0 at its midnight."""
        instants = {*(time for time, _ in self.readings if time not in self.voids), *self.exchanges}
        days: list[tuple[int | None, list[int]]] = []
        for time in sorted(instants):
            midnight = self.midnight(time)
            if not days or (midnight is not None and days[-1][1][-1] <= midnight):
                days.append((midnight if days else None, []))
            days[-1][1].append(time)
        points: list[_Point] = []
        kinds = {each: "void" for each in self.readings if each[0] in self.voids}
        for midnight, times in days:
            readings = [each for each in self.readings if each[0] in times]
            within = [[time for time in those if time in times] for those in (self.voids, self.releases)]
            own = replace(self, voids=set(within[0]), releases=set(within[1]))
            own.exchanges = {time: registers for time, registers in self.exchanges.items() if time in times}
            own.readings = readings if midnight is None else [(midnight, 0), *readings]
            found, kind = own._walk_day()
            points += found if midnight is None else found[1:]
            kinds |= {reading: kind[reading] for reading in readings}
        return points, kinds

    def _walk_day(self) -> tuple[list[_Point], dict[tuple[int, int], str]]:
        """The same of readings within which the register does not begin again."""
        counted: list[_Point] = []
        kind: dict[tuple[int, int], str] = {}
        doubtful: tuple[int, int] | None = None
        instants = sorted({*(time for time, _ in self.readings), *self.exchanges})
        stored = dict(self.readings)

        def fit(point: _Point, reading: tuple[int, int]) -> bool:
            return self._fits((point.time, point.base), reading)

        def falls(reading: tuple[int, int], point: _Point) -> bool:
            lower = reading[1] < point.base - self._slack(reading)
            return lower and not (self._rolls(point.base, reading[1]) and fit(point, reading))

        def count(reading: tuple[int, int]) -> None:
            """It counts; with the register counted before it, if it is a little lower."""
            time, wh = reading
            kind[reading] = "counted"
            rolled = bool(counted) and self._rolls(counted[-1].base, wh, self._slack(reading))
            if rolled:
                kind[reading] = "rollover"
            elif counted and wh < counted[-1].base:
                kind[reading] = "rounding"
                wh = counted[-1].base
            counted.append(_Point(time, wh, wh, kind=kind[reading], rolled=rolled, read=reading[1]))

        def reset(reading: tuple[int, int]) -> None:
            """It counts, but not the step to it."""
            kind[reading] = "reset"
            counted.append(_Point(*reading, reading[1], kind="reset", read=reading[1]))

        def reject_last() -> None:
            wrong = counted.pop()
            kind[wrong.time, wrong.read] = "rejected"

        def believe_doubtful() -> None:
            """The doubtful reading was right; was it the same register?"""
            assert doubtful is not None
            if len(counted) >= 2 and not counted[-1].firm and fit(counted[-2], doubtful):
                reject_last()
                count(doubtful)
            else:
                reset(doubtful)

        for time in instants:
            if time in self.exchanges:
                final, initial = self.exchanges[time]
                if time in stored:
                    here = (time, stored[time])
                    kind[here] = "counted" if stored[time] in (final, initial) else "rejected"
                    kind[here] = "void" if time in self.voids else kind[here]
                reading = (time, final)
            else:
                reading = (time, stored[time])
                if time in self.voids:
                    kind[reading] = "void"
                    continue
            if time in self.exchanges or time in self.releases:
                if doubtful is not None:
                    believed = self._fits(doubtful, reading)
                    if believed and falls(reading, counted[-1]):
                        believe_doubtful()
                    elif believed and not falls(doubtful, counted[-1]):
                        count(doubtful)
                    else:
                        kind[doubtful] = "rejected"
                        believed = False
                else:
                    believed = False
                doubtful = None
                fallen = bool(counted) and falls(reading, counted[-1])
                if time in self.exchanges:
                    outweighed = not believed and fallen and len(counted) >= 2 and not counted[-1].firm
                    if outweighed and not falls(reading, counted[-2]):
                        reject_last()
                    wh = reading[1]
                    rolled = False
                    if counted and not falls(reading, counted[-1]):
                        rolled = self._rolls(counted[-1].base, wh, self._slack(reading))
                        wh = wh if rolled else max(wh, counted[-1].base)
                    counted.append(_Point(time, wh, initial, firm=True, kind="exchange", rolled=rolled, read=wh))
                elif fallen:
                    kind[reading] = "counted"
                    counted.append(_Point(*reading, reading[1], firm=True, read=reading[1]))
                else:
                    count(reading)
                    counted[-1].firm = True
            elif not counted or fit(counted[-1], reading):
                if doubtful is not None:
                    kind[doubtful] = "rejected"
                doubtful = None
                count(reading)
            elif doubtful is None or not self._fits(doubtful, reading):
                if doubtful is not None:
                    kind[doubtful] = "rejected"
                doubtful = reading
                kind[reading] = "suspect"
            else:
                believe_doubtful()
                count(reading)
                doubtful = None
        return counted, kind

    def curve(self) -> list[tuple[int, int]]:
        """C at each counted reading and each exchange, (µs, Wh)."""
        return self._rounded(divided=False)

    def _rounded(self, *, divided: bool) -> list[tuple[int, int]]:
        """The curve in whole Wh; the same list while no reading and no decision is other than at the last call."""
        state = {name: copy(value) for name, value in vars(self).items() if name != "_curves"}
        if self._curves is None or self._curves[0] != state:
            self._curves = (state, {})
        known = self._curves[1]
        if divided not in known:
            known[divided] = [(time, round(energy)) for time, energy in self.exact_curve(divided=divided)]
        return known[divided]

    def exact_curve(self, *, divided: bool = True) -> list[tuple[int, Fraction]]:
        """The same unrounded, and where another multiplier divides a step."""
        curve: list[tuple[int, Fraction]] = []
        energy = Fraction(0)
        last: tuple[int, int] | None = None
        for point in self._risen():
            if last is not None:
                step = point[1] - last[1]
                marks = [since for since, _ in self.multipliers if last[0] < since < point[0]]
                risen = 0
                for mark in (*marks, point[0]):
                    until = round(Fraction(step * (mark - last[0]), point[0] - last[0])) if mark < point[0] else step
                    energy += (until - risen) * self.multiplier(mark - 1)
                    risen = until
                    if divided and mark != point[0]:
                        curve.append((mark, energy))
            curve.append((point[0], energy))
            last = point
        return curve

    def _risen(self) -> list[tuple[int, int]]:
        """By how much the register has risen at each point since the first, as it counts, (µs, Wh).

        With those at 0 at the midnights since which a register has risen that begins again.
        """
        curve: list[tuple[int, int]] = []
        day: list[_Point] = []
        for point in [*self._walk()[0], None]:
            midnight = None if point is None else self.midnight(point.time)
            if day and (point is None or (midnight is not None and day[-1].time <= midnight)):
                total = curve[-1][1] if curve else 0
                curve += [(time, total + risen) for time, risen in self._risen_in(day)]
                day = [] if midnight is None else [_Point(midnight, 0, 0)]
            if point is not None:
                day.append(point)
        return [each for each, later in pairwise([*curve, (-1, 0)]) if each[0] != later[0]]

    def _risen_in(self, points: list[_Point]) -> list[tuple[int, int]]:
        """The same of points within which the register does not begin again."""
        actual: list[tuple[int, int]] = []
        base = 0
        for point in points:
            if point.kind != "estimate":
                rolled = self.range_wh if point.rolled else 0
                step = 0 if not actual or point.kind == "reset" else max(0, point.wh + rolled - base)
                actual.append((point.time, (actual[-1][1] if actual else 0) + step))
                base = point.base
        known = dict(actual)
        first = next((point for point in points if point.kind != "estimate"), None)
        curve: list[tuple[int, int]] = []
        origin, gained = points[0].base if points else 0, 0
        lead = 0
        if first is not None and points[0] is not first:
            # What is estimated before the first actual one leads up to it.
            before = points[: points.index(first)]
            said = self.exchanges[first.time][0] if first.kind == "exchange" else first.read
            rolls = self._rolls(before[-1].base, said, self._slack((first.time, said)))
            lead = said + self.range_wh * (sum(point.rolled for point in before) + rolls)
            origin = min(origin, lead)
            lead -= origin
        for point in points:
            if point.kind == "estimate":
                most = next((energy + lead for time, energy in actual if time > point.time), None)
                origin -= self.range_wh * point.rolled
                energy = gained + max(0, point.wh - origin)
                curve.append((point.time, energy if most is None else min(energy, most)))
            else:
                origin, gained = point.base, known[point.time] + lead
                curve.append((point.time, gained))
        return curve

    def curve_points(self) -> list[tuple[int, int]]:
        """What counts, with the register that the next one rises from, (µs, Wh)."""
        return [(point.time, point.base) for point in self._walk()[0]]

    def energy(self, instant: int) -> int:
        """C at an instant where it is defined: linear, rounded half-even."""
        return _energy(self._rounded(divided=True), instant)

    def usage(self, start: int, end: int) -> int | None:
        """Usage in (start, end], None for no data."""
        curve = self.curve()
        if not curve:
            return None
        first, last = curve[0][0], curve[-1][0]
        if end <= first or start > last or (start == last and len(curve) > 1):
            return None
        return self.energy(min(end, last)) - self.energy(max(start, first))

    def stored(self, start: int, end: int) -> tuple[int, int]:
        """How many that stand belong to (start, end], the first to what it opens, and how many are doubtful."""
        first = next((time for time, _ in self.curve()), None)
        inside = [
            kind
            for (time, _), kind in self.judged()
            if kind != "void" and (start <= time < end if time == first else start < time <= end)
        ]
        return len(inside), sum(kind in ("suspect", "rejected") for kind in inside)


def _energy(curve: Sequence[tuple[int, int]], instant: int) -> int:
    for (t0, e0), (t1, e1) in pairwise(curve):
        if t0 <= instant <= t1:
            return round(e0 + Fraction((e1 - e0) * (instant - t0), t1 - t0))
    assert instant == curve[0][0]
    return curve[0][1]


# -- money ---------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A row of tariffs.csv; times in minutes of the day, a whole day is 0 to 1440."""

    effective_from: date
    apartment_type: str
    band: str
    begin: int
    end: int
    cents: Fraction
    tax: Fraction


class Item(NamedTuple):
    """A line of a bill: whose tariff, which band, Wh, cents."""

    effective_from: date
    apartment_type: str
    band: str
    used: int
    amount: int


def half_up(value: Fraction) -> int:
    """To the nearest whole number, a half up; for what is not negative."""
    return int(value + Fraction(1, 2))


def prices(rows: Sequence[Row], day: date, kind: str) -> list[Row]:
    """The rows in force on a day for an apartment type: the latest of its own, else the latest for all."""
    for whose in (kind, ""):
        begun = [row.effective_from for row in rows if row.apartment_type == whose and row.effective_from <= day]
        if begun:
            return [row for row in rows if row.apartment_type == whose and row.effective_from == max(begun)]
    return []


def bill(
    meter: Meter, kinds: Mapping[int, str], rows: Sequence[Row], start: int, end: int, zone: str
) -> tuple[list[Item], int, int]:
    """The lines of (start, end], net and tax in cents; `kinds` says the apartment type at each reading.

    Goes through the window a quarter of an hour at a time, by the wall clock: no price changes within one.
    """
    pieces: list[tuple[Row, int]] = []
    for (t0, e0), (t1, e1) in pairwise(meter.curve()):

        def energy(at: int, t0: int = t0, e0: int = e0, t1: int = t1, e1: int = e1) -> int:
            return round(e0 + Fraction((e1 - e0) * (at - t0), t1 - t0))

        low, high = max(t0, start), min(t1, end)
        while low < high:
            quarter = min(high, low - low % (HOUR // 4) + HOUR // 4)
            wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=low)).astimezone(ZoneInfo(zone))
            minute = wall.hour * 60 + wall.minute
            [row] = [
                row
                for row in prices(rows, wall.date(), kinds[t1])
                if (row.begin <= minute < row.end if row.begin < row.end else not row.end <= minute < row.begin)
            ]
            pieces.append((row, energy(quarter) - energy(low)))
            low = quarter
    items, by_tax = [], dict[Fraction, int]()
    for (since, kind), run in groupby(pieces, key=lambda piece: (piece[0].effective_from, piece[0].apartment_type)):
        used: dict[str, int] = {}
        price = {}
        for row, wh in run:
            used[row.band] = used.get(row.band, 0) + wh
            price[row.band] = row
        for row in rows:  # in the order of the file
            if (row.effective_from, row.apartment_type) == (since, kind) and row.band in used:
                wh = used.pop(row.band)
                amount = half_up(Fraction(wh, 1000) * row.cents)
                items.append(Item(since, kind, row.band, wh, amount))
                by_tax[row.tax] = by_tax.get(row.tax, 0) + amount
    tax = sum(half_up(net * rate / 100) for rate, net in by_tax.items())
    return items, sum(item.amount for item in items), tax
