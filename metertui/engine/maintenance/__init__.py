"""Check, repair and backup of a data folder."""

from __future__ import annotations

from metertui.engine.maintenance import backup, check, repair, sources
from metertui.engine.maintenance.repair import FileRepair
from metertui.engine.maintenance.sources import Source

__all__ = [
    "FileRepair",
    "Source",
    "backup",
    "check",
    "repair",
    "sources",
]
