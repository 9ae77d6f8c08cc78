"""Intervals of files among readings: each with its own usage, a reading with what its step has beyond them."""

from __future__ import annotations

import numpy as np

from metertui.engine.base.zone import HOUR
from metertui.engine.columns.curve import NO_REGISTER
from metertui.engine.columns.interval_columns import IntervalColumns
from metertui.engine.usage.listed_intervals import list_all, list_history
from metertui.engine.usage.series import Series
from metertui.engine.vee import rules
from tests.engine.build import LIMITS
from tests.strategies import START

WH = 1_000_000


def rows(reads: list[tuple[int, int]], intervals: list[tuple[int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Hour, register, usage and length (hours) of the rows, given reads (hour, Wh) and intervals (hours, Wh)."""
    time, wh = np.array(reads, dtype=np.int64).reshape(-1, 2).T
    start, end, energy = np.array(intervals, dtype=np.int64).reshape(-1, 3).T
    stated = IntervalColumns(
        np.zeros(len(start), np.int32),
        START + start * HOUR,
        START + end * HOUR,
        energy * WH,
        np.zeros(len(start), np.uint8),
    )
    series = Series.from_readings("m", START + time * HOUR, wh, LIMITS, None, stated)
    listed = list_all(series.columns, series.status, series.read_curve, series.curve, series.intervals)
    assert (listed.status == np.where(listed.wh == NO_REGISTER, rules.INTERVAL, rules.COUNTED)).all()
    assert int(listed.used[listed.used > 0].sum()) == int(series.curve.energy[-1])
    hours = ((listed.time - START) // HOUR).tolist()
    lengths = np.where(listed.length < 0, -1, listed.length // HOUR).tolist()
    return list(zip(hours, listed.wh.tolist(), listed.used.tolist(), lengths, strict=True))


def test_a_reading_has_what_its_step_has_beyond_the_intervals() -> None:
    found = rows([(0, 1000), (4, 2000), (6, 2500)], [(1, 2, 400), (4, 5, 300), (5, 6, 200)])
    assert found == [
        (0, 1000, -1, -1),
        (2, NO_REGISTER, 400, 1),
        (4, 2000, 600, 4),
        (5, NO_REGISTER, 300, 1),
        (6, NO_REGISTER, 200, 1),
        (6, 2500, -1, 2),  # nothing of its step is left: the intervals state all of it
    ]


def test_an_interval_across_a_reading_counts_once() -> None:
    assert rows([(0, 0), (2, 600), (4, 1200)], [(1, 3, 400)]) == [
        (0, 0, -1, -1),
        (2, 600, 400, 2),
        (3, NO_REGISTER, 400, 2),
        (4, 1200, 400, 2),
    ]


def test_intervals_alone_and_readings_alone() -> None:
    assert rows([], [(0, 1, 5), (9, 10, 7)]) == [(1, NO_REGISTER, 5, 1), (10, NO_REGISTER, 7, 1)]
    assert rows([(0, 1), (1, 3)], []) == [(0, 1, -1, -1), (1, 3, 2, 1)]
    assert rows([(3, 1), (4, 3)], [(0, 1, 9)]) == [(1, NO_REGISTER, 9, 1), (3, 1, -1, -1), (4, 3, 2, 1)]


def test_a_value_that_does_not_stand_has_a_row_without_usage_before_the_one_that_took_its_place() -> None:
    def columns(rows: list[tuple[int, int, int]]) -> IntervalColumns:
        start, end, energy = np.array(rows, dtype=np.int64).T
        code = np.zeros(len(rows), np.int32)
        return IntervalColumns(code, START + start * HOUR, START + end * HOUR, energy * WH, code.astype(np.uint8))

    former = columns([(0, 1, 400), (2, 4, 900)])
    nothing = np.empty(0, dtype=np.int64)
    series = Series.from_readings("m", nothing, nothing, LIMITS, None, columns([(0, 1, 500), (3, 4, 300)]), former)
    given = (series.columns, series.status, series.read_curve, series.curve, series.intervals)
    listed, every = list_history(*given, series.former)
    assert ((listed.time - START) // HOUR).tolist() == [1, 1, 4, 4]
    assert listed.status.tolist() == [rules.REPLACED, rules.INTERVAL, rules.WITHDRAWN, rules.INTERVAL]
    assert listed.used.tolist() == [-1, 500, -1, 300]
    assert (every.energy[listed.source] // WH).tolist() == [400, 500, 900, 300]
