"""What becomes of the readings of a file, by what is stored and by what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.qualities import Stated
from metertui.engine.columns.tail_columns import Arrivals
from metertui.engine.core.engine import Engine
from metertui.engine.core.import_outcomes import Stored, are_doubtful, judge_beside, outcomes_of
from metertui.engine.vee.edits import Edit, MeterEdits
from tests.clock import FakeClock

ZONE = SiteZone("Asia/Singapore")
AT = ZONE.parse("2025-03-11T10:00:00")


def outcomes(folder: Path, readings: Sequence[tuple[int, int]], *edits: Edit) -> list[list[bool]]:
    """Return which (µs UTC, Wh) of an unknown meter are new, kept and doubtful in an empty folder."""
    engine = Engine.open(folder, Rules(zone=ZONE), FakeClock("2025-03-12T12:00:00", ZONE))
    frozen = engine.view().frozen()
    engine.close()
    stored = Stored(frozen.columns, frozen.corrections)
    decided = MeterEdits()
    for edit in edits:
        decided.apply_edit(edit)
    times, whs = np.array(readings, dtype=np.int64).T
    arrivals = Arrivals(np.zeros(len(readings), dtype=np.int32), times, whs)
    stated = Stated(*arrivals, np.zeros(len(readings), dtype=np.uint8))
    found = outcomes_of(stated, stored, ["m"], {"m": decided})
    doubtful = np.zeros(len(readings), dtype=bool)
    new = np.flatnonzero(found.new)
    fresh = arrivals.take(new)
    judged = judge_beside(fresh, found, stored, ["m"], {"m": decided}, frozen.limits)
    doubtful[new] = are_doubtful(fresh, judged)
    return [found.new.tolist(), found.kept.tolist(), doubtful.tolist()]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_values_that_edits_name_are_kept_and_others_contradict_what_stands(
    tmp_path: Path, order: Sequence[int]
) -> None:
    """Of a correction from 850 to 101, while another value has crept into the file."""
    values = (850_000, 101_000, 7_000)
    correct = Edit(0, "m", "correct", AT + HOUR, "ann", "misread", wh=values[0], to=values[1])
    readings = [(AT, 100_000), *((AT + HOUR, values[place]) for place in order), (AT + 2 * HOUR, 102_000)]
    new, kept, doubtful = outcomes(tmp_path, readings, correct)
    assert new == kept == [True, *(values[place] != 7_000 for place in order), True]
    assert not any(doubtful), "what is void is no suspect"


def test_a_reading_is_new_once(tmp_path: Path) -> None:
    void = Edit(0, "m", "void", AT, "ann", "misread", wh=900)
    found = outcomes(tmp_path, [(AT, 900), (AT, 150), (AT, 900), (AT, 150), (AT, 151)], void)
    assert found[:2] == [[True, True, False, False, False], [True, True, True, True, False]]
