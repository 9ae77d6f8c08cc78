"""What the tests of the company screen share: the keys that lead to its tabs, and its fields and buttons."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

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


def reason_below(pilot: Pilot[None], name: str) -> str:
    """What stands below a field, without line breaks."""
    line = field(pilot, name).parent
    assert line is not None
    assert line.parent is not None
    note = line.parent.query_one(".wrong", Static)
    return " ".join(str(note.render()).split()) if note.display else ""


async def leave(pilot: Pilot[None], name: str, value: str) -> str:
    """Type a value into a field and leave it; what stands below it then."""
    field(pilot, name).focus()
    field(pilot, name).value = value
    await pilot.press("tab")
    await settle(pilot)
    return reason_below(pilot, name)
