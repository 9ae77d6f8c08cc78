"""The index of readings against a plain list of tuples, with leaves of a few keys."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from metertui.engine.base.zone import DAY, HALF_HOUR, HOUR, MINUTE, SECOND, SiteZone, day_number
from metertui.engine.columns.columns import Columns
from metertui.engine.index.index import ReadingIndex

LEAF_LOAD = 4
"""Keys a leaf: small, so that a few dozen runs make many leaves."""

UTC_ZONE = SiteZone("UTC")
KATHMANDU = SiteZone("Asia/Kathmandu")
"""East of Greenwich, and no whole hour."""
ST_JOHNS = SiteZone("America/St_Johns")
"""Where the clock, until 2011, went back at 00:01: the day before came again, for 59 minutes."""
BACK = ST_JOHNS.instant(datetime(2006, 10, 29, 2, 31, tzinfo=UTC))
"""2006-10-29 00:01 became 2006-10-28 23:01."""
FORTH = ST_JOHNS.instant(datetime(2006, 4, 2, 3, 31, tzinfo=UTC))
"""2006-04-02 00:01 became 01:01."""
BACK_DAY = day_number(date(2006, 10, 28))


class Row(NamedTuple):
    meter: int
    time: int
    group: int


class Model:
    """Readings in order of their rows, and every question answered by looking at all of them."""

    def __init__(self, zone: SiteZone, rows: list[Row]) -> None:
        self.zone = zone
        self.rows = rows

    def day(self, row: Row) -> int:
        return day_number(self.zone.day(row.time))

    def clock(self, row: Row) -> int:
        local = self.zone.local(row.time)
        return local.hour * HOUR + local.minute * MINUTE + local.second * SECOND + local.microsecond

    def of(self, meter: int) -> list[tuple[int, int]]:
        return sorted((row.time, i) for i, row in enumerate(self.rows) if row.meter == meter)

    def select(
        self,
        meter: int | None,
        groups: set[int] | None,
        days: tuple[int, int] | None,
        clock: tuple[int, int] | None,
    ) -> list[int]:
        return [
            i
            for i, row in enumerate(self.rows)
            if (meter is None or row.meter == meter)
            and (groups is None or row.group in groups)
            and (days is None or days[0] <= self.day(row) < days[1])
            and (clock is None or clock[0] <= self.clock(row) < clock[1])
        ]


def columns(rows: list[Row]) -> Columns:
    return Columns(codes(rows), times(rows), np.zeros(len(rows), dtype=np.int64))


def codes(rows: list[Row]) -> np.ndarray:
    return np.array([row.meter for row in rows], dtype=np.int32)


def times(rows: list[Row]) -> np.ndarray:
    return np.array([row.time for row in rows], dtype=np.int64)


def groups_of(rows: list[Row]) -> np.ndarray:
    return np.array([row.group for row in rows], dtype=np.int32)


def build(rows: list[Row], zone: SiteZone = UTC_ZONE) -> ReadingIndex:
    return ReadingIndex.build(columns(rows), groups_of(rows), zone, LEAF_LOAD)


def extend(index: ReadingIndex, rows: list[Row]) -> None:
    index.extend(codes(rows), times(rows), groups_of(rows))


meters = st.integers(0, 6)
groups = st.integers(0, 4)
instants = st.builds(
    lambda base, steps, ticks: base + steps * 10 * MINUTE + ticks,
    st.sampled_from([0, FORTH, BACK]),
    st.integers(0, 600) | st.integers(0, 12),
    st.sampled_from([0, 0, 0, 1, -1]),
).filter(lambda instant: instant >= 0)
readings = st.lists(st.builds(Row, meters, instants, groups), max_size=40)
day_spans = st.tuples(
    st.sampled_from([0, day_number(date(2006, 4, 1)), BACK_DAY]), st.integers(-1, 4), st.integers(-1, 6)
).map(lambda part: (part[0] + part[1], part[0] + part[1] + part[2]))
clock_spans = st.tuples(st.integers(0, 48), st.integers(0, 48), st.sampled_from([0, 0, 1, 17 * MINUTE])).map(
    lambda part: (part[0] * HALF_HOUR, part[1] * HALF_HOUR + part[2])
)
edges = st.sampled_from([-1, 0, 0, 1])


class AnyOrder(RuleBasedStateMachine):
    """Additions, moves and rebuilds in any order; after each, every question has the plain list's answer."""

    @initialize(zone=st.sampled_from([UTC_ZONE, KATHMANDU, ST_JOHNS]), rows=readings)
    def begin(self, zone: SiteZone, rows: list[Row]) -> None:
        self.zone = zone
        self.rebuild(rows)

    def rebuild(self, rows: list[Row]) -> None:
        self.model = Model(self.zone, sorted(rows))
        self.index = build(self.model.rows, self.zone)

    @rule(rows=readings)
    def add(self, rows: list[Row]) -> None:
        extend(self.index, rows)
        self.model.rows += rows

    @rule()
    def close(self) -> None:
        self.rebuild(self.model.rows)

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sets(st.integers(0, max(0, len(self.model.rows) - 1)), max_size=5))
        moves = {row: data.draw(groups) for row in chosen if row < len(self.model.rows)}
        self.index.regroup(np.array(list(moves), dtype=np.int64), np.array(list(moves.values()), dtype=np.int32))
        for row, group in moves.items():
            self.model.rows[row] = self.model.rows[row]._replace(group=group)

    @rule(
        meter=st.none() | meters,
        chosen=st.none() | st.sets(groups),
        days=st.none() | day_spans,
        clock=st.none() | clock_spans,
    )
    def select(
        self,
        meter: int | None,
        chosen: set[int] | None,
        days: tuple[int, int] | None,
        clock: tuple[int, int] | None,
    ) -> None:
        found = self.index.select_rows(meter, chosen, days, clock)
        assert found.dtype == np.int64
        assert sorted(found.tolist()) == self.model.select(meter, chosen, days, clock)
        if meter is not None:
            times = [self.model.rows[row].time for row in found]
            assert times == sorted(times)

    @precondition(lambda self: self.model.rows)
    @rule(
        data=st.data(),
        day_edges=st.none() | st.tuples(edges, edges),
        clock_edges=st.none() | st.tuples(edges, edges),
        slots=st.tuples(st.booleans(), st.booleans()),
        by_meter=st.booleans(),
        by_group=st.booleans(),
    )
    def select_near_a_reading(
        self,
        data: st.DataObject,
        day_edges: tuple[int, int] | None,
        clock_edges: tuple[int, int] | None,
        slots: tuple[bool, bool],
        by_meter: bool,
        by_group: bool,
    ) -> None:
        """Conditions that just take a reading in, or just leave it out."""
        row = data.draw(st.sampled_from(self.model.rows))
        days = clock = None
        if day_edges is not None:
            days = self.model.day(row) + day_edges[0], self.model.day(row) + 1 + day_edges[1]
        if clock_edges is not None:
            low, high = self.model.clock(row) + clock_edges[0], self.model.clock(row) + 1 + clock_edges[1]
            clock = (
                low // HALF_HOUR * HALF_HOUR if slots[0] else low,
                -(-high // HALF_HOUR) * HALF_HOUR if slots[1] else high,
            )
        self.select(row.meter if by_meter else None, {row.group} if by_group else None, days, clock)

    @rule(meter=meters, time=instants, count=st.integers(0, 5), data=st.data())
    def look_round(self, meter: int, time: int, count: int, data: st.DataObject) -> None:
        mine = self.model.of(meter)
        if bool(mine) and data.draw(st.booleans()):
            time = data.draw(st.sampled_from(mine))[0]
        there = [row for at, row in mine if at == time]
        found = self.index.row_at(meter, time)
        assert found in there if there else found is None
        earlier = [pair for pair in mine if pair[0] < time]
        assert self.index.rows_before(meter, time, count) == earlier[len(earlier) - min(count, len(earlier)) :]
        assert self.index.rows_after(meter, time, count) == [pair for pair in mine if pair[0] > time][:count]

    @rule(meter=meters, start=st.none() | instants, end=st.none() | instants)
    def rows_of(self, meter: int, start: int | None, end: int | None) -> None:
        assert self.index.rows_of_meter(meter, start, end).tolist() == [
            row
            for time, row in self.model.of(meter)
            if (start is None or time > start) and (end is None or time <= end)
        ]

    @invariant()
    def whole(self) -> None:
        self.index._check()
        assert len(self.index) == len(self.model.rows)


AnyOrder.TestCase.settings = settings(max_examples=120, stateful_step_count=25, deadline=None, derandomize=True)
test_any_order = AnyOrder.TestCase


def test_the_model_meets_the_day_that_comes_twice() -> None:
    model = Model(ST_JOHNS, [])
    before, after = Row(0, BACK - SECOND, 0), Row(0, BACK, 0)
    assert (model.day(before), model.clock(before)) == (BACK_DAY + 1, 59 * SECOND)
    assert (model.day(after), model.clock(after)) == (BACK_DAY, 23 * HOUR + MINUTE)


def test_meters_read_at_the_same_moment_are_all_found() -> None:
    rows = [Row(meter, 10 * DAY + 8 * HOUR, 3) for meter in range(500)]
    index = build(rows[:300])
    extend(index, rows[300:])
    for conditions in (
        {"days": (10, 11)},
        {"clock": (8 * HOUR, 8 * HOUR + HALF_HOUR)},
        {"clock": (8 * HOUR, 8 * HOUR + 1)},
        {"groups": [3], "days": (10, 11), "clock": (0, DAY)},
    ):
        assert sorted(index.select_rows(**conditions).tolist()) == list(range(500))


def test_spans_take_their_start_and_leave_their_end() -> None:
    index = build([Row(0, 5 * DAY + 8 * HOUR, 0)])
    assert index.select_rows(days=(5, 6)).tolist() == [0]
    assert index.select_rows(days=(4, 5)).tolist() == []
    assert index.select_rows(clock=(8 * HOUR, 9 * HOUR)).tolist() == [0]
    assert index.select_rows(clock=(7 * HOUR, 8 * HOUR)).tolist() == []
    assert index.rows_of_meter(0, 5 * DAY + 8 * HOUR).tolist() == []
    assert index.rows_of_meter(0, 0, 5 * DAY + 8 * HOUR).tolist() == [0]


def test_a_group_named_twice_is_found_once() -> None:
    index = build([Row(0, HOUR, 1), Row(1, HOUR, 2)])
    assert index.select_rows(groups=[2, 1, 2]).tolist() == [0, 1]


def test_the_order_with_fewer_runs_answers() -> None:
    rows = [Row(0, day * DAY + 8 * HOUR, 0) for day in range(100)]
    index = build(rows)
    asked: list[str] = []
    for name in ("day", "slot"):
        runs = getattr(index, f"_by_{name}")

        def listen(*args: object, name: str = name, runs: Any = runs) -> object:
            asked.append(name)
            return type(runs).select(runs, *args)

        runs.select = listen
    assert len(index.select_rows(clock=(8 * HOUR, 9 * HOUR))) == 100
    assert len(index.select_rows(days=(3, 4), clock=(8 * HOUR, 18 * HOUR))) == 1
    assert len(index.select_rows(clock=(8 * HOUR, 8 * HOUR + MINUTE))) == 100
    assert len(index.select_rows(days=(3, 5))) == 2
    assert asked == ["slot", "day", "day", "day"]


@pytest.mark.parametrize("days", [(-(10**15), 10**15), (-(10**15), 1), (0, 10**15)])
@pytest.mark.parametrize("meter", [None, 0])
def test_days_may_lie_beyond_the_calendar(days: tuple[int, int], meter: int | None) -> None:
    index = build([Row(0, HOUR, 0), Row(0, 2 * HOUR, 1)])
    assert index.select_rows(meter=meter, days=days).tolist() == [0, 1]
    assert index.select_rows(meter=meter, days=(10**15, 10**16)).tolist() == []


@pytest.mark.parametrize("meter", [None, 0])
def test_a_clock_span_beyond_the_day_is_the_whole_day(meter: int | None) -> None:
    index = build([Row(0, HOUR, 0)])
    assert index.select_rows(meter=meter, clock=(-5, 2 * DAY)).tolist() == [0]
    assert index.select_rows(meter=meter, clock=(DAY, 2 * DAY)).tolist() == []


def test_an_empty_index_answers_with_nothing() -> None:
    index = build([])
    assert len(index) == 0
    assert index.row_at(0, 5) is None
    assert index.rows_before(0, 5, 3) == index.rows_after(0, 5, 3) == []
    for conditions in ({}, {"meter": 0}, {"groups": [0]}, {"days": (0, 9)}, {"clock": (0, 7)}):
        assert index.select_rows(**conditions).tolist() == []


def test_lengths_have_to_agree() -> None:
    rows = [Row(0, HOUR, 0)]
    with pytest.raises(ValueError, match="a group for each reading"):
        ReadingIndex.build(columns(rows), groups_of([]), UTC_ZONE)
    index = build(rows)
    with pytest.raises(ValueError, match="equal lengths"):
        index.extend(codes(rows), times(rows), groups_of([]))
    assert len(index) == 1


def test_moving_a_reading_leaves_the_columns_that_were_given_alone() -> None:
    rows = [Row(0, HOUR, 1), Row(0, 2 * HOUR, 1)]
    group = groups_of(rows)
    index = ReadingIndex.build(columns(rows), group, UTC_ZONE)
    index.regroup(np.array([1]), np.array([2], dtype=np.int32))
    assert group.tolist() == [1, 1]
    assert index.select_rows(groups=[2]).tolist() == [1]


@pytest.mark.parametrize(
    "harm", ["_by_meter", "_by_day", "_by_slot", "_live_by_meter", "_live_by_day", "_live_by_slot"]
)
def test_an_order_that_misses_a_reading_is_found(harm: str) -> None:
    rows = [Row(0, HOUR, 1), Row(1, 2 * HOUR, 1)]
    index, smaller = build(rows), build(rows[:1])
    extend(index, rows)
    extend(smaller, rows[:1])
    for whole in (index, smaller):
        whole.select_rows(groups=[1])
        whole._check()
    setattr(index, harm, getattr(smaller, harm))
    with pytest.raises(AssertionError):
        index._check()
