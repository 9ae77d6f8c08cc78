"""One meter, one window: the figures of the look-up, and the readings behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from math import isnan
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.base import DAY, SECOND, SiteZone, Window, window_before
from metertui.engine.columns import NO_ENERGY, NO_TIME, Group, as_frame, with_quality, with_stated
from metertui.engine.usage.comparison import are_alike, change_per_day, is_nearly_whole
from metertui.engine.usage.intervals import filed_times
from metertui.engine.usage.listed_intervals import list_history
from metertui.engine.usage.readings_table import judged_frame, qualities_of, stated_of
from metertui.engine.usage.series import Series, Usage
from metertui.engine.vee import rules


class LongGaps(NamedTuple):
    """Times without a counted reading, each longer than is usual, whose usage is spread evenly over them, µs."""

    within: int = 0
    """How much of a usage's time is in one."""
    longest: int = 0
    """The whole length of the longest of these."""


_NO_GAPS: Final = LongGaps()

Unlike = Literal["", "step", "before", "now", "lengths"]
"""Why two usages are not compared: they are parts of one step, which was spread evenly over both; only a part of the
one before is known, or of this one; they differ in length. "": they are."""


@dataclass(frozen=True, slots=True)
class UsageComparison:
    """A usage beside that of the window before, as far into it as this one is known."""

    usage: Usage
    before: Usage
    gaps: LongGaps = _NO_GAPS
    in_one_step: bool = False
    """Whether nothing was read between the beginning of the one before and the end of this one."""

    @property
    def unlike(self) -> Unlike:
        """Return why the two are not compared; "" if they are, or if one has no data."""
        if self.change_wh is None:
            return ""
        if self.in_one_step:
            return "step"
        until = self.usage.end
        if self.usage.closing is not None and self.usage.closing.quality == "last":
            until = self.usage.closing.time
        if not is_nearly_whole(self.before_us, self.before.end - self.before.start):
            return "before"
        if not is_nearly_whole(self.known_us, until - self.usage.start):
            return "now"
        now, then = (np.array([length], dtype=np.int64) for length in (self.known_us, self.before_us))
        return "lengths" if self.unequal and not are_alike(now, then)[0] else ""

    @property
    def change_wh(self) -> int | None:
        """Return how much more was used than before, Wh; None where one of the two has no data."""
        if self.usage.usage_wh is None or self.before.usage_wh is None:
            return None
        return self.usage.usage_wh - self.before.usage_wh

    @property
    def change(self) -> float | None:
        """Return how much more was used per day than before, as a share; None where it was nothing, or `unlike`.

        For windows of the same length it is the change of the usage itself.
        """
        if self.change_wh is None or not self.before.usage_wh or self.unlike:
            return None
        used, before = (np.array([each.usage_wh], dtype=np.float64) for each in (self.usage, self.before))
        lengths = (np.array([length], dtype=np.int64) for length in (self.known_us, self.before_us))
        found = float(change_per_day(used, next(lengths), before, next(lengths))[0])
        return None if isnan(found) else found

    @property
    def unequal(self) -> bool:
        """Return whether the usage is compared with one that is known for another length of time."""
        return self.change_wh is not None and self.known_us != self.before_us

    @property
    def known_us(self) -> int:
        """Return how long the usage is known for, µs."""
        return _known_us(self.usage)

    @property
    def before_us(self) -> int:
        """Return how long the usage before is known for, µs."""
        return _known_us(self.before)

    @property
    def daily_wh(self) -> int | None:
        """Return the average usage in 24 hours of the time that is known, Wh, rounded half-even."""
        if self.usage.usage_wh is None or not self.known_us:
            return None
        return round(Fraction(self.usage.usage_wh * DAY, self.known_us))


def _known_us(usage: Usage) -> int:
    opening, closing = usage.opening, usage.closing
    return 0 if opening is None or closing is None else closing.time - opening.time - usage.gaps_us


def compare_usage(series: Series, window: Window, zone: SiteZone, gap_us: int) -> UsageComparison:
    """Return the usage of a window and of the one before. A long gap is longer than `gap_us`.

    O(log n) in the meter's readings, but for those of the window.
    """
    usage = series.usage(window)
    until = usage.closing.time if usage.closing is not None and usage.closing.quality == "last" else window.end
    before = series.usage(window_before(window, until, zone))
    return UsageComparison(usage, before, _long_gaps(series, usage, gap_us), _in_one_step(series, before, usage))


def _in_one_step(series: Series, before: Usage, usage: Usage) -> bool:
    """Return whether no point of C lies between the beginning of one usage and the end of the next."""
    if before.opening is None or usage.closing is None:
        return False
    start, end = before.opening.time, usage.closing.time
    time = series.curve.time
    return bool(np.searchsorted(time, start, side="right") == np.searchsorted(time, end))


