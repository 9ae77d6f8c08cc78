"""Validation of single readings as they arrive, late ones included.

The state of the judge after a reading depends, in principle, on all readings before it. But three stored readings in a
row that fit one another pairwise settle it: whatever came before, the third is then the last counted one, the second
the one counted before it, and nothing is suspect. So a reading is validated by a replay from the nearest such three
before it to the nearest such three after it: a handful of readings, not the whole history.

Edits are replayed with the readings: of several values at an instant the one that stands is taken, a void reading is
left out, and an exchange takes the place of a reading that is stored at the same instant.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from metertui.engine.columns import Frozen
from metertui.engine.vee import rules
from metertui.engine.vee.edits import NO_VALUES, MeterEdits, Values
from metertui.engine.vee.standing import standing

NOT_SIMPLE: Final = 1 << 62
"""The time of a head that is not simple. No reading is later, so each is validated by a replay."""
_EVER: Final = -1
"""An instant before any reading."""
_NEIGHBOURS: Final = 8
"""Readings fetched at first on each side. The state is nearly always settled within them."""

_LONG: Final = _NEIGHBOURS
"""A replay of more readings than this is kept if it ends unsettled."""
_MOST_UNSETTLED: Final = 4096
"""The number of replays that are kept, a kilobyte each."""

Point = tuple[int, int]
"""A reading of a known meter, or an exchange with the old register's last: µs UTC, register Wh."""


class MeterHeads:
    """By meter code, the point that the next reading has to fit, if nothing else matters for it.

    It is the last stored reading if that is counted, or an exchange after it; otherwise the time is NOT_SIMPLE. Takes
    about 16 bytes a meter, and two look-ups a reading.
    """

    def __init__(self) -> None:
        self.time = array("q")
        self.wh = array("q")
        self._unsettled: dict[int, Replay] = {}
        """The replays of meters whose last readings fit neither the counted ones nor one another.

        Without them each further reading would be a replay of all of these again.
        """

    def grow(self, count: int) -> None:
        """Make room for `count` meters. A new one has no reading yet, which is not simple."""
        missing = count - len(self.time)
        if missing > 0:
            self.time.extend([NOT_SIMPLE] * missing)
            self.wh.extend([0] * missing)

    def load(self, frozen: Frozen) -> None:
        """Set the heads of all meters from stored readings."""
        columns, curve = frozen.columns, frozen.curve
        ends = np.flatnonzero(np.diff(columns.meter, append=-1))
        codes = columns.meter[ends[frozen.status[ends] == rules.COUNTED]].astype(np.int64)
        last = curve.starts[codes + 1] - 1
        heads = zip(codes.tolist(), curve.time[last].tolist(), curve.base[last].tolist(), strict=True)
        for code, time, wh in heads:
            self.time[code], self.wh[code] = time, wh

    def unsettled(self, code: int, time: int) -> Replay | None:
        """Return the replay that a reading continues, if one is kept and the reading is the latest of its meter.

        The caller pushes the reading to it and then calls `set`.
        """
        replay = self._unsettled.get(code)
        return replay if replay is not None and time > replay.points[-1][0] else None

    def set(self, code: int, replay: Replay) -> None:
        """Set the head of a meter from the end of a replay."""
        head = replay.head
        self._unsettled.pop(code, None)
        if head is None and replay.decided is None:
            if len(replay.points) > _LONG:
                replay.forget_settled()
            if replay.was_cut:
                self._unsettled[code] = replay
            if len(self._unsettled) > _MOST_UNSETTLED:
                del self._unsettled[next(iter(self._unsettled))]
        if head is None:
            self.time[code] = NOT_SIMPLE
        else:
            self.time[code], self.wh[code] = head


class StoredReads(Protocol):
    """Stored readings by meter code and time. Each call is O(log n + count)."""

    def values_at(self, code: int, time: int) -> tuple[int, ...]:
        """Return all values (Wh) stored for a meter at an instant (µs UTC), in order of arrival."""

    def shared_of(self, code: int) -> Values:
        """Return the instants of a meter at which more than one value is stored."""

    def reads_before(self, code: int, time: int, count: int) -> list[Point]:
        """Return the last `count` stored readings before `time` (µs UTC), in time order; fewer at the beginning."""

    def reads_after(self, code: int, time: int, count: int) -> list[Point]:
        """Return the first `count` stored readings after `time` (µs UTC), in time order; fewer at the end."""


