"""An explanation: its parts are the figure, to the watt-hour, whatever the readings are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.energy import Edge
from metertui.engine.explain import MOST, Change, Explanation, Part, Point, explain
from metertui.engine.validation import COUNTED, REJECTED, RESET, SUSPECT
from metertui.engine.windows import Window
from metertui.engine.zone import HOUR, SiteZone
from tests import oracle
from tests.engine.build import MAX_W, Course, series
from tests.strategies import START, courses

LONDON = SiteZone("Europe/London")
instants = st.integers(START - 3 * HOUR, START + 90 * HOUR)


def told(course: Course, start: float, end: float, *, known: bool = True) -> Explanation:
    """Of a window in hours since START."""
    window = Window("dates", START + round(start * HOUR), START + round(end * HOUR), known)
    return explain(series(course), window, LONDON, MAX_W)


def hourly(*registers: int) -> list[tuple[int, int]]:
    return [(START + place * HOUR, wh) for place, wh in enumerate(registers)]


@settings(max_examples=200)
@given(courses(), st.one_of(st.tuples(instants, instants), st.tuples(st.integers(0, 13), st.integers(0, 13))))
def test_the_parts_sum_to_the_usage_and_the_registers_agree(course: Course, ends: tuple[int, int]) -> None:
    start, end = sorted(ends)
    if end < 14:  # the times of readings themselves
        times = sorted(time for time, _ in course) or [START]
        start, end = times[min(start, len(times) - 1)], times[min(end, len(times) - 1)]
    meter = series(course)
    found = explain(meter, Window("", start, end), LONDON, MAX_W)
    assert found.usage == meter.usage(Window("", start, end))
    assert found.usage.usage_wh == oracle.Meter(list(course)).usage(start, end)
    assert found.agrees
    assert bool(found.why_nothing) == (found.usage.usage_wh is None) == (not found.opening)
    assert found.sum_wh == (found.usage.usage_wh or 0)
    assert sum(left.inside for left in found.left_out) == found.usage.suspect
    for part in found.parts:  # each says for itself what it is
        share = oracle.Fraction(part.energy_wh * (part.end - part.start), part.after.time - part.before.time)
        assert abs(part.counted_wh - share) <= 1
        assert part.exact == (part.counted_wh == share)
        assert part.before.time < part.after.time
        assert part.start > part.before.time or part.end < part.after.time
    for change in found.changes:
        assert change.after.wh - change.before.wh != change.counted_wh
    for edge, points in ((found.usage.opening, found.opening), (found.usage.closing, found.closing)):
        if edge is not None:
            estimated = edge.quality == "estimated"
            assert len(points) == 1 + estimated
            assert [point.time for point in points] == [edge.time] or points[0].time < edge.time < points[1].time


def test_each_end_rests_on_the_readings_round_it() -> None:
    found = told(hourly(0, 1000, 3000, 3500), 0.5, 2.25)
    a, b, c, d = (Point(time, wh, COUNTED) for time, wh in hourly(0, 1000, 3000, 3500))
    assert (found.opening, found.closing) == ((a, b), (c, d))
    assert found.parts == (
        Part(a, b, 1000, START + HOUR // 2, START + HOUR, 500),
        Part(c, d, 500, START + 2 * HOUR, START + 2 * HOUR + HOUR // 4, 125),
    )
    assert (found.inside, found.inside_wh, found.sum_wh) == (1, 2000, 2625)
    assert (found.inside_start, found.inside_end) == (b.time, c.time)
    assert found.points() == [a, b, c, d]


def test_one_step_may_reach_over_both_ends() -> None:
    found = told(hourly(0, 1000), 0.25, 0.5)
    a, b = (Point(time, wh, COUNTED) for time, wh in hourly(0, 1000))
    assert found.parts == (Part(a, b, 1000, START + HOUR // 4, START + HOUR // 2, 250),)
    assert (found.opening, found.closing, found.inside, found.inside_wh) == ((a, b), (a, b), 0, 0)


def test_an_end_on_a_reading_needs_no_share() -> None:
    found = told(hourly(0, 1000, 3000), 0, 2)
    assert (found.parts, found.inside, found.inside_wh) == ((), 2, 3000)
    clipped = told(hourly(0, 1000, 3000), -9, 9)
    assert (clipped.parts, clipped.sum_wh) == ((), 3000)
    assert [point.wh for point in (*clipped.opening, *clipped.closing)] == [0, 3000]


def test_another_register_is_in_the_check_and_not_in_the_sum() -> None:
    found = told(hourly(9000, 9500, 100, 300), 0, 3)
    old, new = Point(START + HOUR, 9500, COUNTED), Point(START + 2 * HOUR, 100, RESET)
    assert found.changes == (Change(old, new, 0, -9400),)
    assert (found.sum_wh, found.jumps_wh, found.agrees) == (700, -9400, True)
    inside = told(hourly(9000, 9500, 100, 300), 1.5, 3)
    assert inside.usage.opening == Edge(START + HOUR + HOUR // 2, 9500, "estimated")
    assert (inside.changes, inside.sum_wh, inside.agrees) == ((Change(old, new, 0, -9400),), 200, True)
    before = told(hourly(9000, 9500, 100, 300), 0, 1.5)
    assert (before.changes, before.sum_wh, before.agrees) == ((), 500, True)


def test_what_was_left_out_says_why() -> None:
    found = told(hourly(1000, 2000, 7, 4000, 90_000_000), 0, 9)
    assert [(left.point.wh, left.point.status, left.inside) for left in found.left_out] == [
        (7, REJECTED, True),
        (90_000_000, SUSPECT, True),
    ]
    assert found.left_out[0].why == "0.007 kWh is lower than the 2 kWh counted at 2025-03-01T01:00:00+00:00"
    assert found.left_out[1].why.startswith("90000 kWh is a rise of 89996 kWh in 60 min, more than 100 kW allows")
    turned = told(hourly(1000, 90_000_000, 1500, 2000), 0, 9)
    assert [left.why for left in turned.left_out] == [
        "90000 kWh is a rise of 89999 kWh in 60 min, more than 100 kW allows"
    ]
    over = told(hourly(1000, 2000, 7, 4000), 0, 1.5)
    assert [(left.point.wh, left.inside) for left in over.left_out] == [(7, False)]
    assert over.usage.suspect == 0


def test_a_flood_of_bad_reads_is_counted_and_the_first_are_told() -> None:
    course = [(START + n * HOUR, n * 10 if n % 2 == 0 else 90_000_000 - n * 9_000_000 % 70_000_000) for n in range(131)]
    found = told(course, -1, 200)
    assert len(found.left_out) == MOST
    assert sum(left.inside for left in found.left_out) + found.more_left_out == found.usage.suspect > MOST


@pytest.mark.parametrize(
    ("course", "start", "end", "known", "why"),
    [
        ([], 0, 1, True, "No reading of this meter is stored."),
        (hourly(5, 9), -2, -1, True, "The window ends before the first counted reading, of 2025-03-01T00:00:00+00:00."),
        (hourly(5, 9), 1, 2, True, "The window begins at or after the last counted reading, of 2025-03-01T01:00:00"),
        (hourly(5, 9), 0, 1, False, "There is no reading of the last day"),
    ],
)
def test_no_data_says_why(course: Course, start: float, end: float, known: bool, why: str) -> None:
    found = told(course, start, end, known=known)
    assert found.why_nothing.startswith(why)
    assert (found.usage.usage_wh, found.parts, found.agrees) == (None, (), True)
