"""The rules of arithmetic once more: slow, obvious, one reading at a time, in exact fractions.

Written from the rules alone; shares nothing with the engine but the meaning of its figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from math import ceil
from typing import NamedTuple
from zoneinfo import ZoneInfo

HOUR = 3_600_000_000
DAY = 24 * HOUR


def fits(earlier: tuple[int, int], later: tuple[int, int], max_kw: Fraction | int, rounding: int = 1000) -> bool:
    """Not lower than a rounding, and not higher than what could be drawn in the time between or in an hour."""
    hours = Fraction(max(later[0] - earlier[0], HOUR), HOUR)
    return -rounding <= later[1] - earlier[1] <= max_kw * 1000 * hours


@dataclass
class _Point:
    """Something that counts: when, with which register, what the next rises from, whether a person said so."""

    time: int
    wh: int
    base: int
    firm: bool = False
    kind: str = "counted"
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
    at_midnight: set[int] = field(default_factory=set)
    """Readings that may be of the day that begins already: one that is 0 or nearly so is no fall."""

    def judged(self) -> list[tuple[tuple[int, int], str]]:
        """Every reading in time order with `counted`, `rounding`, `reset`, `suspect`, `rejected` or `void`."""
        kinds = self._walk()[1]
        return [(reading, kinds[reading]) for reading in sorted(self.readings)]

    def _fits(self, earlier: tuple[int, int], later: tuple[int, int]) -> bool:
        max_kw = self.max_kw
        if self.later_max_kw is not None and later[0] >= self.later_max_kw[0]:
            max_kw = self.later_max_kw[1]
        watts = ceil(max_kw * 1000 / self.multiplier(later[0]))
        if self._rolls(earlier[1], later[1]):
            later = later[0], later[1] + self.range_wh
        return fits(earlier, later, Fraction(watts, 1000), self._slack(later))

    def _slack(self, reading: tuple[int, int]) -> int:
        return 10**12 if reading[0] in self.at_midnight and reading[1] <= self.rounding else self.rounding

    def _rolls(self, earlier: int, later: int) -> bool:
        """From the last tenth of the range to its first half, and by more than a rounding."""
        fallen = later < earlier - self.rounding
        return fallen and self.range_wh * 9 <= earlier * 10 < self.range_wh * 10 and later * 2 < self.range_wh

    def multiplier(self, instant: int) -> Fraction:
        return [Fraction(1), *(factor for since, factor in self.multipliers if since <= instant)][-1]

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
            rolled = before is not None and self._rolls(before.base, wh)
            register = wh if before is None or rolled else max(wh, before.base)
            fitting = before is None or self._fits((before.time, before.base), (time, wh))
            if fitting and after is not None:
                said = self.exchanges[after.time][0] if after.kind == "exchange" else after.read
                fitting = self._fits((time, register), (after.time, said))
            counts = "rollover" if rolled else "rounding" if register > wh else "counted"
            kind[time, wh] = counts if fitting else "rejected"
            if fitting:
                found.append(_Point(time, register, register, kind="estimate", read=wh))
                found.sort(key=lambda point: point.time)
        return found, kind

    def _walk_actual(self) -> tuple[list[_Point], dict[tuple[int, int], str]]:
        """The same of actual readings."""
        counted: list[_Point] = []
        kind: dict[tuple[int, int], str] = {}
        doubtful: tuple[int, int] | None = None
        instants = sorted({*(time for time, _ in self.readings), *self.exchanges})
        stored = dict(self.readings)

        def fit(point: _Point, reading: tuple[int, int]) -> bool:
            return self._fits((point.time, point.base), reading)

        def falls(reading: tuple[int, int], point: _Point) -> bool:
            lower = reading[1] < point.base - self.rounding
            rolls = reading[0] not in self.exchanges and self._rolls(point.base, reading[1]) and fit(point, reading)
            return lower and not rolls

        def count(reading: tuple[int, int]) -> None:
            """It counts; with the register counted before it, if it is a little lower."""
            time, wh = reading
            kind[reading] = "counted"
            if counted and self._rolls(counted[-1].base, wh):
                kind[reading] = "rollover"
            elif counted and wh < counted[-1].base:
                kind[reading] = "rounding"
                wh = counted[-1].base
            counted.append(_Point(time, wh, wh, kind=kind[reading], read=reading[1]))

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
                    if counted and not falls(reading, counted[-1]):
                        wh = max(wh, counted[-1].base)
                    counted.append(_Point(time, wh, initial, firm=True, kind="exchange", read=wh))
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
        return [(time, round(energy)) for time, energy in self.exact_curve(divided=False)]

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
                    until = round(Fraction(step * (mark - last[0]), point[0] - last[0]))
                    energy += (until - risen) * self.multiplier(mark - 1)
                    risen = until
                    if divided and mark != point[0]:
                        curve.append((mark, energy))
            curve.append((point[0], energy))
            last = point
        return curve

    def _risen(self) -> list[tuple[int, int]]:
        """By how much the register has risen at each point since the first, as it counts, (µs, Wh)."""
        points = self._walk()[0]
        actual: list[tuple[int, int]] = []
        base = 0
        for point in points:
            if point.kind != "estimate":
                rolled = self.range_wh if point.kind == "rollover" else 0
                step = 0 if not actual or point.kind == "reset" else max(0, point.wh + rolled - base)
                actual.append((point.time, (actual[-1][1] if actual else 0) + step))
                base = point.base
        first = next((point for point in points if point.kind != "estimate"), None)
        # What is estimated before the first actual one leads up to it.
        register = points[0].base if points else 0
        if first is not None and points[0] is not first:
            said = self.exchanges[first.time][0] if first.kind == "exchange" else first.read
            register = min(register, said)
            lead = said - register
            actual = [(time, energy + lead) for time, energy in actual]
        curve: list[tuple[int, int]] = []
        known = dict(actual)
        for point in points:
            energy = known.get(point.time)
            if energy is None:
                most = next((energy for time, energy in actual if time > point.time), None)
                energy = (curve[-1][1] if curve else 0) + max(0, point.wh - register)
                energy = energy if most is None else min(energy, most)
                register += energy - (curve[-1][1] if curve else 0)
            else:
                register = point.base
            curve.append((point.time, energy))
        return curve

    def curve_points(self) -> list[tuple[int, int]]:
        """What counts, with the register that the next one rises from, (µs, Wh)."""
        return [(point.time, point.base) for point in self._walk()[0]]

    def energy(self, instant: int) -> int:
        """C at an instant where it is defined: linear, rounded half-even."""
        return _energy([(time, round(energy)) for time, energy in self.exact_curve()], instant)

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
