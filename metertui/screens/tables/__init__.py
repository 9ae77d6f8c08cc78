"""Tables: sorted, filtered, copied, of any length."""

from __future__ import annotations

from metertui.screens.tables.listing import Listing, Row
from metertui.screens.tables.sorted_table import PAGE, SortedTable
from metertui.screens.tables.table import Cells, Column, Table

__all__ = [
    "PAGE",
    "Cells",
    "Column",
    "Listing",
    "Row",
    "SortedTable",
    "Table",
]
