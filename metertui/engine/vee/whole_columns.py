"""Validation of the readings of many meters at once, in numpy: the same as a Judge for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import HOUR, NOT_DAILY, DevicesInTime, Int64Array, Limits
from metertui.engine.columns import concat_ranges, first_at_least
from metertui.engine.vee.rules import EXCHANGE, ROUNDING, Judge

_ABOVE_ANY: Final = 1 << 37
"""More than any register, Wh."""


class Marks(NamedTuple):
    """The exchanges and released readings in columns of length n."""

    base: Int64Array
    """What the next register rises from, Wh, int64[n]: at an exchange the initial read, elsewhere the register."""
    place: Int64Array
    """Positions of exchanges and released readings, int64[k], ascending."""
    exchange: NDArray[np.bool_]
    """Which of them are exchanges, bool[k]. Their register is the final read of the old one."""


def judge_columns(
    meter: NDArray[np.int32],
    time: Int64Array,
    wh: Int64Array,
    limits: Limits,
    marks: Marks | None = None,
) -> NDArray[np.uint8]:
    """Return the status of n readings in order of (meter, time), uint8[n].

    O(n) in numpy. Where all readings of a meter rise and fit, they count. Any other reading is between two places at
    which the state is known whatever came before: there the columns are cut into blocks. In a block of which all
    readings fit the highest register before them they count, and those below it are roundings. Only the other blocks,
    and those with marks, go through a Judge.
    """
    points = _Points(meter, time, wh, limits.of_readings(meter, time))
    devices = limits.devices
    if devices is not None:
        numbers = devices.numbers_at(meter, time)
        points = points._replace(range_wh=devices.column("range_wh")[numbers])
        begun, ends_day = begun_before(meter, time, devices), devices.end_days(meter, time)
        if ends_day.any() or (begun != NOT_DAILY).any():
            return _judge_days(points, begun, ends_day, limits, marks)
    return _judge(points, limits, marks)


class _Points(NamedTuple):
    """Columns of length n to judge."""

    meter: NDArray[np.int32]
    time: Int64Array
    wh: Int64Array
    watts: int | Int64Array
    """By what power each register may rise, W, or that of all."""
    range_wh: Int64Array | None = None
    """Where each register begins again at 0, Wh; 0, or None for all, if it is not known to."""
    ends_day: NDArray[np.bool_] | None = None
    """Which are at a midnight at which their register begins again; None for none."""


def _judge_days(
    points: _Points, begun: Int64Array, ends_day: NDArray[np.bool_], limits: Limits, marks: Marks | None
) -> NDArray[np.uint8]:
    """Judge readings some of which are of registers that have `begun` again since the ones before, see `begun_before`.

    Each day of these is judged by itself, like a meter, from a reading of 0 at its midnight. Those that `ends_day`
    (bool[n]) are at such a midnight.
    """
    meter, time = points.meter, points.time
    places = np.flatnonzero(begun != NOT_DAILY)
    row = np.arange(len(meter)) + np.searchsorted(places, np.arange(len(meter)), side="right")
    count = len(meter) + len(places)
    midnight = np.ones(count, dtype=bool)
    midnight[row] = False

    def spread(column: NDArray[Any], at_midnight: NDArray[Any] | int) -> NDArray[Any]:
        found = np.empty(count, dtype=column.dtype)
        found[row], found[midnight] = column, at_midnight
        return found

    edges = spread(np.concatenate(([True], meter[1:] != meter[:-1])), 1)
    edges[row[places]] = False
    assert points.range_wh is not None
    assert not isinstance(points.watts, int)
    spread_points = _Points(
        np.cumsum(edges).astype(np.int32),
        spread(time, begun[places]),
        spread(points.wh, 0),
        spread(points.watts, 0),
        spread(points.range_wh, 0),
        spread(ends_day & (points.wh <= limits.rounding_wh), 0),
    )
    spread_marks = None if marks is None else Marks(spread(marks.base, 0), row[marks.place], marks.exchange)
    found: NDArray[np.uint8] = _judge(spread_points, limits, spread_marks)[row]
    return found


def begun_before(meter: NDArray[np.int32], time: Int64Array, devices: DevicesInTime) -> Int64Array:
    """Return where (µs UTC, int64[n]) registers began again since the readings before, last before each.

    NOT_DAILY where they did not. The readings are in order of (meter, time).
    """
    begun = devices.days_begun(meter, time)
    begun[:1] = NOT_DAILY
    begun[1:][(meter[1:] != meter[:-1]) | (time[:-1] > begun[1:])] = NOT_DAILY
    return begun


def _judge(points: _Points, limits: Limits, marks: Marks | None) -> NDArray[np.uint8]:
    meter, time, wh, watts, _, _ = points
    count = len(meter)
    status = np.zeros(count, dtype=np.uint8)
    base = wh
    marked: dict[int, bool] = {}
    if marks is not None:
        base = marks.base
        marked = dict(zip(marks.place.tolist(), marks.exchange.tolist(), strict=True))
        status[marks.place[marks.exchange]] = EXCHANGE
    if count < 2:
        return status
    rounding = limits.rounding_wh
    most = _most_wh(time, watts, limits.shortest_us)
    same = meter[1:] == meter[:-1]
    rise = wh[1:] - base[:-1]
    even = same & (rise >= 0) & (rise <= most)
    if marks is not None:  # each goes through the judge
        even[marks.place[marks.place > 0] - 1] = False
        even[marks.place[marks.place < count - 1]] = False
    if np.array_equal(even, same):
        return status
    begin, end = _blocks(wh, same, even, rounding)
    rows = concat_ranges(begin, end)
    block = np.repeat(np.arange(len(begin)), end - begin)
    highest = np.maximum.accumulate(wh[rows] + block * _ABOVE_ANY) - block * _ABOVE_ANY
    rise = wh[rows[1:]] - highest[:-1]
    odd = (block[1:] == block[:-1]) & ((rise < -rounding) | (rise > most[rows[1:] - 1]))
    status[rows[wh[rows] < highest]] = ROUNDING
    to_judge = np.zeros(len(begin), dtype=bool)
    to_judge[block[1:][odd]] = True
    if marks is not None:
        to_judge[np.searchsorted(begin, marks.place, side="right") - 1] = True
    for at in np.flatnonzero(to_judge).tolist():
        first, stop = int(begin[at]), int(end[at])
        course = Judge(rounding, limits.shortest_us)
        for place, (instant, register, max_w, range_wh, ends_day) in enumerate(_each(points, first, stop), first):
            is_exchange = marked.get(place)
            if is_exchange is None:
                course.push(instant, register, max_w, range_wh, ends_day=ends_day)
            elif is_exchange:
                course.push_exchange(instant, register, int(base[place]), max_w, range_wh, ends_day=ends_day)
            else:
                course.push_released(instant, register, max_w, range_wh, ends_day=ends_day)
        status[first:stop] = course.status
    return status


def _each(points: _Points, first: int, stop: int) -> Iterator[tuple[int, int, int, int, bool]]:
    """Yield what is to be pushed of each of some readings."""
    _, time, wh, watts, ranges, ends = points
    yield from zip(
        time[first:stop].tolist(),
        wh[first:stop].tolist(),
        repeat(watts, stop - first) if isinstance(watts, int) else watts[first:stop].tolist(),
        repeat(0, stop - first) if ranges is None else ranges[first:stop].tolist(),
        repeat(False, stop - first) if ends is None else ends[first:stop].tolist(),
        strict=True,
    )


def _blocks(
    wh: Int64Array, same: NDArray[np.bool_], even: NDArray[np.bool_], rounding_wh: int
) -> tuple[Int64Array, Int64Array]:
    """Return the blocks of rows that have to be judged, each [begin, end), both int64[b], ascending.

    `same` and `even` (bool[n - 1]) say of each reading but the first whether it is of the same meter as the one before
    it, and whether it also rises from that and fits it. A *run* is a meter's longest series of such readings a, b, c, …
    Whatever came before a run, all from c on count: none is lower than one before it, and what is counted before a or b
    is at most two roundings above b. So from the second reading on that has reached that, the state is known: this
    reading is the last counted one and the one before it was counted before it, each with the register that it says,
    and nothing is suspect. In the first run of a meter this holds from the start. A block begins with the last two
    readings of a run in which the state is known, and ends where it is known again, or with the meter.
    """
    count = len(wh)
    first_of_meter = np.concatenate(([True], ~same))
    start = np.flatnonzero(first_of_meter | np.concatenate(([False], ~even)))
    stop = np.append(start[1:], count)
    is_first = first_of_meter[start]
    low = np.minimum(start + 2, stop)
    reached = wh[np.minimum(start + 1, count - 1)] + 2 * rounding_wh
    known = first_at_least(wh, low, np.maximum(stop - 1, low), reached) + 1
    anchor = np.flatnonzero(is_first | (known < stop))
    begin = np.maximum(stop[anchor] - 2, start[anchor])
    end = np.append(np.where(is_first, start, known + 1)[anchor[1:]], count)
    more = end > stop[anchor]
    return begin[more], end[more]


def _most_wh(time: Int64Array, max_w: int | Int64Array, shortest_us: int) -> Int64Array:
    """Return by how much each of n readings but the first may be higher than the one before it, Wh, int64[n - 1].

    Exact: the product is split so that it stays within 64 bits.
    """
    watts = max_w if isinstance(max_w, int) else max_w[1:]
    hours, rest = np.divmod(np.maximum(time[1:] - time[:-1], shortest_us), HOUR)
    return np.asarray(watts * hours + watts * rest // HOUR)
