"""Rows of intervals as a list, for tests to compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metertui.engine.intervals.rows import IntervalRows

Listed = tuple[str, int, int, int, int]
"""Identifier, start and end (µs UTC), energy (µWh), quality."""


def listed(rows: IntervalRows) -> list[Listed]:
    columns = (rows.code, rows.start, rows.end, rows.energy, rows.quality)
    return [(rows.ids[code], *rest) for code, *rest in zip(*(each.tolist() for each in columns), strict=True)]


def rows_of(intervals: Sequence[Listed]) -> IntervalRows:
    ids = sorted({each[0] for each in intervals})
    start, end, energy, quality = np.array([each[1:] for each in intervals], dtype=np.int64).reshape(-1, 4).T
    code = np.array([ids.index(each[0]) for each in intervals], dtype=np.int32)
    return IntervalRows(ids, code, start, end, energy, quality.astype(np.uint8))
