"""Energy between instants, for one meter or for all."""

from __future__ import annotations

from metertui.engine.usage import aggregate, buckets, lookup, readings_table
from metertui.engine.usage.aggregate import answer, figures
from metertui.engine.usage.buckets import inside, span_of
from metertui.engine.usage.explanation import Explanation, LeftOut, Part, Point, explain, why_nothing
from metertui.engine.usage.intervals import Pieces, Steps, blocks, pieces, steps
from metertui.engine.usage.lookup import Answer, Behind
from metertui.engine.usage.query import (
    FILTERS,
    KEYS,
    TIME_KEYS,
    UNFILTERED,
    Clock,
    Filter,
    Question,
    clock_of,
    clock_text,
)
from metertui.engine.usage.readings_table import COLUMNS, STATUS
from metertui.engine.usage.series import Edge, Quality, Series, Usage

__all__ = [
    "COLUMNS",
    "FILTERS",
    "KEYS",
    "STATUS",
    "TIME_KEYS",
    "UNFILTERED",
    "Answer",
    "Behind",
    "Clock",
    "Edge",
    "Explanation",
    "Filter",
    "LeftOut",
    "Part",
    "Pieces",
    "Point",
    "Quality",
    "Question",
    "Series",
    "Steps",
    "Usage",
    "aggregate",
    "answer",
    "blocks",
    "buckets",
    "clock_of",
    "clock_text",
    "explain",
    "figures",
    "inside",
    "lookup",
    "pieces",
    "readings_table",
    "span_of",
    "steps",
    "why_nothing",
]
