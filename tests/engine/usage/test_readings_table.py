"""Readings as a table for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.usage.query import Filter, Question
from metertui.engine.usage.readings_table import COLUMNS
from tests import oracle
from tests.engine.build import Course, frozen, tables
from tests.strategies import START, courses

LONDON = SiteZone("Europe/London")
MARCH = (date(2025, 3, 1), date(2025, 3, 31))
EAST, WEST = Group("East", "Harbour", "2-room"), Group("West", "Quarry", "landed")


def rows(columns: Frozen, first: date = MARCH[0], last: date = MARCH[1], **filters: Any) -> pd.DataFrame:
    parts = tables(columns, Question(first, last, filter=Filter.by_name(**filters)))
    found = pd.concat(parts) if parts else pd.DataFrame(columns=pd.Index(list(COLUMNS)))
    return found.assign(timestamp=[time.isoformat() for time in found["timestamp"]])


def hourly(*registers: int) -> Course:
    return [(START + place * HOUR, wh) for place, wh in enumerate(registers, start=1)]


def moving() -> Frozen:
    meters: Mapping[str, Course] = {"b": hourly(0, 1000, 3000), "a": hourly(500, 600)}
    return frozen(meters, LONDON, {"b": [EAST, WEST, WEST], "a": [EAST, EAST]})


def test_each_reading_has_its_step_its_attributes_and_its_status() -> None:
    found = rows(frozen({"m": hourly(9000, 9500, 2000, 2200, 50)}, LONDON, {"m": [EAST, WEST, WEST, WEST, WEST]}))
    assert list(found.columns) == list(COLUMNS)
    assert found.iloc[1].tolist() == [
        "m", "2025-03-01T02:00:00+00:00", 9.5, 0.5, "West", "Quarry", "landed", "counted", "actual", "use",
    ]  # fmt: skip
    assert found["status"].tolist() == ["counted", "counted", "reset", "counted", "suspect"]
    steps = [None if pd.isna(step) else step for step in found["usage_kwh"]]
    assert steps == [None, 0.5, 0, 0.2, None]


def test_the_step_over_a_bad_read_is_whole() -> None:
    found = rows(frozen({"m": hourly(1000, 3000, 7, 5000)}, LONDON))
    assert found["status"].tolist() == ["counted", "counted", "rejected", "counted"]
    assert found["usage_kwh"].iloc[3] == 2


def test_a_reading_at_midnight_is_of_the_day_before() -> None:
    times = ("2025-03-01T00:00:00", "2025-03-02T00:00:00", "2025-03-02T00:30:00")
    columns = frozen({"m": [(LONDON.parse(time), wh) for wh, time in enumerate(times)]}, LONDON)
    assert rows(columns, date(2025, 2, 28), date(2025, 2, 28)).empty
    of_the_day = ["2025-03-01T00:00:00+00:00", "2025-03-02T00:00:00+00:00"]  # the first opens it
    assert rows(columns, date(2025, 3, 1), date(2025, 3, 1))["timestamp"].tolist() == of_the_day
    assert rows(columns, date(2025, 3, 2), date(2025, 3, 2))["timestamp"].tolist() == ["2025-03-02T00:30:00+00:00"]


@pytest.mark.parametrize(
    ("filters", "readings"),
    [
        ({}, ["b 0", "b 1", "b 3", "a 0.5", "a 0.6"]),
        ({"meter": "a"}, ["a 0.5", "a 0.6"]),
        ({"region": "West"}, ["b 1", "b 3"]),
        ({"sub_region": "Harbour"}, ["b 0", "a 0.5", "a 0.6"]),
        ({"apartment_type": "landed", "meter": "b"}, ["b 1", "b 3"]),
        ({"apartment_type": "landed", "meter": "a"}, []),
        ({"region": "North"}, []),
    ],
)
def test_filters_hold_for_each_reading_on_its_own(filters: dict[str, Any], readings: list[str]) -> None:
    found = rows(moving(), **filters)
    assert [
        f"{meter} {kwh:g}" for meter, kwh in zip(found["identifier"], found["reading_kwh"], strict=True)
    ] == readings


def test_a_step_is_whole_though_it_begins_before_the_days_that_are_asked() -> None:
    columns = frozen({"m": [(START - 9 * HOUR, 1000), (START + HOUR, 3500)]}, LONDON)
    assert rows(columns)["usage_kwh"].tolist() == [2.5]


def test_a_reading_at_the_end_of_a_time_of_day_is_in_it() -> None:
    columns = frozen({"m": hourly(0, 1, 2, 3, 4)}, LONDON)
    found = rows(columns, time="02:00-04:00")
    assert [time[11:16] for time in found["timestamp"]] == ["03:00", "04:00"]


def test_what_cannot_be_asked_is_named() -> None:
    with pytest.raises(MeterError, match="c is not registered"):
        rows(moving(), meter="c")
    with pytest.raises(MeterError, match="2025-03-01 is before 2025-03-31"):
        rows(moving(), MARCH[1], MARCH[0])
    assert rows(frozen({}, LONDON)).empty


def test_any_days_of_the_calendar_may_be_asked() -> None:
    assert len(rows(moving(), date(1, 1, 1), date(9999, 12, 31))) == 5


def test_memory_is_bounded_by_tables_of_so_many_rows() -> None:
    course = [(START + n * 1_000_000, n) for n in range(1, 50_002)]
    columns = frozen({"m": course}, LONDON)
    first, second = tables(columns, Question(*MARCH))
    assert (len(first), len(second)) == (50_000, 1)
    assert second.iloc[0]["reading_kwh"] == 50.001
    assert (first.dtypes == second.dtypes).all()


@given(st.lists(courses(), min_size=1, max_size=3))
def test_an_export_has_every_reading_and_its_step(meters: list[list[tuple[int, int]]]) -> None:
    named = {f"m{i}": course for i, course in enumerate(meters)}
    expected: list[tuple[str, str, float, float | None, str]] = []
    for meter, course in named.items():
        curve = dict(oracle.Meter(course).curve())
        before: int | None = None
        for (time, wh), kind in oracle.Meter(course).judged():
            step = None
            if kind in ("counted", "rounding", "reset"):
                step = None if before is None else (curve[time] - before) / 1000
                before = curve[time]
            expected.append((meter, LONDON.iso(time), wh / 1000, step, kind))
    table: Any = rows(frozen(named, LONDON), date(2025, 2, 1), date(2027, 12, 31))
    found = [
        (r.identifier, r.timestamp, r.reading_kwh, None if pd.isna(r.usage_kwh) else r.usage_kwh, r.status)
        for r in table.itertuples()
    ]
    assert found == expected
