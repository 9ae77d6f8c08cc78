"""C(t) from register reads and intervals, beside a plain model in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.columns import DRAWN, NO_REGISTER, READ, Curve, IntervalColumns
from metertui.engine.intervals.joined_curve import join_intervals

Reads = list[tuple[int, int]]
"""Time and register (Wh), ascending."""
Spans = list[tuple[int, int, int]]
"""Start, end and energy (µWh), ascending; none overlaps another."""
WH = 1_000_000


def curve_of(*meters: Reads) -> Curve:
    rows = [(code, time, wh, wh - reads[0][1]) for code, reads in enumerate(meters) for time, wh in reads]
    meter, time, wh, energy = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Curve(meter.astype(np.int32), time, wh, wh, energy)


def intervals_of(*meters: Spans, quality: int = 0) -> IntervalColumns:
    rows = [(code, *span) for code, spans in enumerate(meters) for span in spans]
    meter, start, end, energy = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return IntervalColumns(meter.astype(np.int32), start, end, energy, np.full(len(rows), quality, np.uint8))


class Model:
    """The energy of a meter by its definition, between any two instants."""

    def __init__(self, reads: Reads, spans: Spans) -> None:
        self.reads, self.spans = reads, spans

    def of_intervals(self, low: int, high: int) -> Fraction:
        parts = (
            Fraction(energy * (min(end, high) - max(start, low)), end - start)
            for start, end, energy in self.spans
            if start < high and low < end
        )
        return sum(parts, Fraction(0))

    def open_time(self, low: int, high: int) -> int:
        return sum(not any(start <= at < end for start, end, _ in self.spans) for at in range(low, high))

    def energy(self, until: int) -> Fraction:
        """Return the energy before an instant, µWh."""
        found = self.of_intervals(-1000, until)
        for (low, before), (high, after) in pairwise(self.reads):
            rest = max(Fraction(0), (after - before) * WH - self.of_intervals(low, high))
            length = self.open_time(low, high)
            if length and low < until:
                found += rest * self.open_time(low, min(until, high)) / length
        return found

    def is_gap(self, low: int, high: int) -> bool:
        """Whether nothing is known between two neighbouring points."""
        inside = any(start <= low < end for start, end, _ in self.spans)
        stepped = any(a <= low and high <= b for (a, _), (b, _) in pairwise(self.reads))
        return not inside and not stepped


@st.composite
def meters(draw: st.DrawFn) -> tuple[Reads, Spans]:
    times = sorted(draw(st.sets(st.integers(0, 40), max_size=5)))
    registers = sorted(draw(st.lists(st.integers(0, 50), min_size=len(times), max_size=len(times))))
    edges = sorted(draw(st.sets(st.integers(0, 40), max_size=8)))
    spans = []
    for start, end in pairwise(edges):
        if draw(st.booleans()):
            spans.append((start, end, draw(st.sampled_from([0, WH // 2, WH, 7 * WH + 1, 13 * WH // 3]))))
    return list(zip(times, registers, strict=True)), spans


@settings(max_examples=150)
@given(st.lists(meters(), min_size=1, max_size=3))
def test_the_energy_is_that_of_the_model(found: list[tuple[Reads, Spans]]) -> None:
    joined = join_intervals(curve_of(*(reads for reads, _ in found)), intervals_of(*(spans for _, spans in found)))
    assert (np.diff(joined.energy)[np.diff(joined.meter) == 0] >= 0).all()
    for code, (reads, spans) in enumerate(found):
        part, model = joined.part(joined.span(code)), Model(reads, spans)
        points = sorted({*(time for time, _ in reads), *(each for start, end, _ in spans for each in (start, end))})
        assert part.time.tolist() == points
        for time, wh in zip(points, part.energy.tolist(), strict=True):
            assert abs(model.energy(time) - wh * WH) <= WH // 2 + 10  # the last µWh may be rounded on the way
        gaps = [False, *(model.is_gap(*pair) for pair in pairwise(points))][: len(points)]
        assert (part.after_gap.tolist() if part.after_gap is not None else [False] * len(points)) == gaps
        assert part.begins.tolist() == [place == 0 or gap for place, gap in enumerate(gaps)]
        registers = dict(reads)
        assert part.wh.tolist() == part.base.tolist() == [registers.get(time, NO_REGISTER) for time in points]
        if part.known is not None:
            for time, known in zip(points, part.known.tolist(), strict=True):
                inside = any(start < time < end for start, end, _ in spans)
                ends = any(end == time for _, end, _ in spans)
                assert known == (DRAWN if inside else READ if time in registers else 0 if ends else DRAWN)


def test_a_folder_without_intervals_keeps_its_curve() -> None:
    curve = curve_of([(0, 5), (10, 7)])
    assert join_intervals(curve, IntervalColumns.empty()) is curve


def test_energies_sum_in_full_before_they_are_rounded() -> None:
    thirds = join_intervals(curve_of(), intervals_of([(at, at + 1, WH // 2) for at in range(4)], quality=1))
    assert thirds.energy.tolist() == [0, 0, 1, 2, 2]  # half-even at each point
    assert thirds.known is not None
    assert thirds.known.tolist() == [DRAWN, 1, 1, 1, 1]


def test_what_a_step_has_beyond_its_intervals_is_shared_by_the_time_between_them() -> None:
    joined = join_intervals(curve_of([(0, 0), (10, 12)]), intervals_of([(2, 4, 4 * WH), (6, 8, 2 * WH)]))
    assert dict(zip(joined.time.tolist(), joined.energy.tolist(), strict=True)) == {
        0: 0,
        2: 2,
        4: 6,
        6: 8,
        8: 10,
        10: 12,
    }
    more = join_intervals(curve_of([(0, 0), (10, 5)]), intervals_of([(2, 4, 4 * WH), (6, 8, 2 * WH)]))
    assert more.energy.tolist() == [0, 0, 4, 4, 6, 6]


def test_sums_of_much_energy_do_not_overflow() -> None:
    most = 10**17 - 1
    joined = join_intervals(curve_of(), intervals_of([(at, at + 1, most) for at in range(200)]))
    assert int(joined.energy[-1]) == round(Fraction(200 * most, WH))
