"""Usage by time of day, and the readings behind it, against the rules in exact fractions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.listing import find_readings
from metertui.engine.errors import MeterError
from metertui.engine.usage.aggregate import usage_figures, usage_table
from metertui.engine.usage.query import Filter, Question, format_clock, parse_clock
from tests import oracle
from tests.clock import FakeClock
from tests.engine.build import Course, frozen
from tests.strategies import courses

LONDON = SiteZone("Europe/London")
SPRING, AUTUMN = (date(2025, 3, 28), date(2025, 4, 1)), (date(2025, 10, 25), date(2025, 10, 28))
"""Days around those on which the clock is changed."""
moments = st.integers(0, 95).map(lambda quarter: quarter * 15 * MINUTE)


def spans(first: date, last: date, clock: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """When the clock of London shows a time of day, a quarter of an hour at a time, by the wall clock alone."""
    at, end = LONDON.midnight(first), LONDON.midnight(last + timedelta(days=1))
    while at < end:
        wall = datetime.fromtimestamp(at / 1e6, UTC).astimezone(ZoneInfo("Europe/London"))
        moment = (wall.hour * 60 + wall.minute) * MINUTE
        low, high = clock
        if low <= moment < high if low < high else moment >= low or moment < high:
            yield at, at + 15 * MINUTE
        at += 15 * MINUTE


def shifted(course: Course, days: tuple[date, date]) -> list[tuple[int, int]]:
    """A course of readings that begins on the first of some days."""
    return [(t - course[0][0] + LONDON.midnight(days[0]) - HOUR, v) for t, v in course]


@settings(max_examples=40)
@given(course=courses(), days=st.sampled_from([SPRING, AUTUMN]), low=moments, high=moments)
def test_a_time_of_day_is_what_c_rises_by_while_the_clock_shows_it(
    course: list[tuple[int, int]], days: tuple[date, date], low: int, high: int
) -> None:
    if low == high or not course:
        return
    course = shifted(course, days)
    meter = oracle.Meter(course)
    found = usage_table(frozen({"m": course}, LONDON), Question(*days, filter=Filter(time=format_clock((low, high)))))
    parts = list(spans(*days, (low, high)))
    used = [wh for wh in (meter.usage(*part) for part in parts) if wh is not None]
    assert found["usage_wh"].tolist() == ([sum(used)] if used else [])
    stored = sum(meter.stored(*part)[0] for part in parts)
    assert found["readings"].tolist() == ([stored] if used else [])


@settings(max_examples=40)
@given(
    courses=st.lists(courses(), min_size=1, max_size=3),
    edges=st.lists(moments, min_size=2, max_size=5, unique=True),
    days=st.sampled_from([SPRING, AUTUMN]),
    by=st.sampled_from([(), ("day",), ("hour",), ("weekday", "hour_of_day"), ("month", "region"), ("meter",)]),
)
def test_times_of_day_that_make_up_the_day_sum_to_it(
    courses: list[list[tuple[int, int]]], edges: list[int], days: tuple[date, date], by: tuple[str, ...]
) -> None:
    columns = frozen({f"m{i}": shifted(c, days) for i, c in enumerate(courses) if c}, LONDON)
    whole = usage_table(columns, Question(*days, by))
    parts = [
        usage_table(columns, Question(*days, by, filter=Filter(time=format_clock(clock))))
        for clock in pairwise([*sorted(edges), min(edges)])
    ]
    for figure in ("usage_wh", "readings"):
        together = Counter[tuple[str, ...]]()
        for part in parts:
            together.update(dict(zip(part[list(by)].itertuples(index=False, name=None), part[figure], strict=True)))
        expected = dict(zip(whole[list(by)].itertuples(index=False, name=None), whole[figure], strict=True))
        assert together == expected if by else together.total() == whole[figure].sum()


@settings(max_examples=25)
@given(courses=st.lists(courses(), min_size=1, max_size=3), days=st.sampled_from([SPRING, AUTUMN]))
def test_the_peak_is_the_highest_half_hour_of_all_meters_together(
    courses: list[list[tuple[int, int]]], days: tuple[date, date]
) -> None:
    meters = {f"m{i}": shifted(c, days) for i, c in enumerate(courses) if c}
    found = usage_figures(frozen(meters, LONDON), Question(*days, ("day",)), peaks=True)
    expected = []
    for day in (days[0] + timedelta(days=n) for n in range((days[1] - days[0]).days + 1)):
        start, end = LONDON.midnight(day), LONDON.midnight(day + timedelta(days=1))
        slots = []
        for at in range(start, end, 30 * MINUTE):
            used = [oracle.Meter(course).usage(at, at + 30 * MINUTE) for course in meters.values()]
            if any(wh is not None for wh in used):
                slots.append((sum(wh or 0 for wh in used), -at))
        if slots:
            expected.append((max(slots)[0], -max(slots)[1]))
    assert list(zip(found["peak_wh"], found["peak_at"], strict=True)) == expected


def test_the_hour_that_comes_twice_counts_twice_and_one_that_is_skipped_not_at_all() -> None:
    columns = frozen({"m": [(LONDON.midnight(date(2025, 1, 1)) + n * HOUR, n * 1000) for n in range(8000)]}, LONDON)

    def at(day: date, clock: str) -> list[int]:
        return usage_table(columns, Question(day, day, filter=Filter(time=clock)))["usage_wh"].tolist()

    assert at(date(2025, 10, 26), "01:00-02:00") == [2000]
    assert at(date(2025, 3, 30), "01:00-02:00") == []
    assert at(date(2025, 6, 1), "22:00-06:00") == [8000]
    assert at(date(2025, 10, 26), "00:30-00:45") == [250]


def test_days_of_the_week_and_hours_of_the_clock_come_round_again() -> None:
    columns = frozen(
        {"m": [(LONDON.midnight(date(2025, 3, 3)) + n * HOUR, n * 1000) for n in range(24 * 14 + 1)]}, LONDON
    )
    found = usage_figures(columns, Question(date(2025, 3, 3), date(2025, 3, 16), ("weekday",)))
    assert found["weekday"].tolist() == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert found["usage_wh"].tolist() == [48_000] * 7
    assert found["days"].tolist() == [2] * 7
    found = usage_figures(columns, Question(date(2025, 3, 3), date(2025, 3, 16), ("hour_of_day",)))
    assert found["hour_of_day"].tolist() == [f"{hour:02d}:00" for hour in range(24)]
    assert found["usage_wh"].tolist() == [14_000] * 24
    assert found["days"].tolist() == [14] * 24


def test_an_answer_names_the_largest_meter_of_a_row() -> None:
    meters = {
        f"m{i}": [(LONDON.midnight(date(2025, 3, 3)), 0), (LONDON.midnight(date(2025, 3, 5)), i * 2000)]
        for i in range(4)
    }
    found = usage_figures(frozen(meters, LONDON), Question(date(2025, 3, 3), date(2025, 3, 4), ("day",)))
    assert found["largest_wh"].tolist() == [3000, 3000]
    assert found["usage_wh"].tolist() == [6000, 6000]


@pytest.mark.parametrize(
    ("text", "clock"),
    [("18:00-20:00", (18 * HOUR, 20 * HOUR)), ("22:30-06:00", (22 * HOUR + 30 * MINUTE, 6 * HOUR)), ("", None),
     ("00:00-24:00", None), ("06:00-24:00", (6 * HOUR, DAY)), (" 00:00-00:15 ", (0, 15 * MINUTE))],
)  # fmt: skip
def test_a_time_of_day_is_a_text(text: str, clock: tuple[int, int] | None) -> None:
    assert parse_clock(text) == clock
    assert clock is None or format_clock(clock) == text.strip()


@pytest.mark.parametrize("text", ["18-20", "18:00", "25:00-26:00", "18:00-24:30", "18:00-18:00", "18:00-20:00\n-"])
def test_an_error_names_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(MeterError):
        parse_clock(text)


@settings(max_examples=25)
@given(
    course=courses(),
    days=st.sampled_from([SPRING, AUTUMN]),
    clock=st.one_of(st.none(), st.tuples(moments, moments).filter(lambda pair: pair[0] != pair[1])),
    meter=st.sampled_from(["", "m", "n"]),
    region=st.sampled_from(["", "East"]),
)
def test_the_readings_behind_a_table_are_those_that_it_counts(
    course: list[tuple[int, int]],
    days: tuple[date, date],
    clock: tuple[int, int] | None,
    meter: str,
    region: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    if not course:
        return
    with_changes = [(t, v) for t, v in shifted(course, days)]
    change = int(LONDON.clock_changes(LONDON.midnight(days[0]), LONDON.midnight(days[1]))[0])
    engine = Engine.open(tmp_path_factory.mktemp("data"), Rules(zone=LONDON), FakeClock())
    try:
        batch = engine.ingest.begin()
        batch.add_account("m", {"region": "East"})
        batch.add_account("n", {"region": "West"})
        engine.ingest.write(batch)
        engine.ingest.apply(batch)
        codes = [engine.directory.codes["m"], engine.directory.codes["n"]]
        times = [*(t for t, _ in with_changes), change, change + 1]
        engine.readings.append(
            [codes[0]] * (len(times) - 2) + [codes[1]] * 2, times, [v for _, v in with_changes] + [0, 1]
        )
        question = Question(*days, filter=Filter.by_name(meter=meter, region=region, time=format_clock(clock)))
        table = usage_table(engine.view().frozen(), question)
        found = find_readings(engine.view(), question).part(0, len(with_changes) + 2)
        inside = [
            (name, t)
            for name, t in zip(["m"] * len(with_changes) + ["n"] * 2, times, strict=True)
            if meter in ("", name) and (not region or name == "m")
            and any(a < t <= b for a, b in (spans(*days, clock) if clock else spans(*days, (0, DAY))))
        ]  # fmt: skip
        assert list(zip((("m", "n")[code] for code in found.meter), found.time.tolist(), strict=True)) == sorted(inside)
        assert len(found.time) >= table["readings"].sum()
    finally:
        engine.close()


def test_a_list_of_readings_is_sorted_and_cut(tmp_path: Path) -> None:
    engine = Engine.open(tmp_path, Rules(zone=LONDON), FakeClock())
    batch = engine.ingest.begin()
    for meter in ("b", "a"):
        batch.add_account(meter, {"region": meter})
        for day, kwh in (("01", "5"), ("02", "7"), ("03", "9")):
            batch.add_reading(meter, kwh, f"2025-03-{day}T12:00")
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    question = Question(date(2025, 3, 1), date(2025, 3, 2), sort="-reading_kwh", limit=3)
    view = engine.view()
    found = find_readings(view, question).frame()
    assert list(zip(found["identifier"], found["reading_kwh"], strict=True)) == [("a", 7), ("b", 7), ("a", 5)]
    with pytest.raises(MeterError, match="colour is not a column"):
        find_readings(view, Question(date(2025, 3, 1), date(2025, 3, 2), sort="colour"))
    with pytest.raises(MeterError, match="x is not registered"):
        find_readings(view, Question(date(2025, 3, 1), date(2025, 3, 2), filter=Filter(meter="x")))
    engine.close()
