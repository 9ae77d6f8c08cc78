"""What the tests of the live screen share: ticks, refused lines, rows as text, and a day close under way."""

from __future__ import annotations

from dataclasses import replace

from textual.pilot import Pilot

from metertui.engine.core.counters import LiveSnapshot
from metertui.screens.tables.listing import Listing
from metertui.text import visible
from tests.screens.town import Town, text_of


async def show(town: Town, pilot: Pilot[None]) -> None:
    """A second of ticks: the tables follow in turns."""
    for _ in range(4):
        town.app.tick()
    await pilot.pause()


def refuse(town: Town, *lines: str) -> None:
    batch = town.engine.ingest.begin()
    for line in lines:
        batch.add_refused_line("127.0.0.1:50123", "unknown-command", "it is not a command", line)
    town.engine.ingest.apply(batch)


def rows(pilot: Pilot[None], table: str) -> list[list[str]]:
    listing = pilot.app.screen.query_one(table, Listing)
    return [[visible(cell) for cell in listing.cells_of_row(i)] for i in range(listing.row_count)]


STEPS = [
    "✓ sealing the log       48 000 readings",
    "▸ writing day files     12 of 31",
    "· rebuilding the index",
    "· swapping the index in",
]


def mid_close(town: Town) -> LiveSnapshot:
    """A day close as it is seen from its midst."""
    return replace(
        type(town.headend).live(town.headend),
        day_state="writing day files",
        progress=0.42,
        closing_by="127.0.0.1:50123",
        closing_seconds=3.4,
        closing_readings=48_000,
        closing_files=31,
        closing_written=12,
    )


def inner(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the day close."""
    return text_of(pilot, "#close-pane").splitlines()


def title(pilot: Pilot[None], selector: str) -> str:
    """Return the title in the border of a widget."""
    return str(pilot.app.screen.query_one(selector).border_title)
