"""Sums of energy finer than a watt-hour."""

from __future__ import annotations

import numpy as np

from metertui.engine.columns.cumulative import cumulative_wh


def test_sums_are_rounded_half_even_and_not_their_parts() -> None:
    meter = np.array([0, 0, 0, 0, 1, 1], dtype=np.int32)
    whole = np.array([0, 0, 0, 10**15, 0, 1])
    part = np.array([0, 500_000, 1, 999_999, 0, 500_000])
    assert cumulative_wh(meter, whole, part).tolist() == [0, 0, 1, 10**15 + 2, 0, 2]
