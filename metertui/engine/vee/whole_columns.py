"""Validation of the readings of many meters at once, in numpy: the same as a Judge for each of them."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import HOUR, Int64Array, Limits
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
    most = _most_wh(time, limits.of_readings(meter, time), limits.shortest_us)
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
    watts = limits.of_readings(meter, time)
    for at in np.flatnonzero(to_judge).tolist():
        first, stop = int(begin[at]), int(end[at])
        course = Judge(rounding, limits.shortest_us)
        allowed = [watts] * (stop - first) if isinstance(watts, int) else watts[first:stop].tolist()
        for place, instant, register, max_w in zip(
            range(first, stop), time[first:stop].tolist(), wh[first:stop].tolist(), allowed, strict=True
        ):
            is_exchange = marked.get(place)
            if is_exchange is None:
                course.push(instant, register, max_w)
            elif is_exchange:
                course.push_exchange(instant, register, int(base[place]), max_w)
            else:
                course.push_released(instant, register, max_w)
        status[first:stop] = course.status
    return status


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
