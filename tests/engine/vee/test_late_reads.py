"""Single readings: a replay around one agrees with a replay of the whole history."""

from __future__ import annotations

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.zone import HOUR
from metertui.engine.vee.edits import NO_VALUES, Edit, MeterEdits, Values
from metertui.engine.vee.late_reads import (
    NOT_SIMPLE,
    MeterHeads,
    Neighbours,
    Point,
    Replay,
    replay_after,
    replay_before,
)
from metertui.engine.vee.rules import COUNTED, SUSPECT, Judge
from tests.strategies import START, courses

MAX_W = 100_000


class Stored:
    """The readings of one meter in time order."""

    def __init__(self, points: list[Point]) -> None:
        self._points = points

    def values_at(self, code: int, time: int) -> tuple[int, ...]:
        return tuple(wh for at, wh in self._points if at == time)

    def shared_of(self, code: int) -> Values:
        return NO_VALUES

    def reads_before(self, code: int, time: int, count: int) -> list[Point]:
        at = bisect_left(self._points, (time, -1))
        return self._points[max(0, at - count) : at]

    def reads_after(self, code: int, time: int, count: int) -> list[Point]:
        at = bisect_left(self._points, (time + 1, -1))
        return self._points[at : at + count]


def whole(points: list[Point]) -> Judge:
    judge = Judge(MAX_W)
    for time, wh in points:
        judge.push(time, wh)
    return judge


@given(courses(most=40), st.data())
def test_a_late_reading_is_validated_as_if_all_were_replayed(points: list[Point], data: st.DataObject) -> None:
    points = sorted(dict(points).items())
    if not points:
        return
    late = data.draw(st.integers(0, len(points) - 1))
    time, wh = points[late]
    neighbours = Neighbours(Stored(points[:late] + points[late + 1 :]), 0)
    replay = replay_before(neighbours, time, MAX_W)
    own = len(replay.points)
    replay.push((time, wh))
    replay_after(replay, neighbours, time, MAX_W)
    assert replay.judge.status[own] == whole(points).status[late]


@given(courses(most=40))
def test_the_head_is_the_last_point_that_counts_or_none(points: list[Point]) -> None:
    points = sorted(dict(points).items())
    replay = replay_before(Neighbours(Stored(points), 0), NOT_SIMPLE, MAX_W)
    status = whole(points).status
    if status and status[-1] < SUSPECT:
        assert replay.head == points[-1]
    elif not status or status[-1] == SUSPECT:
        assert replay.head is None


def test_readings_of_a_batch_are_neighbours_too() -> None:
    stored = [(START, 10), (START + 4 * HOUR, 40)]
    neighbours = Neighbours(Stored(stored), 0, [(START + HOUR, 20), (START + 2 * HOUR, 30)])
    assert neighbours.values_at(START + HOUR) == (20,)
    assert neighbours.standing_at(START) == 10
    assert neighbours.values_at(START + 1) == ()
    assert neighbours.reads_before(START + 3 * HOUR, 2) == ([(START + HOUR, 20), (START + 2 * HOUR, 30)], True)
    assert neighbours.reads_after(START + HOUR, 8) == ([(START + 2 * HOUR, 30), (START + 4 * HOUR, 40)], False)


def test_edits_change_the_neighbours() -> None:
    edits = MeterEdits()
    edits.apply_edit(Edit(0, "m", "void", START, "ann", "x"))
    edits.apply_edit(Edit(0, "m", "exchange", START + HOUR, "ann", "x", 25, 0))
    neighbours = Neighbours(Stored([(START, 10), (START + HOUR, 7), (START + 2 * HOUR, 30)]), 0, (), edits)
    assert neighbours.reads_before(START + 3 * HOUR, 8)[0] == [(START + HOUR, 25), (START + 2 * HOUR, 30)]
    replay = Replay(MAX_W, edits)
    replay.push((START + HOUR, 25))
    assert (replay.has_edit_at(START + HOUR), replay.has_edit_at(START)) == (True, False)
    assert replay.base_at(0) == 0
    assert replay.head == (START + HOUR, 0)


def test_an_unsettled_replay_is_kept_for_the_next_reading() -> None:
    heads = MeterHeads()
    heads.grow(1)
    assert heads.time[0] == NOT_SIMPLE
    replay = Replay(MAX_W)
    replay.push((START, 1_000_000))
    for place in range(1, 12):  # each is lower than the one before, so none fits
        replay.push((START + place * HOUR, 1_000 - place))
    heads.set(0, replay)
    assert heads.time[0] == NOT_SIMPLE
    assert heads.unsettled(0, START) is None
    kept = heads.unsettled(0, START + 12 * HOUR)
    assert kept is replay
    assert kept.was_cut
    kept.push((START + 12 * HOUR, 989 + 5))
    assert kept.is_counted(len(kept.points) - 1)
    heads.set(0, kept)
    assert (heads.time[0], heads.wh[0]) == (START + 12 * HOUR, 994)
    assert kept.judge.status[-1] == COUNTED
