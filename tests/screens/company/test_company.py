"""The company screen and its tabs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events
from textual.widgets import Button, TabbedContent

from tests.screens.company.helpers import WHO, field
from tests.screens.town import Town, at_work, press, settle, text_of


async def test_tabs_that_are_passed_by_do_not_come_back(office: Town) -> None:
    async with at_work(office, "f6") as pilot:
        for _ in range(3):
            pilot.app.post_message(events.Key("ctrl+right", None))  # together, as over a slow line
        pilot.app.post_message(events.Paste("x"))
        await settle(pilot)
        assert pilot.app.screen.query_one(TabbedContent).active == "upload"
        assert field(pilot, "upload-path").value == "x"
        await press(pilot, "3")
        assert field(pilot, "upload-path").value == "x3", "a field keeps its digits"
        await press(pilot, "ctrl+right", "6")
        assert pilot.app.screen.query_one(TabbedContent).active == "staff"


async def test_the_greeting_passes_and_another_message_stays(office: Town) -> None:
    async with at_work(office, "f6") as pilot:
        assert text_of(pilot, "#said") == f"Logged in as {WHO}. F9 logs out."
        office.clock.advance(11)
        office.app.tick()
        assert text_of(pilot, "#said") == ""
        await press(pilot, "ctrl+right", *"300-001", *["enter"] * 13)
        office.clock.advance(60)
        office.app.tick()
        assert text_of(pilot, "#said") == "300-001 is registered"


async def test_no_button_is_offered_where_nothing_can_be_written(office: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    following = replace(office.headend.live(), following="read-only: process 4711 owns the folder")
    monkeypatch.setattr(office.headend, "live", lambda: following)
    async with at_work(office, "f6") as pilot:
        buttons = pilot.app.screen.query("#inside Button").results(Button)
        assert {button.is_disabled for button in buttons} == {True}
        await press(pilot, *["ctrl+right"] * 4)
        assert pilot.app.screen.query_one(TabbedContent).active == "close"
        assert pilot.app.focused is None
