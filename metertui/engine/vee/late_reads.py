"""Validation of single readings as they arrive, late ones included.

The state of the judge after a reading depends, in principle, on all readings before it. But where a register rises
evenly for a few readings and by more than roundings can hide, the state is known whatever came before. So a reading is
validated by a replay that begins at the nearest such place before it. It ends where a replay without this reading comes
to the same state: nothing after that differs. That is a handful of readings, not the whole history.

Edits are replayed with the readings: of several values at an instant the one that stands is taken, a void reading is
left out, and an exchange takes the place of a reading that is stored at the same instant. Actual readings are judged
among themselves, so one that is not is left out as well, and then judged between those beside it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import merge
from typing import Final, Protocol

import numpy as np

from metertui.engine.base import PLAIN_COURSE, MeterLimits
from metertui.engine.columns import Frozen, Known
from metertui.engine.vee import estimates, rules
from metertui.engine.vee.chains import Chain, Chains
from metertui.engine.vee.edits import NO_VALUES, MeterEdits, Values
from metertui.engine.vee.standing import standing

NOT_SIMPLE: Final = 1 << 62
"""The time of a head that is not simple. No reading is later, so each is validated by a replay."""
_EVER: Final = -1
"""An instant before any reading."""
_NEIGHBOURS: Final = 16
"""Readings fetched at first on each side. The state is nearly always known within them."""

_FETCHES: Final = 4
"""Of so many readings that are asked for, one more fetch, where many estimates are passed over between them."""

_LONG: Final = 32
"""A replay of more readings than this is kept, for the next reading of its meter."""
_MOST_KEPT: Final = 4096
"""The number of replays that are kept, a kilobyte each."""

Point = tuple[int, int]
"""A reading of a known meter, or an exchange with the old register's last: µs UTC, register Wh."""


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


class StoredReads(Protocol):
    """Stored readings by meter code and time. Each call is O(log n + count)."""

    def values_at(self, code: int, time: int) -> tuple[int, ...]:
        """Return all values (Wh) stored for a meter at an instant (µs UTC), in order of arrival."""

    def shared_of(self, code: int) -> Values:
        """Return the instants of a meter at which more than one value is stored."""

    def known_of(self, code: int) -> Mapping[int, Known]:
        """Return the instants of a meter at which a value is not actual, with the qualities of these."""

    def known_instants(self, code: int, after: int, before: int) -> Iterator[int]:
        """Yield these instants after one and before another (µs UTC), in order."""

    def is_estimated_only(self, code: int, time: int) -> bool:
        """Return whether a register is stored at an instant (µs UTC), and none of them is actual."""

    def start_of_estimates(self, code: int, time: int) -> int:
        """Return the first instant of the run of such instants that ends right before `time` (µs UTC); else `time`."""

    def end_of_estimates(self, code: int, time: int) -> int:
        """Return the last instant of the run of such instants that begins right after `time` (µs UTC); else `time`."""

    def latest_estimate(self, code: int) -> int:
        """Return the last instant (µs UTC) at which a value was not actual, at least at first; before any if none."""

    def reads_before(self, code: int, time: int, count: int) -> list[Point]:
        """Return the last `count` stored readings before `time` (µs UTC), in time order; fewer at the beginning."""

    def reads_after(self, code: int, time: int, count: int) -> list[Point]:
        """Return the first `count` stored readings after `time` (µs UTC), in time order; fewer at the end."""


