"""What the tests of the government screen share: its questions asked, and its parts as text."""

from __future__ import annotations

from textual.pilot import Pilot

from metertui.engine.reports.saved_reports import SavedReport
from metertui.screens.government.government import GovernmentScreen
from metertui.screens.tables.sorted_table import SortedTable
from tests.screens.town import settle, text_of


def screen(pilot: Pilot[None]) -> GovernmentScreen:
    found = pilot.app.screen_stack[-1]
    assert isinstance(found, GovernmentScreen)
    return found


async def ask(pilot: Pilot[None], **changes: object) -> None:
    """Ask a question as the form would."""
    screen(pilot)._change(SavedReport(**changes))  # type: ignore[arg-type]
    await settle(pilot)


async def keys(pilot: Pilot[None], *names: str) -> None:
    """Press keys, each when what came of the one before is done."""
    for name in names:
        await pilot.press(name)
        await settle(pilot)


def dates(first: str, last: str) -> dict[str, str]:
    return {"period": "dates", "first": first, "last": last}


def table(pilot: Pilot[None]) -> list[list[str]]:
    listing = screen(pilot).query_one(SortedTable)
    return [list(listing.cells_of_row(row)) for row in range(listing.row_count)]


def summary(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#summary").split())


def said(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#said").split())


def question(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#question").split())
