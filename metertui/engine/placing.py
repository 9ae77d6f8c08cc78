"""Where a reading stands among its meter's others, and what that makes of the meter's next one.

The state that the judge is in after a reading depends, in principle, on all readings before it. In fact three
stored readings in a row that fit one another pairwise settle it: whatever came before, the third is then the last
counted one, the second the one counted before it, and nothing is suspect. So a reading is judged by replaying from
the nearest such three before it to the nearest such three after it: a handful of readings, not a history.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from metertui.engine import validation
from metertui.engine.columns import Frozen

NEVER_SIMPLE: Final = 1 << 62
"""A head's time where the meter's next reading has to be placed: no reading is later than that."""
_NEIGHBOURS: Final = 8
"""Readings looked at on each side at first; the state is nearly always settled within."""

Point = tuple[int, int]
"""A reading of a known meter: µs UTC, register Wh."""


class Heads:
    """By meter code, the reading that the next one has to fit, where that is all there is to it.

    The last stored reading if it is counted; else NEVER_SIMPLE. About 16 bytes a meter, two look-ups a reading.
    """

    def __init__(self) -> None:
        self.time = array("q")
        self.wh = array("q")

    def grow(self, count: int) -> None:
        """Make room for `count` meters; new ones have no reading, which is not simple."""
        missing = count - len(self.time)
        if missing > 0:
            self.time.extend([NEVER_SIMPLE] * missing)
            self.wh.extend([0] * missing)

    def load(self, frozen: Frozen) -> None:
        """Take every meter's head from columns: its last reading, if that is counted."""
        columns = frozen.columns
        ends = np.flatnonzero(np.diff(columns.meter, append=-1))
        simple = ends[frozen.status[ends] == validation.COUNTED]
        codes = columns.meter[simple].tolist()
        for code, time, wh in zip(codes, columns.time[simple].tolist(), columns.wh[simple].tolist(), strict=True):
            self.time[code], self.wh[code] = time, wh

    def set(self, code: int, course: Course) -> None:
        """Take the end of a course as a meter's head."""
        judge = course.judge
        if judge.pending is None and judge.last is not None:
            self.time[code], self.wh[code] = course.points[judge.last]
        else:
            self.time[code] = NEVER_SIMPLE


class Stored(Protocol):
    """What is stored, by meter code and time; each call O(log n + count)."""

    def find(self, code: int, time: int) -> int | None:
        """The register (Wh) stored for a meter at an instant."""

    def before(self, code: int, time: int, count: int) -> list[Point]:
        """Up to `count` stored readings right before `time`, in time order."""

    def after(self, code: int, time: int, count: int) -> list[Point]:
        """Up to `count` stored readings right after `time`, in time order."""


class Neighbours:
    """One meter's readings: the stored ones and, beside them, those of a batch that is not on disk yet."""

    def __init__(self, stored: Stored, code: int, staged: Sequence[Point] = ()) -> None:
        self._stored = stored
        self._code = code
        self._staged = staged

    def at(self, time: int) -> int | None:
        """The register (Wh) at an instant, if there is one."""
        place = bisect_left(self._staged, (time, -1))
        if place < len(self._staged) and self._staged[place][0] == time:
            return self._staged[place][1]
        return self._stored.find(self._code, time)

    def before(self, time: int, count: int) -> list[Point]:
        """The nearest `count` before `time`, in time order."""
        stored = self._stored.before(self._code, time, count)
        place = bisect_left(self._staged, (time, -1))
        if not place:
            return stored
        return sorted([*stored, *self._staged[max(0, place - count) : place]])[-count:]

    def after(self, time: int, count: int) -> list[Point]:
        """The nearest `count` after `time`, in time order."""
        stored = self._stored.after(self._code, time, count)
        place = bisect_left(self._staged, (time + 1, -1))
        if place == len(self._staged):
            return stored
        return sorted([*stored, *self._staged[place : place + count]])[:count]


class Course:
    """Readings of one meter pushed through the judge in time order, and remembered."""

    def __init__(self, max_w: int) -> None:
        self.judge = validation.Judge(max_w)
        self.points: list[Point] = []

    def push(self, point: Point) -> None:
        self.judge.push(*point)
        self.points.append(point)

    def counted(self, place: int) -> bool:
        """Whether the reading at `place` counts, as far as the course goes."""
        return self.judge.status[place] in (validation.COUNTED, validation.RESET)


def approach(neighbours: Neighbours, time: int, max_w: int) -> Course:
    """The course of the readings before `time`, from the nearest three that settle the state on; of all if none do."""
    count = _NEIGHBOURS
    while True:
        before = neighbours.before(time, count)
        start = next((i for i in range(len(before) - 3, -1, -1) if _settle(before[i : i + 3], max_w)), None)
        if start is None and len(before) < count:
            start = 0
        if start is not None:
            break
        count *= 8
    course = Course(max_w)
    for point in before[start:]:
        course.push(point)
    return course


def run_on(course: Course, neighbours: Neighbours, time: int, max_w: int) -> bool:
    """Push the readings after `time` until three of them settle the state: True. False if the course ended first."""
    count = _NEIGHBOURS
    pushed = 0
    while True:
        after = neighbours.after(time, count)
        for pushed in range(pushed + 1, len(after) + 1):  # noqa: B020 - goes on where the shorter look ended
            course.push(after[pushed - 1])
            if pushed >= 3 and _settle(after[pushed - 3 : pushed], max_w):
                return True
        if len(after) < count:
            return False
        count *= 8


def _settle(three: Sequence[Point], max_w: int) -> bool:
    (t0, v0), (t1, v1), (t2, v2) = three
    return validation.fits(t0, v0, t1, v1, max_w) and validation.fits(t1, v1, t2, v2, max_w)
