"""All stored readings, and the way to a row."""

from __future__ import annotations

from metertui.engine.index.meter_codes import Directory, GroupsInTime
from metertui.engine.index.reading_store import Readings, Rebuilt, View

__all__ = [
    "Directory",
    "GroupsInTime",
    "Readings",
    "Rebuilt",
    "View",
]
