"""A second process that follows the files of the owner."""

from __future__ import annotations

from metertui.engine.replica import apply
from metertui.engine.replica.apply import Settling
from metertui.engine.replica.changes import Following, News

__all__ = [
    "Following",
    "News",
    "Settling",
    "apply",
]
