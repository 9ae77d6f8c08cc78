"""All stored readings, and the way to a row."""

from __future__ import annotations

from metertui.engine.index.meter_codes import GroupsInTime, MeterCodes
from metertui.engine.index.reading_store import ReadingStore, Rebuilt, View

__all__ = [
    "GroupsInTime",
    "MeterCodes",
    "ReadingStore",
    "Rebuilt",
    "View",
]
