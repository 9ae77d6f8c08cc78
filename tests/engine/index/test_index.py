"""The index of readings against a plain list of tuples, with leaves of a few keys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from metertui.engine.base.zone import DAY, HOUR, MINUTE
from metertui.engine.columns.curve import Columns
from metertui.engine.index import day_order
from metertui.engine.index.index import ReadingIndex
from metertui.engine.index.meter_codes import GroupsInTime

LEAF_LOAD = 4
"""Keys a leaf: small, so that a few dozen runs make many leaves."""


class Row(NamedTuple):
    meter: int
    time: int
    group: int


class Model:
    """Readings in order of their rows, and every question answered by looking at all of them."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def of(self, meter: int) -> list[tuple[int, int]]:
        return sorted((row.time, i) for i, row in enumerate(self.rows) if row.meter == meter)

    def select(
        self, meter: int | None, groups: set[int] | None, asked: np.ndarray | None, limit: int | None
    ) -> list[int]:
        return [
            i
            for i, row in enumerate(self.rows[:limit])
            if (meter is None or row.meter == meter)
            and (groups is None or row.group in groups)
            and (asked is None or any(start < row.time <= end for start, end in asked.tolist()))
        ]


def columns(rows: list[Row]) -> Columns:
    return Columns(codes(rows), times(rows), np.zeros(len(rows), dtype=np.int64))


def codes(rows: list[Row]) -> np.ndarray:
    return np.array([row.meter for row in rows], dtype=np.int32)


def times(rows: list[Row]) -> np.ndarray:
    return np.array([row.time for row in rows], dtype=np.int64)


def groups_of(rows: list[Row]) -> np.ndarray:
    return np.array([row.group for row in rows], dtype=np.int32)


def build(rows: list[Row]) -> ReadingIndex:
    return ReadingIndex(columns(rows), groups_of(rows), LEAF_LOAD)


def extend(index: ReadingIndex, rows: list[Row]) -> None:
    index.extend(codes(rows), times(rows), groups_of(rows))


def spans(*edges: int) -> np.ndarray:
    """Return windows: each pair of edges is one."""
    return np.array(list(zip(edges[::2], edges[1::2], strict=True)), dtype=np.int64).reshape(-1, 2)


