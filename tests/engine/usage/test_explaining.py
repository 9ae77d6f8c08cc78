"""An explanation: its parts are the figure, to the watt-hour, whatever the readings are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.windows import Window
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.usage.explaining import explain
from metertui.engine.usage.explanation import MOST, Change, Explanation, Part, Point
from metertui.engine.usage.series import Edge, Series
from metertui.engine.vee.edits import Edit, MeterEdits, corrections_from
from metertui.engine.vee.rules import COUNTED, EXCHANGE, REJECTED, RESET, ROUNDING, SUSPECT, VOID
from tests import oracle
from tests.engine.build import LIMITS, Course, series
from tests.strategies import START, courses

LONDON = SiteZone("Europe/London")
instants = st.integers(START - 3 * HOUR, START + 90 * HOUR)


def told(course: Course, start: float, end: float, *, known: bool = True) -> Explanation:
    """Of a window in hours since START."""
    window = Window("dates", START + round(start * HOUR), START + round(end * HOUR), known)
    return explain(series(course), window, LONDON)


def event(what: str, at: int, final: int = 0, initial: int = 0) -> Edit:
    return Edit(START, "m", what, at, "ada", "seen at the door", final, initial)


@st.composite
def decisions(draw: st.DrawFn, course: Course) -> MeterEdits:
    """Voids and releases of readings, exchanges at readings and between them."""
    made = MeterEdits()
    for time, wh in course:
        what = draw(st.sampled_from(["", "", "", "", "", "void", "release", "exchange", "exchange later"]))
        if what:
            registers = wh + draw(st.sampled_from([0, 0, 300, -5])), draw(st.sampled_from([0, 100, wh]))
            made.apply_edit(
                event(what.split()[0], time + (1000 if "later" in what else 0), max(0, registers[0]), registers[1])
            )
    return made


def corrected(course: Course, made: MeterEdits) -> Series:
    ordered = sorted(course)
    times, whs = (np.array([reading[i] for reading in ordered], dtype=np.int64) for i in (0, 1))
    return Series.from_readings("m", times, whs, LIMITS, corrections_from({0: made}))


def hourly(*registers: int) -> list[tuple[int, int]]:
    return [(START + place * HOUR, wh) for place, wh in enumerate(registers)]


@settings(max_examples=100)
@given(st.data(), courses(), st.booleans())
def test_the_parts_sum_to_the_usage_and_the_registers_agree(data: st.DataObject, course: Course, decide: bool) -> None:
    made = data.draw(decisions(course)) if decide else MeterEdits()
    times = [*(time for time, _ in course), *made.exchanges] or [START]
    start, end = sorted(data.draw(st.tuples(*[st.one_of(instants, st.sampled_from(times))] * 2)))
    meter = corrected(course, made)
    found = explain(meter, Window("", start, end), LONDON, made)
    assert found.usage == meter.usage(Window("", start, end))
    if not decide:
        assert found.usage.usage_wh == oracle.Meter(list(course)).usage(start, end)
    assert found.agrees
    assert bool(found.why_no_data) == (found.usage.usage_wh is None) == (not found.opening)
    assert found.sum_wh == (found.usage.usage_wh or 0)
    assert sum(left.inside and left.point.status != VOID for left in found.left_out) == found.usage.suspect
    for part in found.parts:  # each says for itself what it is
        share = Fraction(part.energy_wh * (part.end - part.start), part.after.time - part.before.time)
        assert abs(part.counted_wh - share) <= 1
        assert part.exact == (part.counted_wh == share)
        assert part.before.time < part.after.time
        assert part.start > part.before.time or part.end < part.after.time
    for change in found.changes:
        assert change.jump_wh or change.event is not None
    for edge, points in ((found.usage.opening, found.opening), (found.usage.closing, found.closing)):
        if edge is not None:
            estimated = edge.quality == "estimated"
            assert len(points) == 1 + estimated
            assert [point.time for point in points] == [edge.time] or points[0].time < edge.time < points[1].time


def test_each_end_rests_on_the_readings_round_it() -> None:
    found = told(hourly(0, 1000, 3000, 3500), 0.5, 2.25)
    a, b, c, d = (Point(time, wh, wh, COUNTED) for time, wh in hourly(0, 1000, 3000, 3500))
    assert (found.opening, found.closing) == ((a, b), (c, d))
    assert found.parts == (
        Part(a, b, 1000, START + HOUR // 2, START + HOUR, 500),
        Part(c, d, 500, START + 2 * HOUR, START + 2 * HOUR + HOUR // 4, 125),
    )
    assert (found.inside, found.inside_wh, found.sum_wh) == (1, 2000, 2625)
    assert (found.inside_start, found.inside_end) == (b.time, c.time)
    assert found.named_readings() == [a, b, c, d]


def test_a_rounding_is_named_as_it_was_read() -> None:
    found = told(hourly(1000, 990, 2000), 1, 2)
    assert found.usage.opening == Edge(START + HOUR, 1000, "actual")
    assert found.opening == (Point(START + HOUR, 1000, 1000, ROUNDING, None, 990),)
    assert [point.as_read for point in found.named_readings()] == [990, 2000]
    made = MeterEdits()
    made.apply_edit(event("exchange", START + HOUR, 1490, 20))
    declared = explain(corrected(hourly(0, 1500, 100), made), Window("", START, START + 2 * HOUR), LONDON, made)
    assert declared.sum_wh == declared.usage.usage_wh
    assert [change.after.as_read for change in declared.changes] == [1490]


def test_one_step_may_reach_over_both_ends() -> None:
    found = told(hourly(0, 1000), 0.25, 0.5)
    a, b = (Point(time, wh, wh, COUNTED) for time, wh in hourly(0, 1000))
    assert found.parts == (Part(a, b, 1000, START + HOUR // 4, START + HOUR // 2, 250),)
    assert (found.opening, found.closing, found.inside, found.inside_wh) == ((a, b), (a, b), 0, 0)


def test_the_longest_interval_inside_is_named_if_it_is_unusually_long() -> None:
    course = [*hourly(0, 10, 20), (START + 30 * HOUR, 300), (START + 31 * HOUR, 310), (START + 33 * HOUR, 330)]
    window = Window("dates", START, START + 33 * HOUR)
    found = explain(series(course), window, LONDON, gap_us=25 * HOUR)
    assert found.longest is not None
    assert (found.longest.start, found.longest.end) == (START + 2 * HOUR, START + 30 * HOUR)
    assert (found.longest.counted_wh, found.sum_wh) == (280, 330)
    assert {START + 2 * HOUR, START + 30 * HOUR} <= {point.time for point in found.named_readings()}
    assert explain(series(course), window, LONDON, gap_us=28 * HOUR).longest is None
    across = explain(series(course), Window("dates", START + 3 * HOUR, START + 33 * HOUR), LONDON, gap_us=25 * HOUR)
    assert across.longest is None, "the part across the start names it"


def test_an_end_on_a_reading_needs_no_share() -> None:
    found = told(hourly(0, 1000, 3000), 0, 2)
    assert (found.parts, found.inside, found.inside_wh) == ((), 2, 3000)
    clipped = told(hourly(0, 1000, 3000), -9, 9)
    assert (clipped.parts, clipped.sum_wh) == ((), 3000)
    assert [point.wh for point in (*clipped.opening, *clipped.closing)] == [0, 3000]


def test_another_register_is_in_the_check_and_not_in_the_sum() -> None:
    found = told(hourly(9000, 9500, 100, 300), 0, 3)
    old, new = Point(START + HOUR, 9500, 9500, COUNTED), Point(START + 2 * HOUR, 100, 100, RESET)
    assert found.changes == (Change(old, new, -9400),)
    assert (found.sum_wh, found.jumps_wh, found.agrees) == (700, -9400, True)
    inside = told(hourly(9000, 9500, 100, 300), 1.5, 3)
    assert inside.usage.opening == Edge(START + HOUR + HOUR // 2, 9500, "estimated")
    assert (inside.changes, inside.sum_wh, inside.agrees) == ((Change(old, new, -9400),), 200, True)
    before = told(hourly(9000, 9500, 100, 300), 0, 1.5)
    assert (before.changes, before.sum_wh, before.agrees) == ((), 500, True)


def test_an_explanation_names_both_registers_of_an_exchange_and_who_declared_it() -> None:
    course = hourly(9000, 9500, 150, 300)
    made = MeterEdits()
    made.apply_edit(event("exchange", START + HOUR + HOUR // 2, 9700, 100))
    meter = corrected(course, made)
    found = explain(meter, Window("", START, START + 3 * HOUR), LONDON, made)
    [change] = found.changes
    assert (found.sum_wh, change.jump_wh, found.jumps_wh, found.agrees) == (900, -9600, -9600, True)
    assert (change.after.wh, change.after.base, change.event) == (
        9700,
        100,
        event("exchange", START + 3 * HOUR // 2, 9700, 100),
    )
    to_it = explain(meter, Window("", START, START + HOUR + HOUR // 2), LONDON, made)
    assert (to_it.changes, to_it.sum_wh, to_it.agrees) == ((), 700, True)
    assert [point.status for point in to_it.closing] == [EXCHANGE]
    assert [point.wh for point in to_it.named_readings()] == [9000]  # an exchange is no stored reading
    from_it = explain(meter, Window("", START + HOUR + HOUR // 2, START + 3 * HOUR), LONDON, made)
    assert (len(from_it.changes), from_it.sum_wh, from_it.agrees) == (1, 200, True)


def test_decisions_say_by_whom_and_why() -> None:
    made = MeterEdits()
    made.apply_edit(event("void", START + HOUR))
    made.apply_edit(event("release", START + 2 * HOUR))
    course = hourly(1000, 1100, 90_000_000, 90_000_100)
    found = explain(corrected(course, made), Window("", START, START + 3 * HOUR), LONDON, made)
    [left] = found.left_out
    assert (left.point.status, left.point.event, left.why) == (
        VOID,
        event("void", START + HOUR),
        "void: seen at the door",
    )
    assert [(point.wh, point.event) for point in found.released] == [(90_000_000, event("release", START + 2 * HOUR))]
    assert (found.usage.suspect, found.sum_wh) == (0, 89_999_100)


def test_what_was_left_out_says_why() -> None:
    found = told(hourly(1000, 2000, 7, 4000, 90_000_000), 0, 9)
    assert [(left.point.wh, left.point.status, left.inside) for left in found.left_out] == [
        (7, REJECTED, True),
        (90_000_000, SUSPECT, True),
    ]
    assert found.left_out[0].why == "0.007 kWh is lower than the 2 kWh counted at 2025-03-01T01:00:00+00:00"
    assert found.left_out[1].why.startswith("90000 kWh is a rise of 89996 kWh in 1 h, more than 100 kW allows")
    turned = told(hourly(1000, 90_000_000, 1500, 2000), 0, 9)
    assert [left.why for left in turned.left_out] == [
        "90000 kWh is a rise of 89999 kWh in 1 h, more than 100 kW allows"
    ]
    over = told(hourly(1000, 2000, 7, 4000), 0, 1.5)
    assert [(left.point.wh, left.inside) for left in over.left_out] == [(7, False)]
    assert over.usage.suspect == 0


def test_a_flood_of_bad_reads_is_counted_and_the_first_are_named() -> None:
    course = [(START + n * HOUR, n * 10 if n % 2 == 0 else 90_000_000 - n * 9_000_000 % 70_000_000) for n in range(131)]
    found = told(course, -1, 200)
    assert len(found.left_out) == MOST
    assert sum(left.inside for left in found.left_out) + found.more_left_out == found.usage.suspect > MOST


@pytest.mark.parametrize(
    ("course", "start", "end", "known", "why"),
    [
        ([], 0, 1, True, "No reading of this meter is stored."),
        (
            hourly(5, 9),
            -2,
            -1,
            True,
            "The window ends at or before the first counted reading, of 2025-03-01T00:00:00+00:",
        ),
        (hourly(5, 9), 1, 2, True, "The window begins at or after the last counted reading, of 2025-03-01T01:00:00"),
        (hourly(5, 9), 0, 1, False, "The last reading is older than a day"),
    ],
)
def test_no_data_says_why(course: Course, start: float, end: float, known: bool, why: str) -> None:
    found = told(course, start, end, known=known)
    assert found.why_no_data.startswith(why)
    assert (found.usage.usage_wh, found.parts, found.agrees) == (None, (), True)
