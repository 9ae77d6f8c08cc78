"""Validation of single readings as they arrive, late ones included.

The state of the judge after a reading depends, in principle, on all readings before it. But where a register rises
evenly for a few readings and by more than roundings can hide, the state is known whatever came before. So a reading is
validated by a replay that begins at the nearest such place before it. It ends where a replay without this reading comes
to the same state: nothing after that differs. That is a handful of readings, not the whole history.

Edits are replayed with the readings, see `neighbours`. Actual readings are judged among themselves, so one that is not
is left out, and then judged between those beside it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

import numpy as np

from metertui.engine.base import PLAIN_COURSE, MeterLimits
from metertui.engine.columns import Frozen
from metertui.engine.vee import estimates, rules
from metertui.engine.vee.chains import Chain, Chains
from metertui.engine.vee.edits import NO_VALUES, MeterEdits, Values
from metertui.engine.vee.neighbours import EVER, NOT_SIMPLE, SOME, Neighbours, Point

_LONG: Final = 32
"""A replay of more readings than this is kept, for the next reading of its meter."""
_MOST_KEPT: Final = 4096
"""The number of replays that are kept, a kilobyte each."""


class MeterHeads:
    """By meter code, the point that the next reading has to fit, if nothing else matters for it.

    It is the last stored reading if that is counted, or an exchange after it; otherwise the time is NOT_SIMPLE. Takes
    about 16 bytes a meter, and two look-ups a reading.
    """

    def __init__(self, kept_from: int = _LONG) -> None:
        self._kept_from = kept_from
        self.time = array("q")
        self.wh = array("q")
        self._kept: dict[int, Replay] = {}
        """Replays that took long: of meters whose last readings fit neither the counted ones nor one another, or whose
        register has stood still for long. Without them each further reading would be a replay of all of these again.
        """

        self.last_estimate: dict[int, estimates.Before] = {}
        """Of meters, the last counted reading, if nothing but estimates is stored behind it since."""
        self.chains = Chains()
        """Of meters, the estimates that count between two actual readings, if none but estimates were stored since."""

    def grow(self, count: int) -> None:
        """Make room for `count` meters. A new one has no reading yet, which is not simple."""
        missing = count - len(self.time)
        if missing > 0:
            self.time.extend([NOT_SIMPLE] * missing)
            self.wh.extend([0] * missing)

    def load(self, frozen: Frozen) -> None:
        """Set the heads of all meters from stored readings.

        One that an edit makes void may still be to come, as after a restore: it is not simply the next one. Nor is one
        before the last estimate.
        """
        columns, curve = frozen.columns, frozen.read_curve
        ends = np.flatnonzero(np.diff(columns.meter, append=-1))
        counted = np.isin(frozen.status[ends], (rules.COUNTED, rules.ROUNDING, rules.ROLLOVER))
        codes = columns.meter[ends[counted]].astype(np.int64)
        last = curve.starts[codes + 1] - 1
        heads = zip(codes.tolist(), curve.time[last].tolist(), curve.base[last].tolist(), strict=True)
        for code, time, wh in heads:
            self.time[code], self.wh[code] = time, wh
        for code, course in ({} if frozen.limits.devices is None else frozen.limits.devices.courses).items():
            if course.resets_daily and code < len(self.time):
                self.unset(code)
        for code, time in [] if frozen.corrections is None else frozen.corrections.unsure():
            if time > self.time[code]:
                self.unset(code)

    def set(self, code: int, replay: Replay) -> None:
        """Set the head of a meter from a replay of its readings up to the last."""
        head = replay.head
        if head is None:
            self.time[code] = NOT_SIMPLE
        else:
            self.time[code], self.wh[code] = head

    def replay_before(self, code: int, neighbours: Neighbours, time: int) -> Replay:
        """Return a replay of a meter's readings before `time` (µs UTC), which the caller may continue."""
        kept = self._kept.get(code)
        if kept is not None and kept.points[-1][0] < time:
            between, more = neighbours.reads_between(kept.points[-1][0], time)
            if not more:
                replay = kept.copy()
                for point in between:
                    replay.push(point)
                return replay
        return replay_before(neighbours, time)

    def keep(self, code: int, replay: Replay) -> None:
        """Keep a replay up to a reading that has just been pushed, if it took long, and forget one that knows less."""
        kept = self._kept.pop(code, None)
        if replay.decided is None and (kept is not None or len(replay.points) > self._kept_from):
            replay = replay.copy()
            replay.forget_settled()
            self._kept[code] = replay
            if len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]

    def unset(self, code: int) -> None:
        """Forget all about a meter: the next reading is judged by a replay."""
        self._kept.pop(code, None)
        self.forget_estimates(code)
        self.time[code] = NOT_SIMPLE

    def forget_estimates(self, code: int) -> None:
        """Forget which estimates of a meter count: something else than a new one was stored."""
        self.last_estimate.pop(code, None)
        self.chains.forget(code)


