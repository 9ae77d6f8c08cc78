"""The engine in an asyncio event loop: the one face that server and screens meet it at."""

from __future__ import annotations

from metertui.headend.read_only import HEARD, Follower
from metertui.headend.recurring import Recurring
from metertui.headend.service import HeadEnd

__all__ = [
    "HEARD",
    "Follower",
    "HeadEnd",
    "Recurring",
]
