"""The company screen and its tabs."""

from __future__ import annotations

from textual import events
from textual.widgets import TabbedContent

from tests.screens.company.helpers import field
from tests.screens.town import Town, at_work, settle


async def test_tabs_that_are_passed_by_do_not_come_back(office: Town) -> None:
    async with at_work(office, "f6") as pilot:
        for _ in range(3):
            pilot.app.post_message(events.Key("ctrl+right", None))  # together, as over a slow line
        pilot.app.post_message(events.Paste("x"))
        await settle(pilot)
        assert pilot.app.screen.query_one(TabbedContent).active == "upload"
        assert field(pilot, "upload-path").value == "x"