class Replay:
    """Readings of one meter that go through the judge in time order."""

    def __init__(
        self,
        limits: MeterLimits,
        decided: MeterEdits | None = None,
        shared: Values = NO_VALUES,
        latest_estimate: int = EVER,
    ) -> None:
        self._limits = limits
        self.latest_estimate = latest_estimate
        """The last instant (µs UTC) at which a reading may be in the way of an actual one, as it is not."""
        self.judge = rules.Judge(limits.rounding_wh)
        self.points: list[Point] = []
        self.decided = decided
        self._shared = shared

    @classmethod
    def among(cls, neighbours: Neighbours) -> Replay:
        """Return a replay without readings, with the edits of a meter."""
        return cls(neighbours.limits, neighbours.decided, neighbours.shared, neighbours.latest_estimate)

    def push(self, point: Point) -> None:
        """Push the next reading, or the exchange at its instant."""
        time, wh = point
        limits = self._limits
        max_w, range_wh, ends_day = limits.at(time), 0, False
        if limits.course is not PLAIN_COURSE:
            range_wh, ends_day = limits.device_at(time).range_wh, limits.ends_day(time, wh)
            if self.points and (begun := _begun_between(self.points[-1], point, limits)) is not None:
                self.judge.begin_again(begun)
        self.points.append(point)
        decided = self.decided
        if decided is not None and time in decided.exchanges:
            self.judge.push_exchange(time, wh, decided.exchanges[time].initial, max_w, range_wh, ends_day=ends_day)
        elif decided is not None and decided.is_released(time, wh, self._shared.get(time, (wh,))[0]):
            self.judge.push_released(time, wh, max_w, range_wh, ends_day=ends_day)
        else:
            self.judge.push(time, wh, max_w, range_wh, ends_day=ends_day)

    def copy(self) -> Replay:
        """Return a replay that can be continued in another way."""
        other = Replay(self._limits, self.decided, self._shared, self.latest_estimate)
        other.judge = self.judge.copy()
        other.points = self.points.copy()
        return other

    def forget_settled(self) -> None:
        """Forget the readings that later ones are not validated by."""
        last = self.points[-1]
        self.points = [self.points[place] for place in self.judge.forget_settled()]
        assert self.points[-1] == last, "the last reading is counted or pending, or nothing would be"

    def is_counted(self, place: int) -> bool:
        """Return whether the reading at position `place` counts, as far as is known."""
        return self.judge.status[place] < rules.SUSPECT

    @property
    def head(self) -> Point | None:
        """Return the point that the next reading has to follow and fit, or None if other things matter for it."""
        last = self.judge.last
        if last is None or self.judge.pending is not None or self._limits.course.resets_daily:
            return None
        if self.decided is not None and self.decided.latest_verdict > last.time:
            return None  # a reading may be a void one over again
        if self.latest_estimate > last.time:
            return None  # or take the place of an estimated one
        return last.time, last.register


