"""All stored readings, and the way to a row."""

from __future__ import annotations

from metertui.engine.index.meter_codes import GroupsInTime, MeterCodes
from metertui.engine.index.reading_store import Mark, ReadingStore, Rebuilt
from metertui.engine.index.views import View

__all__ = [
    "GroupsInTime",
    "Mark",
    "MeterCodes",
    "ReadingStore",
    "Rebuilt",
    "View",
]
