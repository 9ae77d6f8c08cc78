"""The readings around an instant of one meter: those that are stored, and those of a batch that is not on disk yet.

Edits are applied to them: of several values at an instant the one that stands is taken, a void reading is left out, and
an exchange takes the place of a reading that is stored at the same instant. Those that are not actual are apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import merge
from typing import Final, Protocol

from metertui.engine.base import MeterLimits
from metertui.engine.columns import Known
from metertui.engine.vee import estimates
from metertui.engine.vee.edits import MeterEdits, Values
from metertui.engine.vee.standing import standing

NOT_SIMPLE: Final = 1 << 62
"""An instant behind all readings: also the time of a head that is not simple, so that each is validated by a replay."""
EVER: Final = -1
"""An instant before any reading."""
SOME: Final = 16
"""Readings fetched at first on each side. The state is nearly always known within them."""

_FETCHES: Final = 4
"""Of so many readings that are asked for, one more fetch, where many estimates are passed over between them."""

Point = tuple[int, int]
"""A reading of a known meter, or an exchange with the old register's last: µs UTC, register Wh."""


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

    @property
    def shared(self) -> Values:
        """Return the instants of the meter at which more than one value is stored, with all of them (Wh)."""
        return self._stored.shared_of(self._code)

    @property
    def latest_estimate(self) -> int:
        """Return the last instant (µs UTC) at which a value is not actual; before any reading if there is none."""
        return max(self._stored.latest_estimate(self._code), max(self._staged_known, default=EVER))

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
        return self._corrected(found, first if more else EVER, time), more

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
        found, more = self.reads_before(before, SOME)
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
        last = EVER
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
