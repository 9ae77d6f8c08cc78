"""A change of step within a register is found, however many pieces its rows come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base import DAY, HOUR, MINUTE, Int64Array
from metertui.formats.meter_tables.step_changes import StepChange, StepChanges
from metertui.formats.meter_tables.steps import Steps

QUARTER = 15 * MINUTE


def changes(step: int = QUARTER, *, newest_first: bool = False) -> StepChanges:
    return StepChanges(Steps(step, own=False), newest_first=newest_first)


def times(*apart: int) -> Int64Array:
    return np.cumsum([0, *apart], dtype=np.int64)


def found(looking: StepChanges, told: Int64Array, size: int) -> StepChange | None:
    """Return what is found where every piece has so many rows of each of two registers, the second one regular."""
    for at in range(0, len(told), size):
        part = told[at : at + size]
        codes = np.repeat(np.arange(2), len(part))
        every = np.concatenate((part, np.arange(at, at + len(part)) * QUARTER))
        if change := looking.find(codes, every, np.arange(len(every)) + 10 * at):
            return change
    return None


@pytest.mark.parametrize("size", [1, 3, 5, 60])
def test_a_change_is_found_over_pieces(size: int) -> None:
    coarser = times(*[QUARTER] * 10, *[HOUR] * 12)
    finer = times(*[QUARTER] * 10, *[5 * MINUTE] * 4)
    for told, other in ((coarser, HOUR), (finer, 5 * MINUTE)):
        line = 10 // size * size * 10 + 10 % size  # of the last row at the usual distance
        assert found(changes(), told, size) == StepChange(QUARTER, other, line)
        newest = changes(newest_first=True)
        change = found(newest, told[::-1], size)
        assert change is not None
        assert (change.step, change.other) == (QUARTER, other)


def test_single_rows_at_other_distances_are_no_change() -> None:
    told = times(*[HOUR] * 11, QUARTER, *[HOUR] * 11, QUARTER, *[5 * MINUTE] * 3, QUARTER, *[HOUR] * 11)
    assert found(changes(), told, 4) is None


def test_days_may_be_missing() -> None:
    assert changes(DAY).find(np.zeros(20, np.int64), times(*[2 * DAY] * 19), np.arange(20)) is None
    assert changes().find(*np.empty((3, 0), np.int64)) is None


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([QUARTER, 5 * MINUTE, HOUR]), st.integers(1, 13)),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 9),
)
def test_pieces_tell_what_the_whole_tells(runs: list[tuple[int, int]], size: int) -> None:
    told = times(*(apart for apart, count in runs for _ in range(count)))
    whole = changes().find(np.zeros(len(told), np.int64), told, np.arange(len(told)))
    assert (found(changes(), told, size) is None) == (whole is None)
