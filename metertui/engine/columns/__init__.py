"""Readings as arrays, in memory."""

from __future__ import annotations

from metertui.engine.attributes import Group
from metertui.engine.columns import tail_columns
from metertui.engine.columns.by_meter import ByMeter
from metertui.engine.columns.columns import FIRST, VOID, Contested, Corrections, Frozen
from metertui.engine.columns.combined_curve import NO_CODE
from metertui.engine.columns.cumulative import UWH_PER_WH, cumulative_wh
from metertui.engine.columns.curve import DRAWN, NO_REGISTER, READ, Columns, Curve, Sums, in_one
from metertui.engine.columns.frames import NO_ENERGY, NO_TIME, as_frame, site_times, with_quality, with_stated
from metertui.engine.columns.interpolation import interpolate, interpolate_one
from metertui.engine.columns.interval_columns import IntervalColumns
from metertui.engine.columns.qualities import (
    NO_STATED,
    NONE_KNOWN,
    FirstValues,
    Known,
    Qualities,
    Stated,
    add_to_history,
    concat_stated,
    stated_all,
    stated_one,
)
from metertui.engine.columns.registers import PARTS, Registers
from metertui.engine.columns.shared_instants import SharedInstants
from metertui.engine.columns.sorted_runs import (
    LEAF_LOAD,
    FrozenRuns,
    LiveRun,
    LiveRuns,
    Span,
    Windows,
    concat_ranges,
    first_at_least,
    lie_within,
    run_edges,
)
from metertui.engine.columns.tail_columns import Arrivals, FrozenTail, GrowingColumn, Tail

__all__ = [
    "DRAWN",
    "FIRST",
    "LEAF_LOAD",
    "NONE_KNOWN",
    "NO_CODE",
    "NO_ENERGY",
    "NO_REGISTER",
    "NO_STATED",
    "NO_TIME",
    "PARTS",
    "READ",
    "UWH_PER_WH",
    "VOID",
    "Arrivals",
    "ByMeter",
    "Columns",
    "Contested",
    "Corrections",
    "Curve",
    "FirstValues",
    "Frozen",
    "FrozenRuns",
    "FrozenTail",
    "Group",
    "GrowingColumn",
    "IntervalColumns",
    "Known",
    "LiveRun",
    "LiveRuns",
    "Qualities",
    "Registers",
    "SharedInstants",
    "Span",
    "Stated",
    "Sums",
    "Tail",
    "Windows",
    "add_to_history",
    "as_frame",
    "concat_ranges",
    "concat_stated",
    "cumulative_wh",
    "first_at_least",
    "in_one",
    "interpolate",
    "interpolate_one",
    "lie_within",
    "run_edges",
    "site_times",
    "stated_all",
    "stated_one",
    "tail_columns",
    "with_quality",
    "with_stated",
]
