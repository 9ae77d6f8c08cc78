"""Percentiles of reply times, and what they forget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metertui.headend.latency import Latency


@given(st.lists(st.floats(1e-5, 100), min_size=1, max_size=60), st.floats(0.01, 1))
def test_a_percentile_is_known_to_a_quarter_of_a_power_of_two(taken: list[float], share: float) -> None:
    latency = Latency()
    latency.add(1000.0, [1000.0 - each for each in taken])
    (found,) = latency.recent_percentiles((share,))
    ordered = sorted(taken)
    exact = next(each for place, each in enumerate(ordered, 1) if place >= share * len(ordered))
    assert found is not None
    assert exact * 0.999 <= found <= exact * 1.2


def test_percentiles_are_of_the_last_minute() -> None:
    latency = Latency()
    latency.add(5.0, [0.0] * 10)
    for second in range(59):
        latency.end_second()
        assert latency.recent_percentiles((0.5,)) != (None,), second
    latency.add(100.0, [99.999])
    latency.end_second()
    assert latency.recent_percentiles((0.5, 1.0)) == (latency.recent_percentiles((0.1,))[0],) * 2
    assert latency.recent_percentiles((1.0,))[0] < 0.0012  # type: ignore[operator]
    for _ in range(60):
        latency.end_second()
    assert latency.recent_percentiles((0.5, 0.99)) == (None, None)


def test_percentiles_may_be_of_fewer_seconds() -> None:
    latency = Latency()
    latency.add(5.0, [0.0] * 10)
    latency.end_second()
    latency.add(6.0, [5.999] * 10)
    latency.end_second()
    (recent,) = latency.recent_percentiles((0.99,), 1)
    assert recent is not None
    assert recent < 0.002
    (longer,) = latency.recent_percentiles((0.99,), 2)
    assert longer is not None
    assert longer > 5
    latency.end_second()
    assert latency.recent_percentiles((0.99,), 1) == (None,)


def test_times_out_of_range_count_as_the_nearest() -> None:
    latency = Latency()
    latency.add(1.0, [1.0, 2.0])  # a clock may give the same twice
    assert latency.recent_percentiles((1.0,)) == (1e-5,)
    latency.add(10_000.0, [0.0])
    assert latency.recent_percentiles((1.0,))[0] > 100  # type: ignore[operator]