METERS = 7
meters = st.integers(0, METERS - 1)
groups = st.integers(0, 4)
instants = st.builds(
    lambda steps, ticks: steps * 10 * MINUTE + ticks,
    st.integers(0, 600) | st.integers(0, 12) | st.just(144),
    st.sampled_from([0, 0, 0, 1, -1]),
).filter(lambda instant: instant >= 0)
readings = st.lists(st.builds(Row, meters, instants, groups), max_size=40)
windows = st.lists(st.integers(-1, 12) | instants, max_size=8, unique=True).map(
    lambda edges: spans(*sorted(edges)[: len(edges) // 2 * 2])
)


edges = st.sampled_from([-1, 0, 0, 1])


class AnyOrder(RuleBasedStateMachine):
    """Additions, moves and rebuilds in any order; after each, every question has the plain list's answer."""

    @initialize(rows=readings)
    def begin(self, rows: list[Row]) -> None:
        self.rebuild(rows)

    def rebuild(self, rows: list[Row]) -> None:
        self.model = Model(sorted(rows))
        self.index = build(self.model.rows)
        self.moves: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    @rule(rows=readings)
    def add(self, rows: list[Row]) -> None:
        extend(self.index, rows)
        self.model.rows += rows

    @rule()
    def close(self) -> None:
        self.rebuild(self.model.rows)

    @rule(chosen=st.sets(meters, max_size=3), course=st.lists(groups, min_size=2, max_size=2), since=instants)
    def move(self, chosen: set[int], course: list[int], since: int) -> None:
        """Move meters that are in the first group before an instant and in the second from then on."""
        for meter in chosen:
            self.moves[meter] = np.array([since]), np.array(course, dtype=np.int32)
        in_time = GroupsInTime(np.zeros(METERS, dtype=np.int32), dict(self.moves))
        self.index.regroup(chosen, in_time)
        for place, row in enumerate(self.model.rows):
            if row.meter in self.moves:
                self.model.rows[place] = row._replace(group=int(in_time.groups_of(codes([row]), times([row]))[0]))

    @rule(
        meter=st.none() | meters,
        chosen=st.none() | st.sets(groups),
        asked=st.none() | windows,
        later=st.integers(0, 5),
    )
    def select(self, meter: int | None, chosen: set[int] | None, asked: np.ndarray | None, later: int) -> None:
        limit = None if not later else max(self.index._history, len(self.index) - later)
        found = self.index.select(meter, chosen, asked, limit)
        assert found.dtype == np.int64
        assert sorted(found.tolist()) == self.model.select(meter, chosen, asked, limit)
        if meter is not None:
            times = [self.model.rows[row].time for row in found]
            assert times == sorted(times)

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data(), edges=st.tuples(edges, edges), by_meter=st.booleans(), by_group=st.booleans())
    def select_near_a_reading(
        self, data: st.DataObject, edges: tuple[int, int], by_meter: bool, by_group: bool
    ) -> None:
        """Windows that just take a reading in, or just leave it out."""
        row = data.draw(st.sampled_from(self.model.rows))
        asked = spans(row.time - 1 + edges[0], row.time + 1 + edges[1])
        self.select(row.meter if by_meter else None, {row.group} if by_group else None, asked, 0)

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

    @invariant()
    def whole(self) -> None:
        self.index._check()
        assert len(self.index) == len(self.model.rows)


AnyOrder.TestCase.settings = settings(max_examples=120, stateful_step_count=25, deadline=None, derandomize=True)
test_any_order = AnyOrder.TestCase


def test_meters_read_at_the_same_moment_are_all_found() -> None:
    rows = [Row(meter, 10 * DAY + 8 * HOUR, 3) for meter in range(500)]
    index = build(rows[:300])
    extend(index, rows[300:])
    at = 10 * DAY + 8 * HOUR
    for asked in (spans(10 * DAY, 11 * DAY), spans(at - 1, at), spans(0, DAY, at - HOUR, at), None):
        assert sorted(index.select(groups=[3], windows=asked).tolist()) == list(range(500))


@pytest.mark.parametrize("condition", [{}, {"meter": 0}, {"groups": [0]}])
def test_a_window_leaves_its_start_and_takes_its_end(condition: dict[str, Any]) -> None:
    at = 5 * DAY
    for rows, late in (([Row(0, at, 0)], []), ([], [Row(0, at, 0)])):
        index = build(rows)
        extend(index, late)
        assert index.select(**condition, windows=spans(at - 1, at)).tolist() == [0]
        assert index.select(**condition, windows=spans(at, at + DAY)).tolist() == []
        assert index.select(**condition, windows=spans(0, at)).tolist() == [0]


def test_a_group_named_twice_is_found_once() -> None:
    index = build([Row(0, HOUR, 1), Row(1, HOUR, 2)])
    assert index.select(groups=[2, 1, 2]).tolist() == [0, 1]


@pytest.mark.parametrize("meter", [None, 0])
def test_windows_may_lie_beyond_the_calendar(meter: int | None) -> None:
    index = build([Row(0, HOUR, 0), Row(0, 2 * HOUR, 1)])
    assert index.select(meter=meter, windows=spans(-(2**62), 2**62)).tolist() == [0, 1]
    assert index.select(meter=meter, windows=spans(2**61, 2**62)).tolist() == []
    assert index.select(meter=meter, windows=spans(-(2**62), -(2**61))).tolist() == []


def test_an_empty_index_answers_with_nothing() -> None:
    index = build([])
    assert len(index) == 0
    assert index.row_at(0, 5) is None
    assert index.rows_before(0, 5, 3) == index.rows_after(0, 5, 3) == []
    for conditions in ({}, {"meter": 0}, {"groups": [0]}, {"windows": spans(0, DAY)}):
        assert index.select(**conditions).tolist() == []
    index._check()


def test_lengths_have_to_agree() -> None:
    rows = [Row(0, HOUR, 0)]
    with pytest.raises(ValueError, match="a group for each reading"):
        ReadingIndex(columns(rows), groups_of([]))
    index = build(rows)
    with pytest.raises(ValueError, match="equal lengths"):
        index.extend(codes(rows), times(rows), groups_of([]))
    assert len(index) == 1


def test_moving_a_meter_sorts_its_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row(meter, n * HOUR, 1) for meter in range(20) for n in range(10)]
    group = groups_of(rows)
    index = ReadingIndex(columns(rows), group)
    extend(index, [Row(3, 99 * HOUR, 1), Row(4, 99 * HOUR, 1)])
    index.build()
    assert len(index.select(groups=[1])) == 202
    sorted_rows: list[int] = []
    plain = day_order._sort

    def count(groups: np.ndarray, *rest: Any) -> Any:
        sorted_rows.append(len(groups))
        return plain(groups, *rest)

    monkeypatch.setattr(day_order, "_sort", count)
    everyone = np.ones(20, dtype=np.int32)
    everyone[3] = 2
    index.regroup([3], GroupsInTime(everyone, {}))
    assert sorted_rows == [], "who moves a meter does not pay for it"
    for _ in range(2):
        assert index.select(groups=[2]).tolist() == [*range(30, 40), 200]
        assert len(index.select(groups=[1], limit=201)) == 190
    assert sorted_rows == [11]
    assert (index.is_built, group.tolist()) == (True, [1] * 200), "and the groups that were given stay"


def test_the_day_order_is_built_when_it_is_first_needed() -> None:
    rows = [Row(meter, HOUR, meter % 2) for meter in range(4)]
    index = build(rows)
    assert index.select(meter=1).tolist() == [1]
    assert index.select().tolist() == [0, 1, 2, 3]
    assert not index.is_built
    assert index.select(groups=[1]).tolist() == [1, 3]
    assert index.is_built


def test_questions_are_answered_in_threads_while_readings_arrive() -> None:
    index = build([])
    arriving = [[Row(meter, n * HOUR, 0) for meter in range(7)] for n in range(200)]

    def ask(limit: int) -> bool:
        rows = index.select(groups=[0], windows=spans(-1, 500 * HOUR), limit=limit)
        one = index.select(meter=3, limit=limit)
        return sorted(rows.tolist()) == list(range(limit)) and one.tolist() == list(range(3, limit, 7))

    with ThreadPoolExecutor(2) as pool:
        asked = []
        for rows in arriving:
            extend(index, rows)
            asked.append(pool.submit(ask, len(index)))
        assert all(each.result() for each in asked)
    index._check()


@pytest.mark.parametrize("harm", ["_by_meter", "_by_day", "_live_by_meter", "_live_by_day"])
def test_an_order_that_misses_a_reading_is_found(harm: str) -> None:
    rows = [Row(0, HOUR, 1), Row(1, 2 * HOUR, 1)]
    index, smaller = build(rows), build(rows[:1])
    extend(index, rows)
    extend(smaller, rows[:1])
    for whole in (index, smaller):
        whole.select(groups=[1])
        whole._check()
    setattr(index, harm, getattr(smaller, harm))
    with pytest.raises(AssertionError):
        index._check()
