"""The price of energy that was used evenly over some time: what is in doubt, or only estimated, and not yet on a bill.

It is the energy times the mean price of the time, with tax, by the tariffs in force for the apartment type: exact in
whole numbers, and rounded half-up once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Final

from metertui.engine.base import Int64Array, SiteZone
from metertui.engine.billing.rounding import decimals, half_up
from metertui.engine.billing.tariffs import TariffFile
from metertui.engine.errors import DataError, MeterError

_PARTS: Final = 1000 * 100
"""A price with tax is in hundredths, since tax is in percent, and for a kWh."""


class SpreadPrices:
    """Prices energy by a file of tariffs as it is when it is asked. Without tariffs, nothing has a price."""

    def __init__(self, file: TariffFile, zone: SiteZone) -> None:
        self._file = file
        self._zone = zone

    def amounts(self, types: Sequence[str], wh: Int64Array, start: Int64Array, end: Int64Array) -> list[int | None]:
        """Return the price in cents, with tax, of energy used evenly in (start, end], by homes of these types.

        Arrays of equal lengths, in Wh, which may be negative, and µs UTC, start < end. None where a part of the time
        has no tariff. For any thread; O(n log t) for n amounts and t changes of a price.
        """
        exact = self._exact(types, wh, start, end)
        return [None if each is None else half_up(each.numerator, each.denominator) for each in exact]

    def total(self, types: Sequence[str], wh: Int64Array, start: Int64Array, end: Int64Array) -> int | None:
        """Return the sum of what `amounts` returns, rounded as a whole; None if one has no price."""
        exact = [each for each in self._exact(types, wh, start, end) if each is not None]
        whole = sum(exact, Fraction(0))
        return half_up(whole.numerator, whole.denominator) if len(exact) == len(wh) else None

    def _exact(self, types: Sequence[str], wh: Int64Array, start: Int64Array, end: Int64Array) -> list[Fraction | None]:
        """Return the same in exact cents."""
        try:
            tariffs = self._file.current()
        except (DataError, MeterError):  # the start and the billing screen say so
            tariffs = None
        if tariffs is None or not tariffs.tariffs or not len(wh):
            return [None] * len(wh)
        names = sorted(set(types))
        schedule = tariffs.schedule(names, int(start.min()), int(end.max()), self._zone)
        prices = [band.price * (100 + band.tax_percent) for band in tariffs.rates]
        places = decimals(prices)
        whole = [int(price.scaleb(places)) for price in prices]
        marks, unit = schedule.marks.tolist(), _PARTS * 10**places
        courses = {
            name: _Course(marks, rates, whole) for name, rates in zip(names, schedule.rate.tolist(), strict=True)
        }
        found: list[Fraction | None] = []
        for kind, used, since, until in zip(types, wh.tolist(), start.tolist(), end.tolist(), strict=True):
            area = courses[kind].area(since, until)
            found.append(None if area is None else Fraction(used * area, unit * (until - since)))
        return found


class _Course:
    """The course of a price: `rates` has the position in `prices` between each two of the marks, or -1 for none."""

    def __init__(self, marks: list[int], rates: Sequence[int], prices: Sequence[int]) -> None:
        self._marks = marks
        self._prices = [prices[rate] if rate >= 0 else 0 for rate in rates]
        lengths = (after - before for before, after in pairwise(marks))
        self._areas = [0, *accumulate(price * length for price, length in zip(self._prices, lengths, strict=True))]
        self._unpriced = [0, *accumulate(rate < 0 for rate in rates)]

    def area(self, start: int, end: int) -> int | None:
        """Return the price times µs from start to end; None if a part has no price."""
        first, last = bisect_right(self._marks, start) - 1, bisect_left(self._marks, end) - 1
        if self._unpriced[last + 1] > self._unpriced[first]:
            return None
        return self._up_to(end, last) - self._up_to(start, first)

    def _up_to(self, instant: int, place: int) -> int:
        return self._areas[place] + self._prices[place] * (instant - self._marks[place])
