"""The day order: built once, in parts, by whichever thread asks first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from unittest.mock import patch

import numpy as np
import pytest

from metertui.engine.base.zone import DAY, HOUR
from metertui.engine.index import day_order
from metertui.engine.index.day_order import DayOrder, day_keys, group_of, key_spans
from tests.patience import PATIENCE

T = TypeVar("T")
R = TypeVar("R")


def history(rows: int, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Return groups and instants of rows in order of meter and time."""
    made = np.random.default_rng(7)
    meter = np.sort(made.integers(0, 9, rows))
    time = made.integers(-3 * DAY, 40 * DAY, rows)
    return (meter % groups).astype(np.int32), time[np.lexsort((time, meter))]


@pytest.mark.parametrize("groups", [1, 3, 70_000])
def test_parts_side_by_side_make_the_same_order(groups: int) -> None:
    group, time = history(2000, min(groups, 9))
    if groups > 9:
        group = group * 9000  # more than 16 bits
    whole = DayOrder(group, time, load=4)
    whole._check()
    asked: list[int] = []

    with ThreadPoolExecutor(2) as pool, patch.object(day_order, "_PART", 100):

        def run_parts(function: Callable[[T], R], parts: Iterable[T]) -> Iterable[R]:
            taken = list(parts)
            asked.append(len(taken))
            return pool.map(function, taken)

        parted = DayOrder(group, time, load=4)
        runs, present = parted.build(run_parts)
        parted._check()
    assert asked == [len(set(group.tolist()))], "a group a part, as each has more than a part needs"
    expected = whole.build()
    assert present == expected[1]
    assert runs.rows is not None
    assert expected[0].rows is not None
    assert runs.rows.tolist() == expected[0].rows.tolist()


def test_who_asks_while_it_is_built_waits_for_it() -> None:
    group, time = history(500, 2)
    order = DayOrder(group, time)
    built: list[object] = []

    def run_parts(function: Callable[[T], R], parts: Iterable[T]) -> Iterable[R]:
        built.append(None)
        return map(function, parts)

    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(order.build, run_parts) for _ in range(8)]
        assert len({id(each.result(PATIENCE)[0]) for each in found}) == 1
    assert len(built) == 1


def test_keys_are_in_order_of_group_and_day() -> None:
    group = np.array([1, 0, 0, 1], dtype=np.int32)
    time = np.array([-HOUR, 0, DAY, DAY - 1], dtype=np.int64)
    keys = day_keys(group, time).tolist()
    assert sorted(keys) == [keys[1], keys[2], keys[0], keys[3]]
    assert [group_of(key) for key in keys] == group.tolist()


def test_the_days_of_a_window_are_those_that_its_readings_can_have() -> None:
    day = day_keys(np.zeros(3, dtype=np.int32), np.array([0, DAY, 2 * DAY])).tolist()
    assert key_spans([0], np.array([[0, DAY]])) == [(day[0], day[1] + 1)], "a reading at midnight closes the day before"
    assert key_spans([0], np.array([[DAY - 1, DAY]])) == [(day[1], day[2])]
    assert key_spans([0], np.array([[0, 5], [DAY, DAY + 5]])) == [(day[0], day[1] + 1)]
    assert key_spans([], np.array([[0, 5]])) == []
