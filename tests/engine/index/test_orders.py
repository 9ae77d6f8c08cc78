"""The day order and the slot order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from metertui.engine.base.zone import DAY, HALF_HOUR, HOUR
from metertui.engine.index.orders import FIRST_DAY, build_order, day_pairs, group_of, key_of, slot_pairs

GROUP = np.array([1, 0, 1, 0], dtype=np.int32)
WALL = np.array([3 * DAY + HOUR, 2 * DAY + 9 * HOUR, 3 * DAY, -DAY + 9 * HOUR], dtype=np.int64)
"""The second and the last in the same half hour of different days."""


def test_a_day_run_has_its_rows_in_order_of_the_clock() -> None:
    order = build_order(day_pairs, GROUP, WALL)
    assert order.rows_at(*order.run(key_of(1, 3))).tolist() == [2, 0]
    assert order.rows_at(*order.run(key_of(0, -1))).tolist() == [3]


def test_a_slot_run_has_its_rows_in_order_of_the_day() -> None:
    order = build_order(slot_pairs, GROUP, WALL)
    assert order.rows_at(*order.run(key_of(0, 9 * HOUR // HALF_HOUR))).tolist() == [3, 1]


def test_keys_are_in_order_of_group_and_day() -> None:
    assert key_of(0, 5) < key_of(1, FIRST_DAY) < key_of(1, 0)
    assert group_of(key_of(7, FIRST_DAY)) == group_of(key_of(7, 365)) == 7


def test_workers_build_both_orders_side_by_side() -> None:
    rng = np.random.default_rng(5)
    group, wall = rng.integers(0, 5, 2000).astype(np.int32), rng.integers(0, 40 * DAY, 2000)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda pairs_of: build_order(pairs_of, group, wall), (day_pairs, slot_pairs)))
    for order, pairs_of in zip(found, (day_pairs, slot_pairs), strict=True):
        order._check(*pairs_of(group, wall))
