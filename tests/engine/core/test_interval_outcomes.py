"""What becomes of the intervals of a file."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.columns import IntervalColumns
from metertui.engine.core.interval_outcomes import What, file_outcomes
from tests.engine.intervals.test_standing import columns_of

Span = tuple[int, int, int]
N, D, X, C = What.NEW, What.DUPLICATE, What.DIFFERENT, What.CONFLICT


def outcomes(file: list[Span], known: list[Span]) -> tuple[list[int], list[int]]:
    start, end, energy = np.array(file, dtype=np.int64).reshape(-1, 3).T
    columns = IntervalColumns(np.zeros(len(file), np.int32), start, end, energy, np.zeros(len(file), np.uint8))
    found = file_outcomes(columns, columns_of([("a", *span, 0) for span in known]))
    return found.what.tolist(), found.known.tolist()


@pytest.mark.parametrize(
    ("file", "known", "what", "beside"),
    [
        ([(0, 10, 5), (10, 20, 6)], [], [N, N], []),
        ([(10, 20, 6), (0, 10, 5)], [(0, 10, 5)], [N, D], []),
        ([(0, 10, 5), (0, 10, 5), (0, 10, 6)], [], [N, D, C], []),  # twice in its own file
        ([(0, 10, 6)], [(0, 10, 5)], [X], [0]),
        ([(0, 10, 5)], [(-10, 0, 1), (10, 20, 1)], [N], []),  # beside, not over
        ([(0, 20, 9)], [(0, 10, 5), (10, 20, 4)], [D], []),  # the same energy for the same time
        ([(0, 20, 8)], [(0, 10, 5), (10, 20, 4)], [X], [0, 1]),
        ([(0, 20, 9)], [(0, 10, 5), (11, 20, 4)], [X], [0, 1]),
        ([(0, 10, 5), (10, 20, 4)], [(0, 20, 9)], [N, N], []),
        ([(0, 10, 5), (10, 20, 5)], [(0, 20, 9)], [X, X], [0]),
        ([(0, 10, 5)], [(0, 20, 9)], [X], [0]),
        ([(5, 15, 5)], [(0, 10, 5), (10, 20, 5), (20, 30, 5)], [X], [0, 1]),
        ([(0, 10, 5), (10, 20, 5), (0, 20, 10)], [], [N, N, D], []),  # a total among its parts
        ([(0, 10, 5), (10, 20, 5), (0, 20, 11)], [], [N, N, C], []),
    ],
)
def test_each_interval_is_compared_by_itself(
    file: list[Span], known: list[Span], what: list[What], beside: list[int]
) -> None:
    assert outcomes(file, known) == (what, beside)


def test_another_quality_is_a_difference_and_another_meter_is_none() -> None:
    known = columns_of([("a", 0, 10, 5, 1), ("c", 0, 10, 5, 0)])
    found = file_outcomes(columns_of([("a", 0, 10, 5, 0), ("b", 0, 10, 7, 0), ("c", 0, 10, 5, 0)]), known)
    assert found.what.tolist() == [X, N, D]
    assert found.beside.tolist() == [0, -1, -1]
