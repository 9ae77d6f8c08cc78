"""C(t) and the usage of windows."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.qualities import ESTIMATED, SUBSTITUTED
from metertui.engine.base.windows import Window
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SiteZone
from metertui.engine.usage.series import Series
from metertui.engine.vee.curve import energy_of_readings
from metertui.engine.vee.edits import corrections_from
from metertui.engine.vee.rules import COUNTED, REJECTED, RESET, SUSPECT
from tests import oracle
from tests.engine.build import LIMITS, series
from tests.strategies import START, courses

SINGAPORE = SiteZone("Asia/Singapore")
instants = st.integers(START - 3 * HOUR, START + 90 * HOUR)


def steady() -> Series:
    """1 kW, read every half hour from 2025-02-01 to 2025-03-12 10:30."""
    first, last = SINGAPORE.parse("2025-02-01T00:00:00"), SINGAPORE.parse("2025-03-12T10:30:00")
    return series([(t, 7_000 + (t - first) // (HOUR // 1000)) for t in range(first, last + 1, 30 * MINUTE)])


@pytest.mark.parametrize(
    ("name", "wh"),
    [("today", 10_500), ("week", 58_500), ("month", 274_500), ("last_month", 672_000), ("yesterday", 24_000)],
)
def test_a_steady_meter_has_used_a_kilowatt_hour_an_hour(name: str, wh: int) -> None:
    now = SINGAPORE.parse("2025-03-12T10:40:00")
    usage = steady().usage(steady().window(name, now, SINGAPORE))
    assert usage.usage_wh == wh
    assert usage.opening is not None
    assert usage.closing is not None
    assert usage.opening.quality == "actual"
    assert usage.closing.quality == ("last" if usage.end == now else "actual")


def test_the_last_half_hour_ends_at_the_last_reading_unless_that_is_old() -> None:
    now = SINGAPORE.parse("2025-03-12T10:40:00")
    usage = steady().usage(steady().window("last_half_hour", now, SINGAPORE))
    assert (usage.usage_wh, usage.end) == (500, SINGAPORE.parse("2025-03-12T10:30:00"))
    later = steady().usage(steady().window("last_half_hour", now + 25 * HOUR, SINGAPORE))
    assert later.usage_wh is None
    gap = series([(START, 0), (START + HOUR // 2, 500), (START + 90 * HOUR, 9000)])
    amid = gap.usage(gap.window("last_half_hour", START + 50 * HOUR, SINGAPORE))
    assert (amid.usage_wh, amid.opening, amid.end) == (None, None, START + 50 * HOUR)
    assert gap.usage(gap.window("last_half_hour", START + HOUR // 2 + 24 * HOUR, SINGAPORE)).usage_wh == 500
    earlier = steady().usage(steady().window("last_half_hour", SINGAPORE.parse("2025-03-01T12:10:00"), SINGAPORE))
    assert earlier.end == SINGAPORE.parse("2025-03-01T12:00:00")


def test_edges_say_how_they_are_known() -> None:
    meter = series([(START, 1000), (START + HOUR, 2000)])
    usage = meter.usage(Window("", START + HOUR // 4, START + HOUR))
    assert usage.opening is not None
    assert usage.closing is not None
    assert (usage.opening.wh, usage.opening.quality) == (1250, "estimated")
    assert (usage.closing.wh, usage.closing.quality) == (2000, "actual")
    wide = meter.usage(Window("", START - HOUR, START + 9 * HOUR))
    assert wide.opening is not None
    assert wide.closing is not None
    assert (wide.opening.quality, wide.opening.time) == ("first", START)
    assert (wide.closing.quality, wide.closing.time) == ("last", START + HOUR)


def test_inside_an_exchange_the_register_is_the_old_one() -> None:
    meter = series([(START, 9000), (START + HOUR, 9500), (START + 2 * HOUR, 100), (START + 3 * HOUR, 300)])
    assert meter.register_at(START + HOUR + HOUR // 2) == 9500
    assert meter.usage(Window("", START, START + 3 * HOUR)).usage_wh == 700


@pytest.mark.parametrize(
    ("start", "end", "wh"),
    [(-2, -1, None), (-2, 0, None), (0, 1, 500), (-1, 1, 500), (1, 2, None), (2, 3, None), (-1, 9, 500)],
)
def test_no_data_is_never_zero(start: int, end: int, wh: int | None) -> None:
    meter = series([(START, 1000), (START + HOUR, 1500)])
    assert meter.usage(Window("", START + start * HOUR, START + end * HOUR)).usage_wh == wh


@pytest.mark.parametrize(("start", "end", "wh"), [(-1, 0, None), (-1, 1, 0), (0, 1, 0), (-2, -1, None), (1, 2, None)])
def test_a_meter_with_a_single_reading(start: int, end: int, wh: int | None) -> None:
    meter = series([(START, 1000)])
    assert meter.usage(Window("", START + start * HOUR, START + end * HOUR)).usage_wh == wh


@given(courses(), instants, instants)
def test_usage_agrees_with_the_rules(course: list[tuple[int, int]], one: int, other: int) -> None:
    start, end = sorted((one, other))
    found = series(course).usage(Window("", start, end))
    model = oracle.Meter(course)
    assert found.usage_wh == model.usage(start, end)
    assert (found.readings, found.suspect) == model.stored(start, end)


@given(courses(), st.lists(instants, min_size=2, max_size=9, unique=True))
def test_the_parts_of_a_window_sum_to_it(course: list[tuple[int, int]], cuts: list[int]) -> None:
    meter = series(course)
    cuts.sort()
    parts = [meter.usage(Window("", a, b)).usage_wh for a, b in pairwise(cuts)]
    whole = meter.usage(Window("", cuts[0], cuts[-1])).usage_wh
    assert sum(part or 0 for part in parts) == (whole or 0)
    used, known = meter.buckets(np.array(cuts, dtype=np.int64))
    assert [wh if there else None for wh, there in zip(used.tolist(), known.tolist(), strict=True)] == parts


@given(courses(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(course: list[tuple[int, int]], random: object) -> None:
    shuffled = course[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert series(shuffled).energy.tolist() == series(course).energy.tolist()


def test_energy_begins_at_nothing_at_each_meters_first_counted_reading() -> None:
    rows = [
        (0, 500, COUNTED, 0),
        (0, 900, COUNTED, 400),
        (0, 7, REJECTED, 400),
        (0, 1000, COUNTED, 500),
        (1, 40, REJECTED, 0),
        (1, 70_000, COUNTED, 0),
        (1, 20, RESET, 0),
        (1, 25, COUNTED, 5),
        (1, 1, SUSPECT, 5),
        (2, 3, COUNTED, 0),
    ]
    meter, wh, status, expected = zip(*rows, strict=True)
    found = energy_of_readings(
        np.array(meter, dtype=np.int32), np.array(wh, dtype=np.int64), np.array(status, dtype=np.uint8)
    )
    assert found.tolist() == list(expected)


def test_the_latest_day_is_that_of_the_last_reading_and_all_is_between_the_ends() -> None:
    day = SINGAPORE.midnight(date(2025, 3, 11))
    for last, latest in ((day + HOUR, 11), (day, 10)):  # at midnight the day before ends
        meter = series([(day - 5 * DAY, 0), (last, 1000)])
        window = meter.window("latest", day + 400 * DAY, SINGAPORE)
        assert SINGAPORE.day(window.start) == date(2025, 3, latest)
        assert window.end - window.start == DAY
        everything = meter.window("all", day + 400 * DAY, SINGAPORE)
        assert (everything.start, everything.end) == (day - 5 * DAY, last)
    assert not series([]).window("latest", day, SINGAPORE).known


def test_an_instant_is_exact_at_an_actual_reading_alone() -> None:
    times = START + np.arange(4) * HOUR
    said = corrections_from({}, {}, {0: {int(times[1]): {1000: ESTIMATED}, int(times[2]): {2000: SUBSTITUTED}}})
    meter = Series.from_readings("m", times, np.arange(4) * 1000, LIMITS, said)
    assert meter.is_exact(times).tolist() == [True, False, False, True]
