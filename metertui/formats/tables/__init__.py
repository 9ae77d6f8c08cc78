"""Any file that holds a table: its rows as text, whatever container, encoding, delimiter and decimal mark it has."""

from __future__ import annotations

from metertui.formats.tables.figures import DecimalMark, FigureEvidence, plain_figure
from metertui.formats.tables.halves import are_seconds, halves, is_plain_date, is_plain_rest
from metertui.formats.tables.lines import Lines
from metertui.formats.tables.opening import AnyTable, Section, Table, is_other_than_utf8, open_any_table, open_table
from metertui.formats.tables.rows import Row, Typed, cut_cells, without_empty_end
from metertui.formats.tables.times import (
    DateEvidence,
    Label,
    clock_part,
    days_of,
    kind_of,
    parse_clock,
    parse_label,
    parse_month,
    parse_number,
    split_range,
    split_stamp,
)

__all__ = [
    "AnyTable",
    "DateEvidence",
    "DecimalMark",
    "FigureEvidence",
    "Label",
    "Lines",
    "Row",
    "Section",
    "Table",
    "Typed",
    "are_seconds",
    "clock_part",
    "cut_cells",
    "days_of",
    "halves",
    "is_other_than_utf8",
    "is_plain_date",
    "is_plain_rest",
    "kind_of",
    "open_any_table",
    "open_table",
    "parse_clock",
    "parse_label",
    "parse_month",
    "parse_number",
    "plain_figure",
    "split_range",
    "split_stamp",
    "without_empty_end",
]
