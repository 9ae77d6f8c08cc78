"""Readings in order of meter and time, and the points of C(t)."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.curve import Columns, Curve

ZONE = SiteZone("Asia/Singapore")
START = ZONE.parse("2025-03-01T00:00:00")


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def columns(*readings: tuple[int, int, int]) -> Columns:
    """Return readings of meter code, instant (µs UTC) and register (Wh)."""
    meter, time, wh = (np.array([each[i] for each in readings], dtype=np.int64) for i in range(3))
    return Columns(meter.astype(np.int32), time, wh)


@pytest.fixture
def curve() -> Curve:
    """A meter of 1000 Wh an hour, whose register is exchanged (12 kWh to 0) after two hours."""
    time = START + HOUR * ints(0, 1, 2, 3)
    return Curve(np.zeros(4, np.int32), time, ints(10_000, 11_000, 12_000, 1000), ints(10_000, 11_000, 0, 1000),
                 ints(0, 1000, 2000, 3000))  # fmt: skip


def test_each_meter_has_a_span_of_rows() -> None:
    found = columns((0, START, 1), (0, START + 1, 2), (2, START, 3))
    assert [found.span(code) for code in range(4)] == [slice(0, 2), slice(2, 2), slice(2, 3), slice(0, 0)]
    assert Columns.empty().span(0) == slice(0, 0)


def test_the_point_before_an_instant_has_the_base_of_the_next_rise(curve: Curve) -> None:
    assert curve.point_before(START) is None
    assert curve.point_before(START + 1) == (START, 10_000)
    assert curve.point_before(START + 2 * HOUR) == (START + HOUR, 11_000)
    assert curve.point_before(START + 2 * HOUR + 1) == (START + 2 * HOUR, 0)
    assert curve.part(slice(0, 1)).point_before(START + HOUR * 99) == (START, 10_000)


def test_energy_is_linear_between_two_points_and_a_register_starts_at_its_base(curve: Curve) -> None:
    instant = START + HOUR // 2 * ints(0, 1, 4, 5)
    place = np.searchsorted(curve.time, instant)
    energy = curve.energy_at(place, instant)
    assert energy.tolist() == [0, 500, 2000, 2500]
    assert curve.register_at(place, instant, energy).tolist() == [10_000, 10_500, 12_000, 500]


def test_instants_are_clipped_to_the_points_of_their_meter(curve: Curve) -> None:
    assert curve.clip(ints(0, 0, 0), START + HOUR * ints(-1, 2, 9)).tolist() == (START + HOUR * ints(0, 2, 3)).tolist()
