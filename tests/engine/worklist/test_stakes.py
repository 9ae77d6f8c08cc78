"""What is at stake in cases, held against plain arithmetic."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.worklist.cases import NO_METER, int_array
from metertui.engine.worklist.stakes import MEAN_DAYS, UNKNOWN, Stakes, differences, likely_usage, unknown_stakes
from tests import oracle
from tests.engine.build import frozen
from tests.engine.worklist.site import ask, at, decide, put
from tests.strategies import START, courses

ZONE = SiteZone("Europe/London")
Points = list[tuple[int, int, int]]
"""Counted readings: µs, register, C."""


def points_of(course: list[tuple[int, int]]) -> Points:
    """The counted readings of a meter, each with the register that it counts with and C there."""
    found: Points = []
    for (time, wh), kind in oracle.Meter(course).judged():
        if kind in ("suspect", "rejected"):
            continue
        if not found:
            found.append((time, wh, 0))
        else:
            _, register, energy = found[-1]
            rises = 0 if kind == "reset" else max(0, wh - register)
            found.append((time, register if kind == "rounding" else wh, energy + rises))
    return found


def difference(points: Points, time: int, wh: int) -> int:
    """By how much a register differs from the counted one."""
    before = [point for point in points if point[0] <= time]
    after = [point for point in points if point[0] > time]
    if not before or wh < 0:
        return UNKNOWN
    t0, register, e0 = before[-1]
    if after and t0 < time:
        t1, _, e1 = after[0]
        register += round(e0 + Fraction((e1 - e0) * (time - t0), t1 - t0)) - e0
    return abs(wh - register)


def likely(points: Points, start: int, end: int) -> int:
    """What a meter uses in a time by its mean before."""
    known = [point for point in points if point[0] <= start]
    if not known:
        return UNKNOWN
    last, _, most = known[-1]
    since = max(known[0][0], last - MEAN_DAYS * DAY)
    if last - since < DAY:
        return UNKNOWN
    t0, _, e0 = next(point for point in reversed(known) if point[0] <= since)
    least = e0
    if t0 < since:
        t1, _, e1 = next(point for point in known if point[0] > since)
        least = round(e0 + Fraction((e1 - e0) * (since - t0), t1 - t0))
    return round(Fraction((most - least) * (end - start), last - since))


@settings(max_examples=60)
@given(st.lists(courses(), max_size=3), st.data())
def test_any_readings_differ_as_in_plain_arithmetic(meters: list[list[tuple[int, int]]], data: st.DataObject) -> None:
    readings = frozen({f"m{n}": course for n, course in enumerate(meters)}, ZONE)
    near = sorted({time + off for course in meters for time, _ in course for off in (-HOUR, -1, 0, 1, 9 * HOUR)})
    instants = data.draw(st.lists(st.sampled_from(near or [START]), max_size=8))
    codes = [data.draw(st.sampled_from([NO_METER, *range(len(meters) + 1)])) for _ in instants]
    whs = [data.draw(st.sampled_from([UNKNOWN, 0, 7_000, 1_000_500, 99_999_999_999])) for _ in instants]
    lengths = [data.draw(st.sampled_from([1, HOUR, 3 * DAY + 1, 400 * DAY])) for _ in instants]
    points = {code: points_of(course) for code, course in enumerate(meters)}
    meter, time, wh = int_array(codes, np.int32), int_array(instants), int_array(whs)
    assert differences(readings, meter, time, wh).wh.tolist() == [
        difference(points.get(code, []), instant, value)
        for code, instant, value in zip(codes, instants, whs, strict=True)
    ]
    ends = [start + length for start, length in zip(instants, lengths, strict=True)]
    assert likely_usage(readings, meter, time, int_array(ends)).wh.tolist() == [
        likely(points.get(code, []), start, end) for code, start, end in zip(codes, instants, ends, strict=True)
    ]


def test_the_time_of_a_difference_is_that_since_the_counted_reading_before() -> None:
    hours = [START + n * HOUR for n in range(3)]
    readings = frozen({"a": [(hours[0], 100_000), (hours[1], 7), (hours[2], 101_000)]}, ZONE)
    codes = int_array([0, 0, 0, NO_METER], np.int32)
    times = int_array([hours[0], hours[1], hours[2] + 5, hours[1]])
    found = differences(readings, codes, times, int_array([100_000, 7, 101_500, 7]))
    assert found.wh.tolist() == [0, 100_500 - 7, 500, UNKNOWN]
    assert list(zip(found.start.tolist(), found.end.tolist(), strict=True)) == [
        (hours[0] - 1, hours[0]),
        (hours[0], hours[1]),
        (hours[2], hours[2] + 5),
        (0, 0),
    ]


def test_some_of_two_kinds_are_put_together() -> None:
    some, other = (Stakes(*(int_array([value] * 2) for _ in Stakes._fields)) for value in (1, 2))
    assert some.where(np.array([True, False]), other).wh.tolist() == [1, 2]
    assert unknown_stakes(2).wh.tolist() == [UNKNOWN] * 2


def stakes_of(engine: Engine, **conditions: object) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    return {(row.cause, row.meter): (row.stake_wh, row.stake_cents) for row in ask(engine, **conditions).rows}


def test_each_cause_has_its_energy_and_price_and_none_once_it_is_decided(engine: Engine, tmp_path: Path) -> None:
    (engine.folder / "tariffs.csv").write_text(
        "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n2025-03-09,,,,,20,10\n"
    )
    days = [("a", f"{100 + n}", f"2025-03-0{n}T00:00") for n in range(1, 8)]
    put(engine, *days, ("a", "113", "2025-03-11T00:00"), ("a", "5", "2025-03-11T01:00"))
    put(engine, ("b", "200", "2025-03-09T00:00"), ("b", "224", "2025-03-10T00:00"))
    put(engine, ("b", "3", "2025-03-10T12:00"), ("b", "4", "2025-03-10T13:00"))
    assert stakes_of(engine) == {
        ("gap", "a"): (6_000, None),  # half of it before the first tariff
        ("suspect", "a"): (108_000, 2376),
        ("silent", "a"): (1_683, 37),  # 12 kWh in ten days, for 33 h 40 min
        ("reset", "b"): (12_000, 264),
        ("silent", "b"): (30_856, 679),  # 25 kWh in 37 h, for 45 h 40 min
    }
    decide(engine, "accept", "b", at("12:00", "2025-03-10"))
    assert stakes_of(engine, cause="reset", state="decided") == {("reset", "b"): (None, None)}
