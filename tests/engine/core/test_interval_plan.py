"""What becomes of the intervals of some meters, file by file."""

from __future__ import annotations

import numpy as np
import pytest

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


@pytest.mark.parametrize("replaces", [True, False])
def test_a_file_is_held_against_what_is_stored_and_the_files_before(*, replaces: bool) -> None:
    stored = part((0, 0, 2, 10), (0, 2, 3, 5)).columns()
    rows = part((0, 0, 1, 6), (0, 3, 4, 1), (1, 3, 4, 2), (1, 2, 3, 5), (1, 2, 3, 6))
    plan = IntervalPlan(rows, stored, text, replaces=replaces)
    assert plan.what.tolist() == [What.DIFFERENT, What.NEW, What.DIFFERENT, What.DUPLICATE, What.CONFLICT]
    assert plan.against == {0: "0-2: 10 is known", 2: "3-4: 1 is known"}
    assert (plan.count(What.DIFFERENT), plan.new.tolist()) == (2, [0, 2] if replaces else [1])
    assert plan.withdrawn().end.tolist() == ([2] if replaces else [])
