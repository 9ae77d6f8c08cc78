"""The readings around an instant, with the edits applied to them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping

from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.qualities import ESTIMATED
from metertui.engine.base.zone import HOUR
from metertui.engine.columns.qualities import Known
from metertui.engine.vee.edits import NO_VALUES, Edit, MeterEdits, Values
from metertui.engine.vee.neighbours import Neighbours, Point
from tests.strategies import START

LIMITS = MeterLimits(1000, (100_000,))


class Stored:
    """The readings of one meter in time order."""

    def __init__(self, points: list[Point], estimated: Collection[int] = ()) -> None:
        self._points = points
        self._known = {time: {wh: ESTIMATED} for time, wh in points if time in estimated}

    def values_at(self, code: int, time: int) -> tuple[int, ...]:
        return tuple(wh for at, wh in self._points if at == time)

    def shared_of(self, code: int) -> Values:
        return NO_VALUES

    def known_of(self, code: int) -> Mapping[int, Known]:
        return self._known

    def known_instants(self, code: int, after: int, before: int) -> Iterator[int]:
        return (time for time in sorted(self._known) if after < time < before)

    def is_estimated_only(self, code: int, time: int) -> bool:
        return time in self._known

    def start_of_estimates(self, code: int, time: int) -> int:
        for at, _ in reversed(self.reads_before(code, time, len(self._points))):
            if at not in self._known:
                break
            time = at
        return time

    def end_of_estimates(self, code: int, time: int) -> int:
        for at, _ in self.reads_after(code, time, len(self._points)):
            if at not in self._known:
                break
            time = at
        return time

    def latest_estimate(self, code: int) -> int:
        return max(self._known, default=-1)

    def reads_before(self, code: int, time: int, count: int) -> list[Point]:
        at = bisect_left(self._points, (time, -1))
        return self._points[max(0, at - count) : at]

    def reads_after(self, code: int, time: int, count: int) -> list[Point]:
        at = bisect_left(self._points, (time + 1, -1))
        return self._points[at : at + count]


def test_readings_of_a_batch_are_neighbours_too() -> None:
    stored = [(START, 10), (START + 4 * HOUR, 40)]
    neighbours = Neighbours(Stored(stored), 0, LIMITS, [(START + HOUR, 20), (START + 2 * HOUR, 30)])
    assert neighbours.values_at(START + HOUR) == (20,)
    assert neighbours.standing_at(START) == 10
    assert neighbours.values_at(START + 1) == ()
    assert neighbours.reads_before(START + 3 * HOUR, 2) == ([(START + HOUR, 20), (START + 2 * HOUR, 30)], True)
    assert neighbours.reads_after(START + HOUR, 8) == ([(START + 2 * HOUR, 30), (START + 4 * HOUR, 40)], False)


def test_edits_change_the_neighbours() -> None:
    edits = MeterEdits()
    edits.apply_edit(Edit(0, "m", "void", START, "ann", "x"))
    edits.apply_edit(Edit(0, "m", "exchange", START + HOUR, "ann", "x", 25, 0))
    neighbours = Neighbours(Stored([(START, 10), (START + HOUR, 7), (START + 2 * HOUR, 30)]), 0, LIMITS, (), edits)
    assert neighbours.reads_before(START + 3 * HOUR, 8)[0] == [(START + HOUR, 25), (START + 2 * HOUR, 30)]


def test_estimates_are_apart() -> None:
    points = [(START + place * HOUR, 10 * place) for place in range(5)]
    neighbours = Neighbours(Stored(points, [START + HOUR, START + 3 * HOUR]), 0, LIMITS)
    assert neighbours.reads_before(START + 4 * HOUR, 8) == ([points[0], points[2]], False)
    assert [each.time for each in neighbours.estimates_after(START)] == [START + HOUR, START + 3 * HOUR]
    assert neighbours.latest_estimate == START + 3 * HOUR
    assert (neighbours.is_last(START + 4 * HOUR), neighbours.is_last(START + 3 * HOUR)) == (True, False)
