"""Of the values of an interval the last one stands, and files keep the others."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.columns import IntervalColumns
from metertui.engine.intervals.lines import WITHDRAWN
from metertui.engine.intervals.standing import (
    gone_from,
    merge_columns,
    merge_values,
    overlapping,
    standing_and_former,
    standing_columns,
    without_overlaps,
)
from tests.engine.intervals.listed import Listed, listed, rows_of

VALUES = st.sampled_from([(WITHDRAWN, 0), (0, 0), (7, 0), (7, 1)])
ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from([10, 20]), VALUES).map(
        lambda row: (row[0], row[1] * 10, row[1] * 10 + row[2], *row[3])
    ),
    max_size=8,
    unique_by=lambda row: row[:3],
)
NEW: list[Listed] = [("b", 0, 10, 4, 0), ("a", 0, 10, 5, 0), ("a", 0, 10, 6, 1)]


def columns_of(rows: list[Listed]) -> IntervalColumns:
    found = rows_of(rows)
    return standing_columns(found, np.array([ord(each) - ord("a") for each in found.ids], dtype=np.int32))


def as_list(columns: IntervalColumns) -> list[Listed]:
    arrays = (columns.start, columns.end, columns.energy, columns.quality)
    return [
        (chr(97 + code), *rest)
        for code, *rest in zip(columns.meter.tolist(), *(a.tolist() for a in arrays), strict=True)
    ]


def merged(before: list[Listed], rows: list[Listed]) -> list[Listed]:
    both = rows_of(before + rows)
    return listed(merge_values(both.take(slice(len(before))), both.take(slice(len(before), None))))


@given(st.lists(ROWS, max_size=4))
def test_a_file_keeps_every_value_and_the_last_one_stands(imports: list[list[Listed]]) -> None:
    file, values = list[Listed](), dict[tuple[str, int, int], tuple[int, int]]()
    for rows in imports:
        before, file = file, merged(file, rows)
        assert merged(file, rows) == file
        rest = iter(file)
        assert all(row in rest for row in before)  # in their order
        values |= {row[:3]: row[3:] for row in rows}
    keys = [(row[1], row[0], row[2]) for row in file]
    assert keys == sorted(keys)
    standing = sorted((*key, *value) for key, value in values.items() if value[0] != WITHDRAWN)
    taken: list[Listed] = []
    for row in standing:
        if not any(row[0] == each[0] and row[1] < each[2] and each[1] < row[2] for each in taken):
            taken.append(row)
    assert as_list(columns_of(file)) == standing
    assert as_list(without_overlaps(columns_of(file))) == taken


def test_what_stands_already_and_a_withdrawal_of_nothing_are_not_added() -> None:
    file = merged([], NEW)
    assert file == [NEW[1], NEW[2], NEW[0]]
    assert merged(file, [("a", 0, 10, 6, 1), ("a", 10, 20, WITHDRAWN, 0)]) == file
    assert merged(file, [("a", 0, 10, 5, 0)]) == [NEW[1], NEW[2], NEW[1], NEW[0]]


def test_of_two_that_overlap_the_later_is_left_out() -> None:
    rows: list[Listed] = [("a", 0, 10, 1, 0), ("a", 5, 12, 1, 0), ("a", 10, 20, 1, 0), ("b", 0, 1, 1, 0)]
    assert overlapping(columns_of(rows)).tolist() == [False, True, False, False]
    apart = columns_of(rows[2:])
    assert without_overlaps(apart) is apart


def test_intervals_are_put_among_others_and_taken_from_them() -> None:
    whole = columns_of([("a", 0, 10, 1, 0), ("a", 20, 30, 3, 0), ("b", 0, 10, 4, 0)])
    both = merge_columns(whole, np.array([1]), columns_of([("a", 10, 25, 2, 1)]))
    assert as_list(both) == [("a", 0, 10, 1, 0), ("a", 10, 25, 2, 1), ("b", 0, 10, 4, 0)]


def test_values_that_do_not_stand_any_longer_are_kept_apart() -> None:
    file: list[Listed] = [("a", 0, 10, 5, 0), ("a", 0, 10, 6, 1), ("a", 20, 30, 7, 0), ("a", 20, 30, WITHDRAWN, 0)]
    standing, former = standing_and_former(rows_of(file), np.zeros(1, dtype=np.int32))
    assert as_list(standing) == [("a", 0, 10, 6, 1)]
    assert as_list(former) == [("a", 0, 10, 5, 0), ("a", 20, 30, 7, 0)]


def test_what_changes_take_away_is_what_stood_there_alone() -> None:
    before = columns_of([("a", 0, 10, 5, 0), ("a", 10, 20, 6, 0), ("b", 0, 10, 5, 0)])
    changes: list[Listed] = [("a", 0, 10, 7, 0), ("a", 10, 20, 6, 0), ("a", 30, 40, 8, 0)]
    after = columns_of([("a", 0, 10, 7, 0), ("a", 10, 20, 6, 0), ("a", 30, 40, 8, 0), ("b", 0, 10, 5, 0)])
    assert as_list(gone_from(before, after, rows_of(changes))) == [("a", 0, 10, 5, 0)]
    assert not len(gone_from(columns_of([]), after, rows_of(changes)))
