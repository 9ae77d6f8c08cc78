"""What someone should look at, and decide about."""

from __future__ import annotations

from metertui.engine.worklist import completeness, exception_list
from metertui.engine.worklist.cases import CAUSES, MEANING, NEVER, OF_READINGS, Beside, Cause, ExceptionRow
from metertui.engine.worklist.clock_drift import Drift
from metertui.engine.worklist.completeness import Board, RegionRow, Share, Silence
from metertui.engine.worklist.exception_list import MOST_ROWS, Exceptions, Question, State, find

__all__ = [
    "CAUSES",
    "MEANING",
    "MOST_ROWS",
    "NEVER",
    "OF_READINGS",
    "Beside",
    "Board",
    "Cause",
    "Drift",
    "ExceptionRow",
    "Exceptions",
    "Question",
    "RegionRow",
    "Share",
    "Silence",
    "State",
    "completeness",
    "exception_list",
    "find",
]
