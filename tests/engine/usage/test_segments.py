"""Meters looked up at marks against the same meters step by step: to the watt-hour, wherever they moved."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from metertui.engine.attributes import Group
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SiteZone
from metertui.engine.columns.columns import Frozen
from metertui.engine.usage.aggregate import usage_figures
from metertui.engine.usage.buckets import cut_time
from metertui.engine.usage.intervals import cut_intervals, filed_times, intervals_in_window
from metertui.engine.usage.query import Question
from metertui.engine.usage.segments import Stored, reading_cells, segments_in_window, stored_segments, usage_cells
from tests.engine.build import frozen
from tests.strategies import START, courses

LONDON = SiteZone("Europe/London")
PLACES = (Group("East"), Group("West"), Group("North"))
FIRST, LAST, AFTER = date(2025, 2, 1), date(2025, 5, 31), date(2025, 6, 1)


@st.composite
def towns(draw: st.DrawFn) -> Frozen:
    """Meters read at any time, or every day at midnight, that move at any reading."""
    daily = st.builds(
        lambda rises: [(START + n * DAY, sum(rises[:n])) for n in range(len(rises))],
        st.lists(st.sampled_from([0, 1, 47, 49, 10_000]), max_size=4),
    )
    meters = draw(st.lists(st.one_of(courses(), daily), min_size=1, max_size=4))
    groups = {f"m{i}": [draw(st.sampled_from(PLACES)) for _ in course] for i, course in enumerate(meters)}
    return frozen({f"m{i}": course for i, course in enumerate(meters)}, LONDON, groups)


def by_steps(town: Frozen, labels: NDArray[np.int64], marks: NDArray[np.int64]) -> dict[tuple[int, int, int], int]:
    """Wh by meter, label and bucket; a bucket for each that a step reaches into."""
    found: Counter[tuple[int, int, int]] = Counter()
    taken = intervals_in_window(town, slice(0, len(town.curve)), labels, int(marks[0]), int(marks[-1]))
    for piece in cut_intervals(taken, marks):
        for key, wh in zip(zip(piece.meter, piece.label, piece.bucket, strict=True), piece.used, strict=True):
            found[key] += wh
    return dict(found)


@settings(max_examples=60)
@given(
    towns(),
    st.lists(st.one_of(st.integers(0, 200).map(lambda n: START + n * HOUR // 2), st.integers(START, START + 9 * DAY))),
    st.sampled_from([0, 1_000_000]),
    st.sampled_from([1, 5, 1_000_000]),
    st.sampled_from([[0, 1, 2, 0], [0, -1, 0, 0]]),
)
def test_what_meters_used_between_marks_is_what_their_steps_did(
    town: Frozen, inner: list[int], sparse: int, most: int, labels: list[int]
) -> None:
    marks = np.unique(np.array([START - HOUR, *inner, START + 400 * DAY], dtype=np.int64))
    label_of_group = np.array(labels[: len(town.groups)], dtype=np.int64)
    window = (int(marks[0]), int(marks[-1]))
    filed = filed_times(town.columns.meter, town.columns.time, town.curve)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metertui.engine.usage.segments._SPARSE", sparse)
        patch.setattr("metertui.engine.usage.segments._CELLS", most)
        taken = segments_in_window(town, slice(0, len(town.curve)), label_of_group, *window)
        found: Counter[tuple[int, int, int]] = Counter()
        for cells in usage_cells(town.curve, taken, marks):
            for stay, bucket, wh in zip(*(column.tolist() for column in cells[:3]), strict=True):
                found[taken.meter[stay], taken.label[stay], bucket] += wh
        assert dict(found) == by_steps(town, label_of_group, marks)
        everything = Stored(town.columns, town.group, filed, slice(0, len(town.columns)))
        taken = stored_segments(everything, label_of_group, *window)
        counts: Counter[tuple[int, int, int]] = Counter()
        for cells in reading_cells(filed, taken, marks):
            for stay, bucket, count in zip(*(column.tolist() for column in cells[:3]), strict=True):
                counts[taken.meter[stay], taken.label[stay], bucket] += count
    expected = Counter(
        (meter, int(label_of_group[group]), int(np.searchsorted(marks, time)) - 1)
        for meter, group, time in zip(town.columns.meter, town.group, filed, strict=True)
        if label_of_group[group] >= 0 and marks[0] < time <= marks[-1]
    )
    assert +counts == expected


@settings(max_examples=60)
@given(towns(), st.sampled_from([(), ("region",), ("meter",), ("region", "meter"), ("day", "region")]))
def test_a_peak_is_the_highest_half_hour_of_the_steps(town: Frozen, by: tuple[str, ...]) -> None:
    question = Question(FIRST, LAST, by)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metertui.engine.usage.peaks._TOGETHER", 1)
        found = usage_figures(town, question, peaks=True)
    halves = cut_time(LONDON, question, LONDON.midnight(FIRST), LONDON.midnight(AFTER), half_hours=True)
    day = halves.texts["day"][halves.row] if "day" in by else [""] * len(halves.row)
    of_group = np.arange(len(town.groups))
    summed: dict[tuple[str, ...], Counter[int]] = {}
    for (meter, group, bucket), wh in by_steps(town, of_group, halves.marks).items():
        names = {"day": day[bucket], "region": town.groups[group].region, "meter": town.ids[meter]}
        summed.setdefault(tuple(names[key] for key in by), Counter())[int(halves.marks[bucket])] += wh
    expected = {row: min((-wh, at) for at, wh in slots.items()) for row, slots in summed.items()}
    rows = found[list(by)].itertuples(index=False, name=None) if by else [()] * len(found)
    assert {row: (-wh, at) for row, wh, at in zip(rows, found["peak_wh"], found["peak_at"], strict=True)} == expected
    assert all((at - START) % (30 * MINUTE) == 0 for at in found["peak_at"])
