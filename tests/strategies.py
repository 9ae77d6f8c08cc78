"""Readings that make trouble: bad reads, exchanged registers, long gaps, instants between the half hours."""

from __future__ import annotations

from hypothesis import strategies as st

from metertui.engine.base.zone import HOUR

START = 1_740_787_200_000_000  # 2025-03-01T00:00:00Z


@st.composite
def courses(draw: st.DrawFn, most: int = 14) -> list[tuple[int, int]]:
    """One meter's readings (µs UTC, Wh) in time order, each instant once."""
    count = draw(st.integers(0, most))
    time, wh = START, draw(st.sampled_from([0, 5_000, 1_000_000, 99_999_999_000]))
    found: list[tuple[int, int]] = []
    for _ in range(count):
        time += draw(st.sampled_from([HOUR // 2, HOUR // 2, 1, 7 * HOUR + 333_333, 40 * HOUR, 2000 * HOUR]))
        wh += draw(st.sampled_from([0, 1, 500, 501, 99_999, 100_000, 100_001, 9_000_000, -1, -700, -1_001, -3_000_000]))
        wh = max(0, min(wh, 99_999_999_999))
        found.append((time, wh))
        if draw(st.integers(0, 5)) == 0:  # a bad read beside the course
            time += HOUR // 2
            found.append((time, draw(st.sampled_from([0, 7, 50_000_000, 99_999_999_999]))))
    return found


@st.composite
def close_courses(draw: st.DrawFn, most: int = 24) -> list[tuple[int, int]]:
    """One meter's readings, all within 2 kWh of one another: roundings, falls and, for a meter of 1 kW, leaps."""
    steps = draw(st.lists(st.sampled_from([HOUR // 2, HOUR // 2, HOUR // 2, 1, 2 * HOUR]), max_size=most))
    found, time = [], START
    for step in steps:
        time += step
        found.append((time, 10_000 + draw(st.sampled_from([0, 0, 1, 500, 999, 1000, 1001, 1500, 1999, 2000]))))
    return found
