"""Some readings of a list, judged as all readings together are."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.columns import Contested, Corrections
from metertui.engine.core.listing import find_readings
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.index.views import View
from metertui.engine.usage.intervals import list_readings
from metertui.engine.usage.judged_readings import judge_readings
from metertui.engine.usage.query import Question
from tests.engine.build import LIMITS, frozen, view
from tests.strategies import START, courses

LONDON = SiteZone("Europe/London")
EVER = Question(date(2020, 1, 1), date(2030, 1, 1))


@settings(max_examples=40)
@given(st.lists(courses(), min_size=1, max_size=3), st.integers(0, 20), st.integers(0, 20))
def test_a_page_is_judged_as_the_whole(meters: list[list[tuple[int, int]]], start: int, count: int) -> None:
    whole = frozen({f"m{i}": course for i, course in enumerate(meters)}, LONDON)
    listed = list_readings(whole.columns, whole.status, whole.curve)
    page = judge_readings(find_readings(view(whole), EVER), start, start + count, LIMITS)
    rows = slice(start, start + count)
    assert page.readings.time.tolist() == whole.columns.time[rows].tolist()
    assert page.used.tolist() == listed.used[rows].tolist()
    assert page.length.tolist() == listed.length[rows].tolist()
    assert page.status.tolist() == whole.status[rows].tolist()


def test_the_edits_of_each_meter_are_its_own() -> None:
    def codes(*values: int) -> np.ndarray:
        return np.array(values, dtype=np.int32)

    def ints(*values: int) -> np.ndarray:
        return np.array(values, dtype=np.int64)

    course = [(START + n * HOUR, n * 1000) for n in range(4)]
    whole = frozen({"a": course, "b": course}, LONDON)
    edits = Corrections(
        codes(1),
        ints(START + HOUR),
        ints(1000),
        (Contested(1, START + 2 * HOUR, (2000, 1500), {2000: True}),),
        codes(),
        ints(),
        ints(),
        codes(0),
        ints(START + 90 * 60_000_000),
        ints(1400),
        ints(1900),
    )
    stored = view(whole).stored
    directory = MeterCodes()
    for meter in whole.ids:
        directory.place_meter(meter, whole.groups[0])
    edited = View(stored.history, stored.tail, view(whole)._index, directory, LONDON, edits)
    page = judge_readings(edited.find(), 0, 8, LIMITS)
    assert page.used.tolist() == [-1, 1000, 100, 1000, -1, -1, 1500, 1500]
    assert edits.of_meter(2) is None