class Neighbours:
    """One meter's readings: the stored ones and, beside them, those of a batch that is not on disk yet.

    The edits of the meter are applied to them.
    """

    def __init__(
        self, stored: StoredReads, code: int, staged: Sequence[Point] = (), decided: MeterEdits | None = None
    ) -> None:
        self._stored = stored
        self._code = code
        self._staged = staged
        self.decided = decided

    def values_at(self, time: int) -> tuple[int, ...]:
        """Return all values (Wh) stored at an instant (µs UTC), in order of arrival, those of the batch last.

        At most one value of a batch is not stored yet: it stands, or the instant has one that contradicts it.
        """
        stored = self._stored.values_at(self._code, time)
        place = bisect_left(self._staged, (time, -1))
        staged = []
        while place < len(self._staged) and self._staged[place][0] == time:
            staged.append(self._staged[place][1])
            place += 1
        return (*stored, *staged)

    def standing_at(self, time: int) -> int | None:
        """Return the register (Wh) that stands at an instant (µs UTC); None if none does."""
        verdicts = {} if self.decided is None else self.decided.verdicts_at(time)
        return standing(self.values_at(time), verdicts)

    def replay(self, max_w: int) -> Replay:
        """Return a replay without readings, with the edits of the meter."""
        return Replay(max_w, self.decided, self._stored.shared_of(self._code))

    def reads_before(self, time: int, count: int) -> tuple[list[Point], bool]:
        """Return about `count` of the last readings before `time`, in time order, and whether there are more.

        Without those that a decision sets aside, with exchanges in their place.
        """
        found = self._stored.reads_before(self._code, time, count)
        place = bisect_left(self._staged, (time, -1))
        if place:
            found = sorted([*found, *self._staged[max(0, place - count) : place]])[-count:]
        more = len(found) == count
        return self._corrected(found, found[0][0] if more else _EVER, time), more

    def reads_after(self, time: int, count: int) -> tuple[list[Point], bool]:
        """Return about `count` of the first readings after `time`, in time order, and whether there are more."""
        found = self._stored.reads_after(self._code, time, count)
        place = bisect_left(self._staged, (time + 1, -1))
        if place < len(self._staged):
            found = sorted([*found, *self._staged[place : place + count]])[:count]
        more = len(found) == count
        return self._corrected(found, time + 1, found[-1][0] + 1 if more else NOT_SIMPLE), more

    def _corrected(self, found: list[Point], first: int, until: int) -> list[Point]:
        """Apply the edits to readings from `first` to before `until`."""
        shared = self._stored.shared_of(self._code)
        if self.decided is None and not shared:
            return found
        verdicts = {} if self.decided is None else self.decided.verdicts
        exchanges = {} if self.decided is None else self.decided.exchanges
        points: dict[int, int] = {}
        for time, wh in found:
            stands = self.standing_at(time) if time in verdicts or time in shared else wh
            if stands is not None:
                points[time] = stands
        points |= {at: event.final for at, event in exchanges.items() if first <= at < until}
        return sorted(points.items())


class Replay:
    """Readings of one meter that go through the judge in time order."""

    def __init__(self, max_w: int, decided: MeterEdits | None = None, shared: Values = NO_VALUES) -> None:
        self.judge = rules.Judge(max_w)
        self.points: list[Point] = []
        self.decided = decided
        self._shared = shared
        self.was_cut = False
        """Whether readings that do not matter any more were forgotten."""

    def push(self, point: Point) -> None:
        """Push the next reading, or the exchange at its instant."""
        time, wh = point
        self.points.append(point)
        decided = self.decided
        if decided is not None and time in decided.exchanges:
            self.judge.push_exchange(time, wh, decided.exchanges[time].initial)
        elif decided is not None and decided.is_released(time, wh, self._shared.get(time, (wh,))[0]):
            self.judge.push_released(time, wh)
        else:
            self.judge.push(time, wh)

    def forget_settled(self) -> None:
        """Forget the readings that later ones are not validated by."""
        self.was_cut = True
        last = self.points[-1]
        self.points = [self.points[place] for place in self.judge.forget_settled()]
        assert self.points[-1] == last, "the last reading is counted or pending, or nothing would be"

    def has_edit_at(self, time: int) -> bool:
        """Return whether an exchange or a release is in force at an instant (µs UTC)."""
        decided = self.decided
        return decided is not None and (time in decided.exchanges or time in decided.releases)

    def is_counted(self, place: int) -> bool:
        """Return whether the reading at position `place` counts, as far as is known."""
        return self.judge.status[place] < rules.SUSPECT

    def base_at(self, place: int) -> int:
        """Return what the register (Wh) rises from after the point at position `place`."""
        time, wh = self.points[place]
        exchange = self.decided.exchanges.get(time) if self.decided is not None else None
        return wh if exchange is None else exchange.initial

    @property
    def head(self) -> Point | None:
        """The point that the next reading has to follow and fit, if nothing else matters for it; otherwise None."""
        last = self.judge.last
        if last is None or self.judge.pending is not None:
            return None
        time = self.points[last][0]
        if self.decided is not None and self.decided.latest_verdict > time:
            return None  # a reading may be a void one over again
        return time, self.base_at(last)


def replay_before(neighbours: Neighbours, time: int, max_w: int) -> Replay:
    """Replay the readings before `time` (µs UTC), from the nearest three that settle the state, or all of them."""
    count = _NEIGHBOURS
    replay = neighbours.replay(max_w)
    while True:
        before, more = neighbours.reads_before(time, count)
        start = next((i for i in range(len(before) - 3, -1, -1) if _settle(before[i : i + 3], replay, max_w)), None)
        if start is None and not more:
            start = 0
        if start is not None:
            break
        count *= 8
    for point in before[start:]:
        replay.push(point)
    return replay


def replay_after(replay: Replay, neighbours: Neighbours, time: int, max_w: int) -> bool:
    """Push the readings after `time` (µs UTC) until three settle the state; return False if there were none such."""
    count = _NEIGHBOURS
    pushed = 0
    while True:
        after, more = neighbours.reads_after(time, count)
        for pushed in range(pushed + 1, len(after) + 1):  # noqa: B020 - goes on where the shorter look ended
            replay.push(after[pushed - 1])
            if pushed >= 3 and _settle(after[pushed - 3 : pushed], replay, max_w):
                return True
        if not more:
            return False
        count *= 8


def _settle(three: Sequence[Point], replay: Replay, max_w: int) -> bool:
    """Return whether three readings settle the state, whatever came before."""
    if any(replay.has_edit_at(time) for time, _ in three):
        return False
    (t0, v0), (t1, v1), (t2, v2) = three
    return rules.fits(t0, v0, t1, v1, max_w) and rules.fits(t1, v1, t2, v2, max_w)
