"""Rows of many meters."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.columns.by_meter import ByMeter


@pytest.mark.parametrize("codes", [[], [0], [2], [0, 0, 2, 2, 2, 3]])
def test_the_rows_of_a_meter_are_a_slice(codes: list[int]) -> None:
    rows = ByMeter(np.array(codes, dtype=np.int32))
    assert len(rows) == len(codes)
    for code in range(6):
        assert rows.meter[rows.span(code)].tolist() == [each for each in codes if each == code]
