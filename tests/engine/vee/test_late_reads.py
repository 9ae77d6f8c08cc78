"""Single readings: a replay around one agrees with a replay of the whole history."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.vee.edits import Edit, MeterEdits
from metertui.engine.vee.estimates import Reading, why_apart
from metertui.engine.vee.late_reads import (
    MeterHeads,
    Replay,
    has_edit_at,
    replay_after,
    replay_before,
    surroundings,
)
from metertui.engine.vee.neighbours import NOT_SIMPLE, Neighbours, Point
from metertui.engine.vee.rules import SUSPECT, Judge
from tests import oracle
from tests.engine.vee.test_curve import decided_meters, decided_of, limits_of
from tests.engine.vee.test_neighbours import Stored
from tests.strategies import START, close_courses, courses

LIMITS = MeterLimits(1000, (100_000,))
ZONE = SiteZone("Asia/Singapore")


def whole(points: list[Point], limits: MeterLimits = LIMITS) -> Judge:
    judge = Judge(limits.rounding_wh)
    for time, wh in points:
        judge.push(time, wh, limits.at(time))
    return judge


@settings(max_examples=300)
@given(decided_meters(), st.data())
def test_a_late_reading_is_validated_as_if_all_were_replayed(meter: oracle.Meter, data: st.DataObject) -> None:
    points = sorted(meter.readings)
    late = [at for at, (time, _) in enumerate(points) if time not in meter.exchanges and time not in meter.voids]
    if not late:
        return
    own_at = data.draw(st.sampled_from(late))
    time, wh = points[own_at]
    stored = Stored(points[:own_at] + points[own_at + 1 :], meter.estimates)
    neighbours = Neighbours(stored, 0, limits_of(meter), (), decided_of(meter))
    replay = replay_before(neighbours, time)
    if time in meter.estimates - meter.releases:
        chain = surroundings(replay, neighbours, time)
        limits = neighbours.limits
        why = why_apart(chain.before(time), chain.after, Reading(time, wh, limits.at(time)), limits, ZONE)
        assert (why == "") == (meter.judged()[own_at][1] != "rejected"), why
        return
    without = replay.copy()
    own = len(replay.points)
    replay.push((time, wh))
    same = replay_after(replay, without, neighbours, time)
    counted = meter.judged()[own_at][1] in ("counted", "rounding", "reset")
    assert replay.is_counted(own) == counted
    if not same:
        last = meter.actual().curve_points()[-1]
        head = replay.judge.last
        assert head is not None
        assert (head.time, head.register) == last


@given(st.one_of(courses(most=40), close_courses(40)), st.data())
def test_late_readings_in_order_go_on_where_the_last_one_ended(points: list[Point], data: st.DataObject) -> None:
    """Some are stored already, the others come one by one, each later than the one before."""
    points = sorted(dict(points).items())
    coming = data.draw(st.sets(st.sampled_from(points))) if points else set()
    heads = MeterHeads(kept_from=0)
    heads.grow(1)
    stored = [point for point in points if point not in coming]
    for point in sorted(coming):
        neighbours = Neighbours(Stored(stored), 0, LIMITS)
        replay = heads.replay_before(0, neighbours, point[0])
        replay.push(point)
        heads.keep(0, replay)
        stored = sorted([*stored, point])
        expected = whole([each for each in stored if each <= point])
        assert replay.judge.agrees_with(expected)


@given(st.one_of(courses(most=40), close_courses(40)))
def test_the_head_is_the_last_point_that_counts_or_none(points: list[Point]) -> None:
    points = sorted(dict(points).items())
    replay = replay_before(Neighbours(Stored(points), 0, LIMITS), NOT_SIMPLE)
    judge = whole(points)
    if judge.status and judge.status[-1] < SUSPECT:
        assert judge.last is not None
        assert replay.head == (points[-1][0], judge.last.register)
    elif not judge.status or judge.status[-1] == SUSPECT:
        assert replay.head is None


def test_a_register_that_stands_still_is_replayed_from_where_it_stood_still() -> None:
    """What was counted before may be higher than all of them, however many there are."""
    still = [(START + place * HOUR, 10_000) for place in range(1, 600)]
    points = [(START - HOUR, 10_000), (START, 10_900), *still]
    replay = replay_before(Neighbours(Stored(points), 0, LIMITS), NOT_SIMPLE)
    assert replay.head == (still[-1][0], 10_900)


def test_an_exchange_is_a_point_of_a_replay() -> None:
    edits = MeterEdits()
    edits.apply_edit(Edit(0, "m", "exchange", START + HOUR, "ann", "x", 25, 0))
    replay = Replay(LIMITS, edits)
    replay.push((START + HOUR, 25))
    assert (has_edit_at(edits, START + HOUR), has_edit_at(edits, START)) == (True, False)
    assert replay.head == (START + HOUR, 0)


def test_a_long_replay_is_kept_for_the_next_reading() -> None:
    heads = MeterHeads()
    heads.grow(1)
    assert heads.time[0] == NOT_SIMPLE
    points = [(START, 1_000_000), *((START + place * HOUR, 900_000 - place * 2_000) for place in range(1, 100))]
    neighbours = Neighbours(Stored(points), 0, LIMITS)
    replay = heads.replay_before(0, neighbours, START + 100 * HOUR)
    replay.push((START + 100 * HOUR, 700_000))  # each is lower than the one before, so none fits
    heads.keep(0, replay)
    heads.set(0, replay)
    assert heads.time[0] == NOT_SIMPLE
    points.append((START + 100 * HOUR, 700_000))
    kept = heads.replay_before(0, neighbours, START + 101 * HOUR)
    assert [time for time, _ in kept.points] == [START, START + 100 * HOUR]
    kept.push((START + 101 * HOUR, 700_005))
    assert kept.is_counted(1)
    heads.keep(0, kept)
    heads.set(0, kept)
    assert (heads.time[0], heads.wh[0]) == (START + 101 * HOUR, 700_005)
    heads.unset(0)
    assert heads.time[0] == NOT_SIMPLE
    assert len(heads.replay_before(0, neighbours, START + 101 * HOUR).points) == 101


def test_a_run_that_rises_by_one_rounding_does_not_settle_what_is_counted_before_it() -> None:
    """The fourth is two roundings below the first, whose register counts still, and the run rises by one."""
    registers = [10_000, 60_000, 9_000, 8_000, 8_100, 9_100, 9_200]
    points = [(START + place * HOUR, wh) for place, wh in enumerate(registers)]
    replay = replay_before(Neighbours(Stored(points), 0, LIMITS), NOT_SIMPLE)
    assert replay.judge.agrees_with(whole(points))
    assert replay.head == (points[-1][0], 10_000)


def test_a_kept_replay_is_not_continued_over_readings_that_it_cannot_see() -> None:
    """More were stored since than are fetched at once, as by an import."""
    points = [(START + place * HOUR, 1000 + place % 2) for place in range(40)]
    heads = MeterHeads(kept_from=0)
    heads.grow(1)
    old = Replay.among(Neighbours(Stored(points[:2]), 0, LIMITS))
    for point in points[:2]:
        old.push(point)
    heads.keep(0, old)
    replay = heads.replay_before(0, Neighbours(Stored(points), 0, LIMITS), NOT_SIMPLE)
    assert len(replay.points) == len(points)
