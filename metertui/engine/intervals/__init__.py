"""Energy per interval: what files of other programs state instead of register reads."""

from __future__ import annotations

from metertui.engine.columns import UWH_PER_WH
from metertui.engine.intervals import lines
from metertui.engine.intervals.joined_curve import join_intervals
from metertui.engine.intervals.rows import NO_INTERVALS, IntervalPiece, IntervalRows, concat_intervals
from metertui.engine.intervals.standing import (
    gone_from,
    merge_columns,
    overlapping,
    standing_and_former,
    standing_columns,
    with_values,
    without_overlaps,
)
from metertui.engine.intervals.store import IntervalStore

__all__ = [
    "NO_INTERVALS",
    "UWH_PER_WH",
    "IntervalPiece",
    "IntervalRows",
    "IntervalStore",
    "concat_intervals",
    "gone_from",
    "join_intervals",
    "lines",
    "merge_columns",
    "overlapping",
    "standing_and_former",
    "standing_columns",
    "with_values",
    "without_overlaps",
]
