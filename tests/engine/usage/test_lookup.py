"""The look-up's figures, and the readings behind them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.windows import Window, named_window, window_of_days
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SiteZone
from metertui.engine.usage import Filter, lookup
from metertui.engine.usage.query import Question
from metertui.engine.usage.readings_table import COLUMNS, OF_INTERVALS
from metertui.engine.usage.series import Series
from metertui.engine.vee.edits import Edit, MeterEdits, corrections_from
from tests.engine.build import frozen, series, tables
from tests.strategies import START, courses

LONDON, SINGAPORE = SiteZone("Europe/London"), SiteZone("Asia/Singapore")
GAP = 25 * HOUR


def test_this_month_is_compared_with_as_much_of_the_month_before() -> None:
    first = SINGAPORE.parse("2025-02-01T00:00:00")  # 1 kW in February, 2 kW in March, up to the 12th, 10:30
    last, turn = SINGAPORE.parse("2025-03-12T10:30:00"), SINGAPORE.parse("2025-03-01T00:00:00")
    course = [(t, (t - first + max(0, t - turn)) // (HOUR // 1000)) for t in range(first, last + 1, 30 * MINUTE)]
    window = named_window("month", SINGAPORE.parse("2025-03-12T18:00:00"), SINGAPORE)
    found = lookup.compare_usage(series(course), window, SINGAPORE, GAP)
    assert (found.usage.usage_wh, found.before.usage_wh) == (549_000, 274_500)
    assert (found.change_wh, found.change, found.daily_wh) == (274_500, 1.0, 48_000)
    assert found.known_us == 11 * DAY + 10 * HOUR + 30 * MINUTE


def test_a_part_of_a_window_is_not_compared_with_a_whole_one() -> None:
    first, last = SINGAPORE.parse("2024-02-01T00:00:00"), SINGAPORE.parse("2025-03-12T10:30:00")
    whole = series([(t, (t - first) // (HOUR // 1000)) for t in range(first, last + 1, 30 * MINUTE)])
    for name, unlike in (("year", "before"), ("month", ""), ("last_month", "")):  # 41 of 71 days of the year before
        found = lookup.compare_usage(whole, named_window(name, last, SINGAPORE), SINGAPORE, GAP)
        assert (found.unlike, found.change is None) == (unlike, bool(unlike))
    last_year = window_of_days(date(2024, 1, 1), date(2024, 12, 31), SINGAPORE)
    assert lookup.compare_usage(whole, last_year, SINGAPORE, GAP).unlike == ""  # of the one before nothing is known


def test_windows_in_one_step_are_not_compared() -> None:
    meter = series([(START, 0), (START + 3 * DAY, 900), (START + 4 * DAY, 1000)])
    both = [(START + DAY, START + 2 * DAY, "step"), (START + 2 * DAY, START + 3 * DAY, "step")]
    for start, end, unlike in (*both, (START + 3 * DAY, START + 4 * DAY, "")):
        assert lookup.compare_usage(meter, Window("dates", start, end), LONDON, GAP).unlike == unlike


@pytest.mark.parametrize(("wh", "a_day"), [(1, 0), (3, 2), (5, 2), (7, 4), (4, 2)])
def test_an_average_half_way_between_two_is_the_even_one(wh: int, a_day: int) -> None:
    two_days = lookup.compare_usage(
        series([(START, 0), (START + 2 * DAY, wh)]), Window("x", START, START + 2 * DAY), LONDON, GAP
    )
    assert two_days.daily_wh == a_day


def test_what_has_no_data_is_compared_with_nothing() -> None:
    meter = series([(START, 0), (START + HOUR, 1000), (START + 2 * HOUR, 1000)])
    alone = lookup.compare_usage(meter, Window("dates", START, START + HOUR), LONDON, GAP)
    assert (alone.usage.usage_wh, alone.change_wh, alone.change, alone.daily_wh) == (1000, None, None, 24_000)
    nothing = lookup.compare_usage(meter, Window("dates", START - 9 * DAY, START - 8 * DAY), LONDON, GAP)
    assert (nothing.change_wh, nothing.daily_wh, nothing.known_us) == (None, None, 0)
    after_nothing = lookup.compare_usage(
        series([(START - 2 * DAY, 5), (START, 5), (START + HOUR, 9)]), Window("dates", START, START + HOUR), LONDON, GAP
    )
    assert (after_nothing.change_wh, after_nothing.change) == (4, None)  # of nothing, nothing is a share


def test_a_long_time_without_a_reading_is_a_part_of_what_is_estimated() -> None:
    """Read at both ends of the day and the week, but not for 55 hours between; half of them before Wednesday."""
    times = [START, START + DAY, START + 2 * DAY, START + 2 * DAY + 55 * HOUR, START + 7 * DAY, START + 7 * DAY + GAP]
    meter = series([(time, 1000 * place) for place, time in enumerate(times)])
    for start, end, gaps in (
        (START, START + 2 * DAY, (0, 0)),
        (START, START + 4 * DAY + 7 * HOUR, (55 * HOUR, 55 * HOUR)),
        (START + 3 * DAY, START + 4 * DAY, (DAY, 55 * HOUR)),
        (START - DAY, START + 9 * DAY, (120 * HOUR, 65 * HOUR)),  # what is just not longer is none
        (START + 9 * DAY, START + 10 * DAY, (0, 0)),
    ):
        assert lookup.compare_usage(meter, Window("dates", start, end), LONDON, GAP).gaps == gaps


@settings(max_examples=30)
@given(st.lists(courses(), min_size=1, max_size=2), st.integers(0, 4), st.integers(1, 5))
def test_the_readings_behind_are_those_of_an_export(meters: list[list[tuple[int, int]]], start: int, days: int) -> None:
    named = {f"m{i}": course for i, course in enumerate(meters)}
    group = Group("East", "=Harbour", "2-room")
    columns = frozen(named, LONDON, {name: [group] * len(course) for name, course in named.items()})
    first, last = date(2025, 2, 28 - start), date(2025, 3, days)
    for name, course in named.items():
        behind = lookup.readings_in_window(series(course, name), window_of_days(first, last, LONDON))
        expected = [frame for frame in tables(columns, Question(first, last, filter=Filter(meter=name))) if len(frame)]
        table = behind.table(np.zeros(len(behind), dtype=np.int32), [group], LONDON)
        found = table[list(COLUMNS)]
        assert table[list(OF_INTERVALS)].isna().all(axis=None)
        if expected:
            pd.testing.assert_frame_equal(
                found, pd.concat(expected, ignore_index=True), check_dtype=False, check_categorical=False
            )
        else:
            assert found.empty
        assert (behind.used >= 0).tolist() == (behind.length >= 0).tolist()


def test_steps_have_their_length_though_they_begin_before_the_window() -> None:
    meter = series([(START, 0), (START + HOUR, 400), (START + 2 * HOUR, 90_000_000), (START + 3 * HOUR, 1000)])
    behind = lookup.readings_in_window(meter, Window("", START + 1, START + 3 * HOUR))
    assert behind.used.tolist() == [400, -1, 600]
    assert behind.length.tolist() == [HOUR, -1, 2 * HOUR]
    assert len(lookup.readings_in_window(meter, Window("", START + HOUR, START))) == 0


@given(courses(), st.lists(st.integers(START - 3 * HOUR, START + 90 * HOUR), min_size=1, max_size=6))
def test_what_is_exact_is_what_usage_calls_so(course: list[tuple[int, int]], marks: list[int]) -> None:
    meter = series(course)
    exact = meter.is_exact(np.array(marks, dtype=np.int64))
    for mark, found in zip(marks, exact.tolist(), strict=True):
        edge = meter.usage(Window("", mark, mark + 1)).opening
        assert found == (edge is None or edge.quality != "estimated")


@pytest.mark.parametrize("course", [[], [(START, 5)]])
def test_a_meter_with_next_to_nothing(course: list[tuple[int, int]]) -> None:
    found = lookup.compare_usage(series(course), named_window("month", START + DAY, LONDON), LONDON, GAP)
    assert (found.daily_wh, found.change_wh) == (None, None)


def test_what_was_used_since_an_exchange_before_the_first_reading_is_its_step() -> None:
    decided = MeterEdits()
    decided.apply_edit(Edit(0, "m", "exchange", START, "ada", "new", 0, 100))
    corrections = corrections_from({0: decided})
    readings = [(START + HOUR, 700), (START + 2 * HOUR, 900)]
    times, whs = (np.array(values, dtype=np.int64) for values in zip(*readings, strict=True))
    meter = Series.from_readings("m", times, whs, MeterLimits(1000, (100_000,)), corrections)
    behind = lookup.readings_in_window(meter, Window("", START, START + 2 * HOUR))
    assert (behind.used.tolist(), behind.length.tolist()) == ([-1, 600, 200], [-1, HOUR, HOUR])
    assert sum(behind.used.tolist()[1:]) == meter.usage(Window("", START, START + 2 * HOUR)).usage_wh


def test_the_end_of_an_exchanged_register_is_listed_before_the_new_one_reports() -> None:
    decided = MeterEdits()
    decided.apply_edit(Edit(0, "m", "exchange", START + 2 * HOUR, "ada", "new", 150, 0))
    times, whs = np.array([START, START + HOUR]), np.array([100, 120])
    meter = Series.from_readings("m", times, whs, MeterLimits(1000, (100_000,)), corrections_from({0: decided}))
    window = Window("", START - HOUR, START + 3 * HOUR)
    behind = lookup.readings_in_window(meter, window)
    assert (behind.used.tolist(), behind.length.tolist()) == ([-1, 20, 30], [-1, HOUR, HOUR])
    assert (behind.wh.tolist(), behind.stored) == ([100, 120, 150], 2)
    assert meter.usage(window).usage_wh == 50
    marks = np.arange(START - HOUR, START + 4 * HOUR, HOUR)
    assert meter.buckets(marks)[0].tolist() == [0, 20, 30, 0]
    table = behind.table(np.zeros(len(behind), dtype=np.int32), [Group()], LONDON)
    assert table["status"].tolist() == ["counted", "counted", "exchange"]
    assert np.nansum(table["usage_kwh"]) == 0.05


def test_the_readings_of_a_sum_are_those_of_its_registers() -> None:
    courses = {"m": [], "m:t1": [(START, 0), (START + HOUR, 5)], "m:t2": [(START, 0), (START + 2 * HOUR, 7)]}
    whole = frozen(courses, LONDON)
    total = Series.from_frozen(whole.use, 0, "m", ("m:t1", "m:t2"))
    total.registers = [Series.from_frozen(whole, code) for code in range(3)]
    window = Window("dates", START, START + 3 * HOUR)
    behind = lookup.readings_in_window(total, window)
    told = [(behind.register_of(place), used) for place, used in enumerate(behind.used.tolist())]
    assert told == [("m:t1", -1), ("m:t2", -1), ("m:t1", 5), ("m:t2", 7)]
    assert len(behind) == total.usage(window).readings
    table = behind.part(slice(1, 3)).table(np.zeros(2, dtype=np.int32), [Group()], LONDON)
    assert table["identifier"].tolist() == ["m:t2", "m:t1"]
    assert table["channel"].tolist() == ["t2", "t1"]
