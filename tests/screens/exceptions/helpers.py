"""What the tests of the list of exceptions share: its rows as text, and keys pressed one by one."""

from __future__ import annotations

from textual.pilot import Pilot

from metertui.screens.tables.listing import Listing
from tests.screens.town import press, settle

SILENT = 6
"""All of the town but the two that were read today."""


def listed(pilot: Pilot[None]) -> list[tuple[str, str]]:
    """Meter and cause of the rows in the table, those that are chosen marked; of several cases with their number."""
    rows = pilot.app.screen.query_one("#cases", Listing)._rows
    return [(f"{cells[0].strip()}{cells[2]}", cells[1].partition(" ")[2]) for _, cells in rows]


def cells(pilot: Pilot[None]) -> list[str]:
    """The rows in the table as they read."""
    return [" ".join(cells) for _, cells in pilot.app.screen.query_one("#cases", Listing)._rows]


async def go(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, or type what has capitals or blanks, and wait for what each brings about."""
    for key in keys:
        if len(key) > 1 and not key.islower():
            await press(pilot, *key)
        else:
            await press(pilot, key)
            await settle(pilot)