def _begun_between(earlier: Point, later: Point, limits: MeterLimits) -> int | None:
    """Return where (µs UTC) the register began again between two readings, last before the later; None if nowhere."""
    begun = limits.day_begun(later[0])
    return begun if begun is not None and earlier[0] <= begun else None


def has_edit_at(decided: MeterEdits | None, time: int) -> bool:
    """Return whether an exchange or a release is in force at an instant (µs UTC)."""
    return decided is not None and (time in decided.exchanges or time in decided.releases)


def replay_before(neighbours: Neighbours, time: int) -> Replay:
    """Replay the readings before `time` (µs UTC), from the nearest place at which the state is known, or all of them.

    It takes as many readings as the register needs to rise by two roundings.
    """
    count = SOME
    while True:
        before, more = neighbours.reads_before(time, count)
        start = _known_from(before, neighbours)
        if start is None and not more:
            start = 0
        if start is not None:
            break
        count *= 8
    replay = Replay.among(neighbours)
    for point in before[start:]:
        replay.push(point)
    return replay


def replay_after(replay: Replay, without: Replay, neighbours: Neighbours, time: int) -> bool:
    """Push the readings after `time` (µs UTC) to a replay with a reading there and to one without it.

    Return True once both are in the same state: nothing later differs. Return False if that does not come about.
    """
    count = SOME
    pushed = 0
    while True:
        after, more = neighbours.reads_after(time, count)
        for point in after[pushed:]:
            replay.push(point)
            without.push(point)
            if replay.judge.agrees_with(without.judge):
                return True
        pushed = len(after)
        if not more:
            return False
        count *= 8


def surroundings(replay: Replay, neighbours: Neighbours, time: int) -> Chain:
    """Return the estimates around an instant (µs UTC), between the actual readings that count before and after it.

    `replay` has the readings before it, and goes on behind it.
    """
    count = SOME
    following, more = neighbours.reads_after(time, count)
    while more and not following:
        count *= 8
        following, more = neighbours.reads_after(time, count)
    for point in following:
        replay.push(point)
    judge, limits = replay.judge, neighbours.limits
    before = after = None
    for place, (at, said) in enumerate(replay.points):
        status = judge.status[place]
        if status >= rules.SUSPECT or at == time:
            continue
        if at > time:
            after = estimates.reading_of(at, said, limits)
            break
        register = said
        if neighbours.decided is not None and at in neighbours.decided.exchanges:
            register = neighbours.decided.exchanges[at].initial
        elif status == rules.ROUNDING and before is not None:
            register = before.register
        before = estimates.Before(at, register)
    chain = Chain(before, after, limits)
    first, last = before.time if before else EVER, after.time if after else NOT_SIMPLE
    for each in neighbours.estimates_after(first, last):
        chain.append(each)
    return chain


def _known_from(points: Sequence[Point], neighbours: Neighbours) -> int | None:
    """Return the last place from which a replay of points ends in the right state, whatever came before them.

    In a run of readings a, b, c, … that rise evenly all from c on count, whatever came before: none is lower than one
    before it, and what is counted before a or b is at most two roundings above b. So once two of them have reached
    that, the registers of both are what they say: a replay may begin with these two. It may also begin with the last
    reading before the register begins again.
    """
    limits, decided = neighbours.limits, neighbours.decided

    def rises(later: int) -> bool:
        (t0, wh0), (t1, wh1) = points[later - 1 : later + 1]
        if limits.day_begun(t1) is not None:
            return False
        if has_edit_at(decided, t0) or has_edit_at(decided, t1):
            return False
        return rules.fits(t0, wh0, t1, wh1, limits.at(t1), 0)

    last = len(points) - 1
    if limits.course.resets_daily:
        for place in range(last, 0, -1):
            if _begun_between(points[place - 1], points[place], limits) is not None:
                return place - 1
    while last >= 3:
        first = last
        while first > 0 and rises(first):
            first -= 1
            if last - first >= 3 and points[last - 1][1] >= points[first + 1][1] + 2 * limits.rounding_wh:
                return last - 1
        last = first - 1
    return None
