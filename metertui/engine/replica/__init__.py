"""A second process that follows the files of the owner."""

from __future__ import annotations

from metertui.engine.replica import apply
from metertui.engine.replica.apply import HistoryRebuild
from metertui.engine.replica.changes import DEFECT, ChangeReader, Changes

__all__ = [
    "DEFECT",
    "ChangeReader",
    "Changes",
    "HistoryRebuild",
    "apply",
]
