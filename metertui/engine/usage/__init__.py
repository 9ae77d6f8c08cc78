"""Energy between instants, for one meter or for all."""

from __future__ import annotations

from metertui.engine.usage import aggregate, buckets, lookup, readings_table
from metertui.engine.usage.aggregate import half_hour_figures, usage_figures, usage_table
from metertui.engine.usage.buckets import days_of_row, in_clock
from metertui.engine.usage.comparison import SHORTEST_DAY, change_per_day, per_day
from metertui.engine.usage.explained_sum import Explained, explain_sum
from metertui.engine.usage.explaining import explain, why_left_out, why_no_data
from metertui.engine.usage.explanation import Explanation, LeftOut, Part, Point, Stated
from metertui.engine.usage.intervals import (
    Intervals,
    Pieces,
    cut_intervals,
    filed_times,
    intervals_in_window,
    meter_blocks,
)
from metertui.engine.usage.judged_list import JudgedList
from metertui.engine.usage.judged_readings import JudgedReadings, judge_readings
from metertui.engine.usage.load_curves import LOAD_COLUMNS, check_step, load_tables
from metertui.engine.usage.lookup import Unlike, UsageComparison, WindowReadings
from metertui.engine.usage.proposal import Proposal, propose_register
from metertui.engine.usage.query import (
    CHANNEL,
    FILTERS,
    KEYS,
    TIME_KEYS,
    UNFILTERED,
    Clock,
    Filter,
    Question,
    format_clock,
    parse_clock,
)
from metertui.engine.usage.readings_table import COLUMNS, LIST_KINDS, ROW_STATUS, STATUS, list_tables, with_intervals
from metertui.engine.usage.recent import known_buckets, rise_at
from metertui.engine.usage.register_changes import register_changes
from metertui.engine.usage.register_states import Latest, RegisterState, latest_of, registers_among
from metertui.engine.usage.series import QUALITY_OF_POINT, Edge, Quality, Series, Usage
from metertui.engine.usage.usage_columns import (
    EDGE_COLUMNS,
    MISSING,
    USAGE_COLUMNS,
    ColumnKind,
    edge_values,
    usage_values,
)

__all__ = [
    "CHANNEL",
    "COLUMNS",
    "EDGE_COLUMNS",
    "FILTERS",
    "KEYS",
    "LIST_KINDS",
    "LOAD_COLUMNS",
    "MISSING",
    "QUALITY_OF_POINT",
    "ROW_STATUS",
    "SHORTEST_DAY",
    "STATUS",
    "TIME_KEYS",
    "UNFILTERED",
    "USAGE_COLUMNS",
    "Clock",
    "ColumnKind",
    "Edge",
    "Explained",
    "Explanation",
    "Filter",
    "Intervals",
    "JudgedList",
    "JudgedReadings",
    "Latest",
    "LeftOut",
    "Part",
    "Pieces",
    "Point",
    "Proposal",
    "Quality",
    "Question",
    "RegisterState",
    "Series",
    "Stated",
    "Unlike",
    "Usage",
    "UsageComparison",
    "WindowReadings",
    "aggregate",
    "buckets",
    "change_per_day",
    "check_step",
    "cut_intervals",
    "days_of_row",
    "edge_values",
    "explain",
    "explain_sum",
    "filed_times",
    "format_clock",
    "half_hour_figures",
    "in_clock",
    "intervals_in_window",
    "judge_readings",
    "known_buckets",
    "latest_of",
    "list_tables",
    "load_tables",
    "lookup",
    "meter_blocks",
    "parse_clock",
    "per_day",
    "propose_register",
    "readings_table",
    "register_changes",
    "registers_among",
    "rise_at",
    "usage_figures",
    "usage_table",
    "usage_values",
    "why_left_out",
    "why_no_data",
    "with_intervals",
]
