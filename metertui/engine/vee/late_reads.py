"""Where a reading stands among its meter's others, and what that makes of the meter's next one.

The state that the judge is in after a reading depends, in principle, on all readings before it. In fact three
stored readings in a row that fit one another pairwise settle it: whatever came before, the third is then the last
counted one, the second the one counted before it, and nothing is suspect. So a reading is judged by replaying from
the nearest such three before it to the nearest such three after it: a handful of readings, not a history.

What people decided goes through the judge with the readings: a void one is left out, and so is one stored at the very
instant of an exchange, whose place the exchange takes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from metertui.engine.columns import Frozen
from metertui.engine.vee import rules
from metertui.engine.vee.edit_log import MeterEdits

NOT_SIMPLE: Final = 1 << 62
"""A head's time where the meter's next reading has to be placed: no reading is later than that."""
_EVER: Final = -1
"""Before any reading."""
_NEIGHBOURS: Final = 8
"""Readings looked at on each side at first; the state is nearly always settled within."""

_LONG: Final = _NEIGHBOURS
"""Readings of a course from which on it is kept, where it ends unsettled."""
_MOST_UNSETTLED: Final = 4096
"""Courses that are kept, a kilobyte each."""

Point = tuple[int, int]
"""A reading of a known meter, or an exchange with the old register's last: µs UTC, register Wh."""


class MeterHeads:
    """By meter code, the register that the next reading has to fit, where that is all there is to it.

    That of the last stored reading if it is counted, or of an exchange after it; else NOT_SIMPLE. About 16 bytes a
    meter, two look-ups a reading.
    """

    def __init__(self) -> None:
        self.time = array("q")
        self.wh = array("q")
        self._unsettled: dict[int, Course] = {}
        """Of meters whose last readings fit neither what is counted nor one another: how the judge goes on there.

        Without it each further one would be judged from all of them again.
        """

    def grow(self, count: int) -> None:
        """Make room for `count` meters; new ones have no reading, which is not simple."""
        missing = count - len(self.time)
        if missing > 0:
            self.time.extend([NOT_SIMPLE] * missing)
            self.wh.extend([0] * missing)

    def load(self, frozen: Frozen) -> None:
        """Take every meter's head from columns."""
        columns, curve = frozen.columns, frozen.curve
        ends = np.flatnonzero(np.diff(columns.meter, append=-1))
        codes = columns.meter[ends[frozen.status[ends] == rules.COUNTED]].astype(np.int64)
        last = curve.starts[codes + 1] - 1
        heads = zip(codes.tolist(), curve.time[last].tolist(), curve.base[last].tolist(), strict=True)
        for code, time, wh in heads:
            self.time[code], self.wh[code] = time, wh

    def unsettled(self, code: int, time: int) -> Course | None:
        """The course that a reading goes on, if one is kept and it is later than all others of its meter.

        It is the caller's from then on, to be pushed to and set again.
        """
        course = self._unsettled.get(code)
        return course if course is not None and time > course.points[-1][0] else None

    def set(self, code: int, course: Course) -> None:
        """Take the end of a course as a meter's head."""
        head = course.head
        self._unsettled.pop(code, None)
        if head is None and course.decided is None:
            if len(course.points) > _LONG:
                course.forget()
            if course.is_long:
                self._unsettled[code] = course
            if len(self._unsettled) > _MOST_UNSETTLED:
                del self._unsettled[next(iter(self._unsettled))]
        if head is None:
            self.time[code] = NOT_SIMPLE
        else:
            self.time[code], self.wh[code] = head


class StoredReads(Protocol):
    """What is stored, by meter code and time; each call O(log n + count)."""

    def register_at(self, code: int, time: int) -> int | None:
        """The register (Wh) stored for a meter at an instant."""

    def reads_before(self, code: int, time: int, count: int) -> list[Point]:
        """Up to `count` stored readings right before `time`, in time order."""

    def reads_after(self, code: int, time: int, count: int) -> list[Point]:
        """Up to `count` stored readings right after `time`, in time order."""


