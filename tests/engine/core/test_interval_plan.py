"""What becomes of the intervals of some meters, file by file."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.columns.interval_columns import IntervalColumns
from metertui.engine.core.interval_outcomes import What
from metertui.engine.core.interval_plan import IntervalPart, IntervalPlan

Listed = tuple[int, int, int, int]
"""Number of the file, start, end and energy."""


def part(*rows: Listed) -> IntervalPart:
    source, start, end, energy = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    none = np.zeros(len(rows), dtype=np.int32)
    return IntervalPart(
        none, start, end, energy, none.astype(np.uint8), none, source.astype(np.int32), np.arange(len(rows))
    )


def text(columns: IntervalColumns, at: int) -> str:
    return f"{columns.start[at]}-{columns.end[at]}: {columns.energy[at]}"


def listed(columns: IntervalColumns) -> list[tuple[int, int, int]]:
    return list(zip(columns.start.tolist(), columns.end.tolist(), columns.energy.tolist(), strict=True))


@pytest.mark.parametrize("replaces", [True, False])
def test_a_file_is_held_against_what_is_stored_and_the_files_before(*, replaces: bool) -> None:
    stored = part((0, 0, 2, 10), (0, 2, 3, 5)).columns()
    rows = part((0, 0, 1, 6), (0, 3, 4, 1), (1, 3, 4, 2), (1, 2, 3, 5), (1, 2, 3, 6))
    plan = IntervalPlan(rows, stored, text, replaces=replaces)
    assert plan.what.tolist() == [What.DIFFERENT, What.NEW, What.DIFFERENT, What.DUPLICATE, What.CONFLICT]
    assert plan.against == {0: "0-2: 10 is known", 2: "3-4: 1 is known"}
    assert (plan.count(What.DIFFERENT), plan.new.tolist()) == (2, [0, 2] if replaces else [1])
    assert plan.withdrawn().end.tolist() == ([2] if replaces else [])


@given(st.lists(st.lists(st.sampled_from((1, 2, 4)), min_size=3, max_size=3), min_size=2, max_size=4), st.randoms())
@settings(max_examples=30)
def test_the_shortest_intervals_of_the_same_energy_stand_in_any_order(sizes: list[list[int]], random: Random) -> None:
    """Files of three times four units each, every four of which are divided in one way."""
    files = [
        [(start, start + size, 10 * size) for at, size in enumerate(each) for start in range(4 * at, 4 * at + 4, size)]
        for each in sizes
    ]
    finest = [min(each) for each in zip(*sizes, strict=True)]
    expected = [
        (start, start + size, 10 * size) for at, size in enumerate(finest) for start in range(4 * at, 4 * at + 4, size)
    ]
    random.shuffle(files)
    cut = random.randrange(len(files) + 1)
    known = part().columns()
    for some in (files[:cut], files[cut:]):
        rows = part(*((number, *row) for number, file in enumerate(some) for row in file))
        plan = IntervalPlan(rows, known, text, replaces=False)
        assert plan.count(What.DIFFERENT) == plan.count(What.CONFLICT) == 0
        gone = {*zip(plan.withdrawn().start.tolist(), plan.withdrawn().end.tolist(), strict=True)}
        kept = [row for row in listed(known) if row[:2] not in gone]
        known = part(*((0, *row) for row in sorted([*kept, *listed(plan.part.take(plan.new).columns())]))).columns()
    assert listed(known) == expected
