"""Tables: sorted, filtered, copied, of any length."""

from __future__ import annotations

from metertui.screens.tables.arrangement import NATURAL, Cells, matcher
from metertui.screens.tables.columns import Column
from metertui.screens.tables.copying import MOST_COPIED, PAPER_WIDTH, copy_paper, copy_rows, paper_text
from metertui.screens.tables.late_cells import LateCells, LateRow
from metertui.screens.tables.listing import Listing, Row
from metertui.screens.tables.sorted_table import PAGE, SortedTable
from metertui.screens.tables.table import Table

__all__ = [
    "MOST_COPIED",
    "NATURAL",
    "PAGE",
    "PAPER_WIDTH",
    "Cells",
    "Column",
    "LateCells",
    "LateRow",
    "Listing",
    "Row",
    "SortedTable",
    "Table",
    "copy_paper",
    "copy_rows",
    "matcher",
    "paper_text",
]
