"""What the tests of the look-up screen share: its tiles as text, and its windows."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Tabs

from tests.screens.town import settle, text_of


def tiles(pilot: Pilot[None]) -> dict[str, list[str]]:
    """The tiles' lines by their first."""
    shown: dict[str, list[str]] = {}
    for tile in pilot.app.screen.query("#lookup-tiles Tile, #lookup-ends Tile"):
        label, *rest = text_of(pilot, f"#{tile.id}").splitlines()
        shown[label] = [line for line in rest if line]
    return shown


async def choose(pilot: Pilot[None], window: str) -> None:
    pilot.app.screen.query_one(Tabs).active = window
    await settle(pilot)