class Neighbours:
    """One meter's readings: the stored ones and, beside them, those of a batch that is not on disk yet.

    The edits of the meter are applied to them.
    """

    def __init__(
        self,
        stored: StoredReads,
        code: int,
        limits: MeterLimits,
        staged: Sequence[Point] = (),
        decided: MeterEdits | None = None,
        staged_known: Mapping[int, Known] | None = None,
    ) -> None:
        """Take one meter's readings. `staged` are those of the batch in order of time, `staged_known` by instant the
        qualities that it leaves of those that are not actual.
        """
        self._stored = stored
        self._code = code
        self._staged = staged
        self._staged_known = staged_known or {}
        self.limits = limits
        self.decided = decided

    def values_at(self, time: int) -> tuple[int, ...]:
        """Return all values (Wh) stored at an instant (µs UTC), in order of arrival, those of the batch last."""
        stored = self._stored.values_at(self._code, time)
        place = bisect_left(self._staged, (time, -1))
        staged = []
        while place < len(self._staged) and self._staged[place][0] == time:
            staged.append(self._staged[place][1])
            place += 1
        return (*stored, *staged)

    def standing_at(self, time: int) -> int | None:
        """Return the register (Wh) that stands at an instant (µs UTC); None if none does."""
        return standing(self.values_at(time), self.verdicts_at(time), self.known_at(time))

    def known_at(self, time: int) -> Known:
        """Return the qualities of the values at an instant (µs UTC) that are not actual."""
        staged = self._staged_known.get(time)
        return self._stored.known_of(self._code).get(time, {}) if staged is None else staged

    def verdicts_at(self, time: int) -> Mapping[int, bool]:
        """Return which values at an instant (µs UTC) an edit made void, and which it brought back."""
        return {} if self.decided is None else self.decided.verdicts_at(time)

    def replay(self) -> Replay:
        """Return a replay without readings, with the edits of the meter."""
        latest = max(self._stored.latest_estimate(self._code), max(self._staged_known, default=_EVER))
        return Replay(self.limits, self.decided, self._stored.shared_of(self._code), latest)

    def reads_before(self, time: int, count: int) -> tuple[list[Point], bool]:
        """Return about `count` of the last readings before `time`, in time order, and whether there are more.

        Without those that are not actual or that a decision sets aside, with exchanges in their place.
        """
        found: list[Point] = []
        at, more = time, True
        for _ in range(count // _FETCHES + 1):
            part = self._stored.reads_before(self._code, at, count)
            found = [*self._without_estimates(part), *found]
            more = len(part) == count
            if not more or len(found) >= count:
                break
            at = part[0][0]
            if self._is_estimated_only(at):
                start = self._stored.start_of_estimates(self._code, at)
                at = max([start, *(each + 1 for each in self._releases if each < at)])
        place = bisect_left(self._staged, (time, -1))
        if place:
            staged = self._staged[max(0, place - count) : place]
            if more and len(found) < count:
                staged = [point for point in staged if point[0] >= at]  # of those before, not all are fetched
            found = sorted([*found, *staged])
            more = more or place > count
        more = more or len(found) > count
        found = found[-count:]
        first = found[0][0] if found else at
        return self._corrected(found, first if more else _EVER, time), more

    def reads_after(self, time: int, count: int) -> tuple[list[Point], bool]:
        """Return about `count` of the first readings after `time`, in time order, and whether there are more."""
        found: list[Point] = []
        at, more = time, True
        for _ in range(count // _FETCHES + 1):
            part = self._stored.reads_after(self._code, at, count)
            found += self._without_estimates(part)
            more = len(part) == count
            if not more or len(found) >= count:
                break
            at = part[-1][0]
            if self._is_estimated_only(at):
                end = self._stored.end_of_estimates(self._code, at)
                at = min([end, *(each - 1 for each in self._releases if each > at)])
        place = bisect_left(self._staged, (time + 1, -1))
        if place < len(self._staged):
            staged = self._staged[place : place + count]
            if more and len(found) < count:
                staged = [point for point in staged if point[0] <= at]
            found = sorted([*found, *staged])
            more = more or place + count < len(self._staged)
        more = more or len(found) > count
        found = found[:count]
        last = found[-1][0] if found else at
        return self._corrected(found, time + 1, last + 1 if more else NOT_SIMPLE), more

    @property
    def _releases(self) -> Collection[int]:
        """The instants at which a reading is released, of whatever quality."""
        return () if self.decided is None else self.decided.releases

    def _is_estimated_only(self, time: int) -> bool:
        """Return whether nothing that is stored at an instant (µs UTC) can be judged among the actual readings."""
        return time not in self._releases and self._stored.is_estimated_only(self._code, time)

    def _without_estimates(self, points: list[Point]) -> list[Point]:
        if not self._stored.known_of(self._code):
            return points
        return [point for point in points if not self._is_estimated_only(point[0])]

    def is_last(self, time: int) -> bool:
        """Return whether nothing is stored or staged behind an instant (µs UTC)."""
        staged_behind = bool(self._staged) and self._staged[-1][0] > time
        return not staged_behind and not self._stored.reads_after(self._code, time, 1)

    def reads_between(self, after: int, before: int) -> tuple[list[Point], bool]:
        """Return the readings after one instant and before another, or the last few and that there are more."""
        found, more = self.reads_before(before, _NEIGHBOURS)
        between = [point for point in found if point[0] > after]
        return between, more and len(between) == len(found)

    def _corrected(self, found: list[Point], first: int, until: int) -> list[Point]:
        """Apply the edits to readings from `first` to before `until`, and leave out those that are not actual."""
        shared, known = self._stored.shared_of(self._code), self._stored.known_of(self._code)
        if self.decided is None and not (shared or known or self._staged_known):
            return found
        verdicts = {} if self.decided is None else self.decided.verdicts
        exchanges = {} if self.decided is None else self.decided.exchanges
        points: dict[int, int] = {}
        for time, wh in found:
            beside = time in verdicts or time in shared or time in known or time in self._staged_known
            stands = self.standing_at(time) if beside else wh
            if stands is not None and not (beside and self._is_apart(time, stands)):
                points[time] = stands
        points |= {at: event.final for at, event in exchanges.items() if first <= at < until}
        return sorted(points.items())

    def _is_apart(self, time: int, wh: int) -> bool:
        """Return whether a reading that stands (µs UTC, Wh) is not judged among the actual ones."""
        released = self.decided is not None and self.decided.is_released(time, wh, self.values_at(time)[0])
        return wh in self.known_at(time) and not released

    def estimates_after(self, after: int, before: int = NOT_SIMPLE) -> Iterator[estimates.Reading]:
        """Yield the standing readings after one instant and before another (µs UTC) that are judged apart, in order.

        O(log n) to begin, and as much as is taken.
        """
        staged = sorted(at for at in self._staged_known if after < at < before)
        exchanges = {} if self.decided is None else self.decided.exchanges
        last = _EVER
        for time in merge(self._stored.known_instants(self._code, after, before), staged):
            if time == last or time in exchanges:
                continue
            last = time
            wh = self.standing_at(time)
            if wh is not None and self._is_apart(time, wh):
                yield self.estimate(time, wh)

    def estimate(self, time: int, wh: int) -> estimates.Reading:
        """Return a reading (µs UTC, Wh) with what it is judged by."""
        return estimates.reading_of(time, wh, self.limits)


class Replay:
    """Readings of one meter that go through the judge in time order."""

    def __init__(
        self,
        limits: MeterLimits,
        decided: MeterEdits | None = None,
        shared: Values = NO_VALUES,
        latest_estimate: int = _EVER,
    ) -> None:
        self._limits = limits
        self.latest_estimate = latest_estimate
        """The last instant (µs UTC) at which a reading may be in the way of an actual one, as it is not."""
        self.judge = rules.Judge(limits.rounding_wh)
        self.points: list[Point] = []
        self.decided = decided
        self._shared = shared

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
    count = _NEIGHBOURS
    while True:
        before, more = neighbours.reads_before(time, count)
        start = _known_from(before, neighbours)
        if start is None and not more:
            start = 0
        if start is not None:
            break
        count *= 8
    replay = neighbours.replay()
    for point in before[start:]:
        replay.push(point)
    return replay


def replay_after(replay: Replay, without: Replay, neighbours: Neighbours, time: int) -> bool:
    """Push the readings after `time` (µs UTC) to a replay with a reading there and to one without it.

    Return True once both are in the same state: nothing later differs. Return False if that does not come about.
    """
    count = _NEIGHBOURS
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
    count = _NEIGHBOURS
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
    first, last = before.time if before else _EVER, after.time if after else NOT_SIMPLE
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
