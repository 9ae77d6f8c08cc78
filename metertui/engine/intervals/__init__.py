"""Energy per interval: what files of other programs state instead of register reads."""

from __future__ import annotations

from metertui.engine.intervals import lines
from metertui.engine.intervals.rows import IntervalPiece, IntervalRows, concat_intervals
from metertui.engine.intervals.standing import merge_columns, overlapping, standing_columns
from metertui.engine.intervals.store import IntervalStore

__all__ = [
    "IntervalPiece",
    "IntervalRows",
    "IntervalStore",
    "concat_intervals",
    "lines",
    "merge_columns",
    "overlapping",
    "standing_columns",
]
