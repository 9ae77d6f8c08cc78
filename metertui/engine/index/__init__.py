"""All stored readings, and the way to a row."""

from __future__ import annotations

from metertui.engine.index.meter_codes import GroupsInTime, MeterCodes, course_of
from metertui.engine.index.reading_list import LIST_COLUMNS, PIECE, ReadingList, Readings, frame_of_description
from metertui.engine.index.reading_store import Mark, ReadingStore, Rebuilt
from metertui.engine.index.views import View

__all__ = [
    "LIST_COLUMNS",
    "PIECE",
    "GroupsInTime",
    "Mark",
    "MeterCodes",
    "ReadingList",
    "ReadingStore",
    "Readings",
    "Rebuilt",
    "View",
    "course_of",
    "frame_of_description",
]
