"""Check, repair and backup of a data folder."""

from __future__ import annotations

from metertui.engine.maintenance import backup, check, repair, sources
from metertui.engine.maintenance.repair import Repair
from metertui.engine.maintenance.sources import Source

__all__ = [
    "Repair",
    "Source",
    "backup",
    "check",
    "repair",
    "sources",
]