def _long_gaps(series: Series, usage: Usage, gap_us: int) -> LongGaps:
    """Return the long gaps of a usage; none of a meter of which files state the energy of intervals."""
    if usage.opening is None or usage.closing is None or len(series.intervals):
        return _NO_GAPS
    start, end, time = usage.opening.time, usage.closing.time, series.read_curve.time
    low, high = np.searchsorted(time, start, side="right") - 1, np.searchsorted(time, end) + 1
    points = time[max(0, int(low)) : int(high)]
    long = np.diff(points) > gap_us
    within = np.diff(np.clip(points, start, end))[long]
    return LongGaps(int(within.sum()), int(np.diff(points)[long].max(initial=0)))


@dataclass(frozen=True, eq=False)
class WindowReadings:
    """The readings and exchanges of a window (start, end] in time order; equal lengths n."""

    meter: str
    time: NDArray[np.int64]
    """µs UTC."""
    wh: NDArray[np.int64]
    """Register, Wh."""
    status: NDArray[np.uint8]
    used: NDArray[np.int64]
    length: NDArray[np.int64]
    """These three as in `intervals.Listed`."""
    stated: NDArray[np.int64]
    """The energy of an interval as its file states it, µWh; NO_ENERGY of a reading."""
    quality: NDArray[np.uint8]
    register: NDArray[np.int32] | None = None
    """The place of its register in `registers`; None if they are all of the meter's own."""
    registers: Sequence[str] = ()
    """The registers of a sum."""

    def __len__(self) -> int:
        return len(self.time)

    def register_of(self, place: int) -> str:
        """Return the identifier of the register of a reading."""
        return self.meter if self.register is None else self.registers[int(self.register[place])]

    @property
    def stored(self) -> int:
        """Return how many of them are stored readings, or intervals that stand."""
        others = (rules.EXCHANGE, rules.REPLACED, rules.WITHDRAWN)
        return len(self) - int(np.count_nonzero(np.isin(self.status, others)))

    @property
    def has_fractions(self) -> bool:
        """Return whether a time has a fraction of the second."""
        return bool((self.time % SECOND).any())

    def part(self, span: slice) -> WindowReadings:
        """Return some of them."""
        return self.take(span)

    def take(self, places: slice | NDArray[np.int64]) -> WindowReadings:
        """Return some of them."""
        columns: dict[str, Any] = {
            name: column[places] for name, column in vars(self).items() if isinstance(column, np.ndarray)
        }
        return replace(self, **columns)

    @property
    def has_intervals(self) -> bool:
        """Return whether any of them is an interval of a file."""
        return bool((self.stated != NO_ENERGY).any())

    def table(self, group: NDArray[np.int32], groups: Sequence[Group], zone: SiteZone) -> pd.DataFrame:
        """Return them as a table of readings_table.COLUMNS, and of OF_INTERVALS behind them.

        `group` has the place in `groups` of each reading.
        """
        meter = np.zeros(len(self), dtype=np.int32) if self.register is None else self.register
        ids = dict(enumerate(self.registers or [self.meter]))
        frame = as_frame(meter, self.time, self.wh, group, ids, groups, zone)
        frame = with_quality(frame, self.quality)
        start = np.where(self.stated == NO_ENERGY, NO_TIME, self.time - self.length)
        return judged_frame(with_stated(frame, start, self.stated, zone), self.used, self.status)


def readings_in_window(series: Series, window: Window) -> WindowReadings:
    """Return the readings that are stored in a window, and its exchanges; of a sum those of all its registers.

    O(n) in the meter's readings.
    """
    if series.summed:
        return _of_registers(series, window)
    listed, intervals = list_history(
        series.columns, series.status, series.read_curve, series.curve, series.intervals, series.former
    )
    filed = filed_times(listed.meter, listed.time, series.curve)
    low, high = np.searchsorted(filed, [window.start, window.end], side="right").tolist()
    some = listed.take(slice(low, max(low, high)))
    _, stated = stated_of(some, len(series), intervals)
    quality = qualities_of(some, series.quality, len(series), intervals)
    return WindowReadings(series.meter, some.time, some.wh, some.status, some.used, some.length, stated, quality)


def _of_registers(series: Series, window: Window) -> WindowReadings:
    """Return the same of a sum, each reading with its register, in time order."""
    parts = [readings_in_window(each, window) for each in series.registers]
    names = [field.name for field in fields(WindowReadings)[1:8]]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    register = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
    ids = [each.meter for each in series.registers]
    together = WindowReadings(series.meter, **columns, register=register, registers=ids)
    return together.take(np.argsort(together.time, kind="stable"))
