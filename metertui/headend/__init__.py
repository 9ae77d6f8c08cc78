"""The engine in an asyncio event loop, used by the server, the screens and the command line."""

from __future__ import annotations

from metertui.headend.jobs import Jobs
from metertui.headend.read_only import STATUS_FIELDS, ReadOnlyHeadEnd
from metertui.headend.readings import Effort
from metertui.headend.recurring import Recurring
from metertui.headend.service import HeadEnd
from metertui.headend.trends import SLOTS, SPANS, Slot

__all__ = [
    "SLOTS",
    "SPANS",
    "STATUS_FIELDS",
    "Effort",
    "HeadEnd",
    "Jobs",
    "ReadOnlyHeadEnd",
    "Recurring",
    "Slot",
]
