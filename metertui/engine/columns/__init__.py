"""Readings as arrays, in memory."""

from __future__ import annotations

from metertui.engine.attributes import Group
from metertui.engine.columns import tail_columns
from metertui.engine.columns.columns import Columns, Curve, Frozen, as_frame
from metertui.engine.columns.edit_columns import Corrections
from metertui.engine.columns.interpolation import interpolate
from metertui.engine.columns.sorted_runs import (
    LOAD,
    FrozenRuns,
    LiveRuns,
    Run,
    Span,
    first_at_least,
    ranges,
    stretches,
)
from metertui.engine.columns.tail_columns import Arrivals, FrozenTail, Growing, Tail

__all__ = [
    "LOAD",
    "Arrivals",
    "Columns",
    "Corrections",
    "Curve",
    "Frozen",
    "FrozenRuns",
    "FrozenTail",
    "Group",
    "Growing",
    "LiveRuns",
    "Run",
    "Span",
    "Tail",
    "as_frame",
    "first_at_least",
    "interpolate",
    "ranges",
    "stretches",
    "tail_columns",
]
