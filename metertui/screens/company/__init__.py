"""The company screen: accounts, readings by hand and by file, the day close, staff, audit log."""

from __future__ import annotations

from metertui.screens.company.company import CompanyScreen
from metertui.screens.company.day_close import CloseTab
from metertui.screens.company.day_close_panel import DayClose, closing, in_short

__all__ = [
    "CloseTab",
    "CompanyScreen",
    "DayClose",
    "closing",
    "in_short",
]
