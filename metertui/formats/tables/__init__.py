"""Any file that holds a table: its rows as text, whatever container, encoding, delimiter and decimal mark it has."""

from __future__ import annotations

from metertui.formats.tables.figures import DecimalMark, FigureEvidence, plain_figure
from metertui.formats.tables.opening import Section, Table, is_other_than_utf8, open_table
from metertui.formats.tables.rows import Row, Typed

__all__ = [
    "DecimalMark",
    "FigureEvidence",
    "Row",
    "Section",
    "Table",
    "Typed",
    "is_other_than_utf8",
    "open_table",
    "plain_figure",
]
