"""The use of a meter from its registers, held against the sentence that defines it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.combined_curve import NO_CODE, combine_registers
from metertui.engine.columns.curve import DRAWN, NO_REGISTER, READ
from tests.engine.build import frozen

ZONE = SiteZone("UTC")
Course = Sequence[tuple[int, int]]

courses = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=4, unique_by=lambda each: each[0]).map(
    lambda found: _rising(sorted(found))
)
meters = st.lists(
    st.fixed_dictionaries({}, optional={"": courses, ":t1": courses, ":t2": courses, ":export": courses}), max_size=3
)


def _rising(steps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found, wh = [], 7
    for time, rise in steps:
        wh += rise
        found.append((time * HOUR, wh))
    return found


def _at(course: Course, time: int) -> int:
    """C of one register, level before its first reading and after its last."""
    if not course or time <= course[0][0]:
        return 0
    for (t0, wh0), (t1, wh1) in pairwise(course):
        if time <= t1:
            return round(wh0 - course[0][1] + Fraction((wh1 - wh0) * (time - t0), t1 - t0))
    return course[-1][1] - course[0][1]


def _use_at(total: Course, parts: Sequence[Course], time: int) -> int:
    """C of the use: each register rounded by itself."""
    if not total:
        return sum(_at(part, time) for part in parts)
    since, until = total[0][0], total[-1][0]
    outside = (_at(part, min(time, since)) + _at(part, max(time, until)) - _at(part, until) for part in parts)
    return _at(total, time) + sum(outside)


def _expected(total: Course, parts: Sequence[Course]) -> list[tuple[int, int, bool]]:
    """The points of the use: instant, energy since the point before, and whether nothing is known of that time."""
    since, until = (total[0][0], total[-1][0]) if total else (1 << 62, -(1 << 62))
    times = {time for time, _ in total}
    times |= {time for part in parts for time, _ in part if not since < time < until}
    found: list[tuple[int, int, bool]] = []
    for before, time in pairwise([-1, *sorted(times)]):
        speaking = [total] if since <= before and time <= until else parts
        rise = sum(_at(course, time) - _at(course, before) for course in speaking)
        known = any(course and course[0][0] <= before and time <= course[-1][0] for course in speaking)
        found.append((time, rise, not known and bool(found)))
    return found


@settings(max_examples=150, deadline=None)
@given(meters)
def test_use_is_the_total_while_it_is_read_and_else_the_sum_of_its_parts(site: list[dict[str, Course]]) -> None:
    everything = {f"m{place}{channel}": course for place, meter in enumerate(site) for channel, course in meter.items()}
    everything = {f"m{place}": [] for place in range(len(site))} | everything
    stored = frozen(everything, ZONE)
    use = stored.use
    for place, meter in enumerate(site):
        curve = use.curve.part(use.curve.span(place))
        total, parts = meter.get("", []), [meter.get(name, []) for name in (":t1", ":t2")]
        rises = np.diff(curve.energy, prepend=0).tolist()
        gaps = [False] * len(curve) if curve.after_gap is None else curve.after_gap.tolist()
        assert list(zip(curve.time.tolist(), rises, gaps, strict=True)) == _expected(total, parts)
        if len(curve):
            inside = np.linspace(curve.time[0], curve.time[-1], 23).astype(np.int64)
            energy = curve.energy_at(np.searchsorted(curve.time, inside), inside)
            assert energy.tolist() == [_use_at(total, parts, time) for time in inside.tolist()]
        fed = stored.of_channel("export").curve
        export = fed.part(fed.span(place))
        assert list(zip(export.time.tolist(), export.wh.tolist(), strict=True)) == list(meter.get(":export", []))
        rows = use.columns.span(place)
        assert use.columns.time[rows].tolist() == sorted(time for course in (total, *parts) for time, _ in course)
    assert (np.diff(use.columns.meter) >= 0).all()
    assert len(use.group) == len(use.status) == len(use.columns)
    assert len(use.curve_group) == len(use.curve)


def test_a_sum_has_no_register_and_is_exact_where_all_of_it_is_read() -> None:
    course = [(0, 0), (2 * HOUR, 20)]
    use = frozen({"m": [], "m:t1": course, "m:t2": [(0, 0), (HOUR, 10), (2 * HOUR, 10)]}, ZONE).use
    assert use.curve.time.tolist() == [0, HOUR, 2 * HOUR]
    assert use.curve.energy.tolist() == [0, 20, 30]
    assert use.curve.wh.tolist() == use.curve.base.tolist() == [NO_REGISTER] * 3
    assert use.curve.known is not None
    assert use.curve.known.tolist() == [READ, DRAWN, READ]


def test_meters_with_a_total_alone_keep_their_points() -> None:
    stored = frozen({"m": [(0, 5), (HOUR, 6)], "m:export": [(0, 1)], "n": [], "n:t1": [(0, 1), (HOUR, 3)]}, ZONE)
    curve = stored.use.curve
    assert (curve.meter.tolist(), curve.wh.tolist()) == ([0, 0, 2, 2], [5, 6, NO_REGISTER, NO_REGISTER])
    found = combine_registers(stored.curve, np.array([NO_CODE, 1, NO_CODE, NO_CODE]), [])
    assert found.curve.meter.tolist() == [1]
