"""Load curves against the usage of single meters, one interval at a time."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base import HALF_HOUR, HOUR, MINUTE, SiteZone, no_progress
from metertui.engine.columns import DRAWN, NO_REGISTER, Curve
from metertui.engine.errors import MeterError
from metertui.engine.usage.load_curves import LOAD_COLUMNS, load_tables
from metertui.engine.usage.query import Filter, Question
from tests import oracle
from tests.engine.build import frozen
from tests.strategies import courses

LONDON = SiteZone("Europe/London")
FIRST, LAST = date(2025, 3, 29), date(2025, 3, 31)  # the clock goes forward on the 30th
AT = LONDON.parse("2025-03-12T10:10:00")
Course = list[tuple[int, int]]


def table_of(meters: dict[str, Course], question: Question, step: int = HALF_HOUR) -> pd.DataFrame:
    """The load curves in one table, with instants as µs UTC."""
    tables = list(load_tables(frozen(meters, LONDON), question, step, no_progress))
    if not tables:
        return pd.DataFrame(columns=list(LOAD_COLUMNS))
    table = pd.concat(tables, ignore_index=True)
    for name in ("start", "end"):
        table[name] = table[name].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype(np.int64)
    return table


@settings(max_examples=40)
@given(st.lists(courses(), min_size=1, max_size=3), st.sampled_from([15 * MINUTE, HALF_HOUR, 24 * HOUR]))
def test_each_interval_is_what_the_meter_used_in_it(courses_: list[Course], step: int) -> None:
    meters = {f"m{i}": [(t + 28 * 24 * HOUR, wh) for t, wh in course] for i, course in enumerate(courses_)}
    table = table_of(meters, Question(FIRST, LAST), step)
    expected = []
    for meter, course in meters.items():
        model = oracle.Meter(course)
        known = [at for at, _ in model.curve_points()] or [0]
        for day in range((LAST - FIRST).days + 1):
            begin, end = (LONDON.midnight(FIRST + timedelta(days=day + after)) for after in (0, 1))
            for start in range(begin, end, step):
                stop = min(start + step, end)
                low, high = max(start, known[0]), min(stop, known[-1])
                if low < high:
                    expected.append((meter, low, high, model.usage(start, stop)))
    found = zip(table["identifier"], table["start"], table["end"], (table["usage_kwh"] * 1000).round(), strict=True)
    assert list(found) == expected


def test_an_interval_is_actual_where_the_meter_was_read_at_both_edges() -> None:
    day = Question(date(2025, 3, 12), date(2025, 3, 12))
    table = table_of({"m": [(AT, 0), (AT + 20 * MINUTE, 400), (AT + 50 * MINUTE, 1000)]}, day)
    assert table[["start", "end", "usage_kwh", "quality"]].to_numpy().tolist() == [
        [AT, AT + 20 * MINUTE, 0.4, "actual"],
        [AT + 20 * MINUTE, AT + 50 * MINUTE, 0.6, "actual"],
    ]
    table = table_of({"m": [(AT, 0), (AT + 50 * MINUTE, 1000)]}, day)
    assert table["quality"].tolist() == ["estimated", "estimated"]
    assert table["usage_kwh"].tolist() == [0.4, 0.6]


def test_a_gap_has_no_row_and_an_interval_is_cut_at_it() -> None:
    some = frozen({"m": [(AT, 0)]}, LONDON)
    time = np.array([0, 20, 50, 80, 95]) * MINUTE + AT
    none = np.full(5, NO_REGISTER, dtype=np.int64)
    curve = Curve(
        np.zeros(5, dtype=np.int32), time, none, none, np.array([0, 400, 400, 1000, 1300]),
        after_gap=np.array([False, False, True, False, False]), known=np.array([0, 2, 0, 0, DRAWN], dtype=np.uint8),
    )  # fmt: skip
    object.__setattr__(some, "curve", curve)
    object.__setattr__(some, "curve_group", np.zeros(5, dtype=np.int32))
    table = pd.concat(load_tables(some, Question(date(2025, 3, 12), date(2025, 3, 12)), HALF_HOUR))
    shown = table.assign(start=table["start"].dt.strftime("%H:%M"), end=table["end"].dt.strftime("%H:%M"))
    assert shown[["start", "end", "usage_kwh", "quality"]].to_numpy().tolist() == [
        ["10:10", "10:30", 0.4, "substituted"],
        ["11:00", "11:30", 0.6, "actual"],
        ["11:30", "11:45", 0.3, "estimated"],
    ]


def test_filters_and_the_time_of_day_narrow_it() -> None:
    course = [(AT + i * HOUR, i * 1000) for i in range(48)]
    question = Question(date(2025, 3, 12), date(2025, 3, 13), filter=Filter(Group("East"), time="18:00-19:00"))
    groups = {"m": [Group("East")] * 48, "n": [Group("West")] * 48}
    tables = list(load_tables(frozen({"m": course, "n": course}, LONDON, groups), question, HALF_HOUR))
    assert [len(table) for table in tables] == [4]
    assert set(tables[0]["region"]) == {"East"}
    assert tables[0]["end"].dt.strftime("%H:%M").tolist() == ["18:30", "19:00"] * 2


@pytest.mark.parametrize("step", [MINUTE - 1, 7 * MINUTE, 48 * HOUR])
def test_an_interval_divides_the_day(step: int) -> None:
    with pytest.raises(MeterError, match="divides the day"):
        list(load_tables(frozen({}, LONDON), Question(FIRST, LAST), step))
