"""What the tests of the company screen share: the keys that lead to its tabs, and its fields and buttons."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Button, Input

from tests.screens.town import settle, text_of

TO_FILE, TO_STAFF, TO_TRAIL = ("ctrl+right",) * 3, ("ctrl+left",) * 2, ("ctrl+left",)
WHO = "operator@metertui.example"


def result(pilot: Pilot[None]) -> str:
    return text_of(pilot, "#said")


def field(pilot: Pilot[None], name: str) -> Input:
    return pilot.app.screen.query_one(f"#{name}", Input)


async def push(pilot: Pilot[None], button: str) -> None:
    pilot.app.screen.query_one(f"#{button}", Button).focus()
    await pilot.press("enter")
    await settle(pilot)
