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
from metertui.engine.worklist.stakes import MEAN_DAYS, UNKNOWN, likely_usage, unknown_stakes
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
def test_the_likely_usage_is_as_in_plain_arithmetic(meters: list[list[tuple[int, int]]], data: st.DataObject) -> None:
    readings = frozen({f"m{n}": course for n, course in enumerate(meters)}, ZONE)
    near = sorted({time + off for course in meters for time, _ in course for off in (-HOUR, -1, 0, 1, 9 * HOUR)})
    instants = data.draw(st.lists(st.sampled_from(near or [START]), max_size=8))
    codes = [data.draw(st.sampled_from([NO_METER, *range(len(meters) + 1)])) for _ in instants]
    lengths = [data.draw(st.sampled_from([1, HOUR, 3 * DAY + 1, 400 * DAY])) for _ in instants]
    points = {code: points_of(course) for code, course in enumerate(meters)}
    ends = [start + length for start, length in zip(instants, lengths, strict=True)]
    found = likely_usage(readings, int_array(codes, np.int32), int_array(instants), int_array(ends))
    assert found.wh.tolist() == [
        likely(points.get(code, []), start, end) for code, start, end in zip(codes, instants, ends, strict=True)
    ]


def test_nothing_is_known_of_unknown_stakes() -> None:
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
        ("suspect", "a"): (0, 0),  # a fall that is released counts as zero
        ("silent", "a"): (1_683, 37),  # 12 kWh in ten days, for 33 h 40 min
        ("reset", "b"): (1_000, 22),  # without it the next reading is the reset
        ("silent", "b"): (30_856, 679),  # 25 kWh in 37 h, for 45 h 40 min
    }
    decide(engine, "accept", "b", at("12:00", "2025-03-10"))
    assert stakes_of(engine, cause="reset", state="decided") == {("reset", "b"): (None, None)}