class Neighbours:
    """One meter's readings: the stored ones and, beside them, those of a batch that is not on disk yet.

    With what was decided about them, if anything was.
    """

    def __init__(
        self, stored: StoredReads, code: int, staged: Sequence[Point] = (), decided: MeterEdits | None = None
    ) -> None:
        self._stored = stored
        self._code = code
        self._staged = staged
        self.decided = decided

    def at(self, time: int) -> int | None:
        """The register (Wh) at an instant, if there is one."""
        place = bisect_left(self._staged, (time, -1))
        if place < len(self._staged) and self._staged[place][0] == time:
            return self._staged[place][1]
        return self._stored.register_at(self._code, time)

    def before(self, time: int, count: int) -> tuple[list[Point], bool]:
        """The nearest readings before `time` in time order, `count` or a few more or less, and whether there are more.

        Without those that a decision sets aside, with exchanges in their place.
        """
        found = self._stored.reads_before(self._code, time, count)
        place = bisect_left(self._staged, (time, -1))
        if place:
            found = sorted([*found, *self._staged[max(0, place - count) : place]])[-count:]
        more = len(found) == count
        return self._corrected(found, found[0][0] if more else _EVER, time), more

    def after(self, time: int, count: int) -> tuple[list[Point], bool]:
        """The nearest readings after `time`, as `before` gives those before it."""
        found = self._stored.reads_after(self._code, time, count)
        place = bisect_left(self._staged, (time + 1, -1))
        if place < len(self._staged):
            found = sorted([*found, *self._staged[place : place + count]])[:count]
        more = len(found) == count
        return self._corrected(found, time + 1, found[-1][0] + 1 if more else NOT_SIMPLE), more

    def _corrected(self, found: list[Point], first: int, until: int) -> list[Point]:
        """Readings from `first` to before `until` as the judge is to see them."""
        if self.decided is None:
            return found
        voids, exchanges = self.decided.voids, self.decided.exchanges
        points = [point for point in found if point[0] not in voids and point[0] not in exchanges]
        points += [(at, event.final) for at, event in exchanges.items() if first <= at < until]
        return sorted(points)


class Course:
    """Readings of one meter pushed through the judge in time order, and remembered."""

    def __init__(self, max_w: int, decided: MeterEdits | None = None) -> None:
        self.judge = rules.Judge(max_w)
        self.points: list[Point] = []
        self.decided = decided
        self.is_long = False
        """Whether something of it was forgotten."""

    def push(self, point: Point) -> None:
        """The next reading, or the exchange at that instant."""
        time, wh = point
        self.points.append(point)
        decided = self.decided
        if decided is None or not self.marks(time):
            self.judge.push(time, wh)
        elif time in decided.exchanges:
            self.judge.push_exchange(time, wh, decided.exchanges[time].initial)
        else:
            self.judge.push_released(time, wh)

    def forget(self) -> None:
        """Keep only what later readings are judged by."""
        self.is_long = True
        last = self.points[-1]
        self.points = [self.points[place] for place in self.judge.forget_settled()]
        assert self.points[-1] == last, "the last reading is counted or pending, or nothing would be"

    def marks(self, time: int) -> bool:
        """Whether something was decided about an instant that the judge has to know."""
        decided = self.decided
        return decided is not None and (time in decided.exchanges or time in decided.releases)

    def counted(self, place: int) -> bool:
        """Whether the reading at `place` counts, as far as the course goes."""
        return self.judge.status[place] < rules.SUSPECT

    def base(self, place: int) -> int:
        """What the register rises from after the point at `place`, Wh."""
        time, wh = self.points[place]
        exchange = self.decided.exchanges.get(time) if self.decided is not None else None
        return wh if exchange is None else exchange.initial

    @property
    def head(self) -> Point | None:
        """What the next reading has to fit and be later than, if that is all there is to it."""
        last = self.judge.last
        if last is None or self.judge.pending is not None:
            return None
        time = self.points[last][0]
        if self.decided is not None and any(void > time for void in self.decided.voids):
            return None  # a reading may be that one over again
        return time, self.base(last)


def approach(neighbours: Neighbours, time: int, max_w: int) -> Course:
    """The course of the readings before `time`, from the nearest three that settle the state on; of all if none do."""
    count = _NEIGHBOURS
    course = Course(max_w, neighbours.decided)
    while True:
        before, more = neighbours.before(time, count)
        start = next((i for i in range(len(before) - 3, -1, -1) if _settle(before[i : i + 3], course, max_w)), None)
        if start is None and not more:
            start = 0
        if start is not None:
            break
        count *= 8
    for point in before[start:]:
        course.push(point)
    return course


def run_on(course: Course, neighbours: Neighbours, time: int, max_w: int) -> bool:
    """Push the readings after `time` until three of them settle the state: True. False if the course ended first."""
    count = _NEIGHBOURS
    pushed = 0
    while True:
        after, more = neighbours.after(time, count)
        for pushed in range(pushed + 1, len(after) + 1):  # noqa: B020 - goes on where the shorter look ended
            course.push(after[pushed - 1])
            if pushed >= 3 and _settle(after[pushed - 3 : pushed], course, max_w):
                return True
        if not more:
            return False
        count *= 8


def _settle(three: Sequence[Point], course: Course, max_w: int) -> bool:
    """Whether the third of three readings is counted, the second before it, nothing suspect, whatever came before."""
    if any(course.marks(time) for time, _ in three):
        return False
    (t0, v0), (t1, v1), (t2, v2) = three
    return rules.fits(t0, v0, t1, v1, max_w) and rules.fits(t1, v1, t2, v2, max_w)
