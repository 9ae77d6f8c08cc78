"""Tables: sorted, filtered, copied, of any length."""

from __future__ import annotations

from metertui.screens.tables.listing import Listing, Row
from metertui.screens.tables.sorted_table import PAGE, SortedTable
from metertui.screens.tables.virtual_table import Cells, Column, VirtualTable

__all__ = [
    "PAGE",
    "Cells",
    "Column",
    "Listing",
    "Row",
    "SortedTable",
    "VirtualTable",
]
