"""The work list: exceptions that an operator should look at, and the completeness of the readings."""

from __future__ import annotations

from metertui.engine.worklist import completeness, exception_list
from metertui.engine.worklist.cases import (
    AUTOMATIC,
    CAUSES,
    DECIDED,
    MEANING,
    NEVER,
    OF_READINGS,
    Cause,
    ExceptionRow,
    SiteState,
)
from metertui.engine.worklist.clock_drift import DriftLog
from metertui.engine.worklist.completeness import Board, RegionRow, Share, SilentArea
from metertui.engine.worklist.exception_list import (
    MOST_ROWS,
    ExceptionQuestion,
    Exceptions,
    Order,
    State,
    find_exceptions,
)
from metertui.engine.worklist.stakes import MEAN_DAYS

__all__ = [
    "AUTOMATIC",
    "CAUSES",
    "DECIDED",
    "MEANING",
    "MEAN_DAYS",
    "MOST_ROWS",
    "NEVER",
    "OF_READINGS",
    "Board",
    "Cause",
    "DriftLog",
    "ExceptionQuestion",
    "ExceptionRow",
    "Exceptions",
    "Order",
    "RegionRow",
    "Share",
    "SilentArea",
    "SiteState",
    "State",
    "completeness",
    "exception_list",
    "find_exceptions",
]
