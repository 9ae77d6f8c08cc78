"""The field that finds a meter for a form."""

from __future__ import annotations

from textual.widgets import OptionList

from tests.screens.company.helpers import field, reason_below
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of


async def test_a_meter_is_found_by_its_address_as_in_lookup(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right", *"harbour") as pilot:
        await settle(pilot)
        options = pilot.app.screen.query_one("#reading-meters", OptionList)
        assert [str(option.prompt).split()[0] for option in options.options] == ["200-004", "200-005"]
        assert "↓ Meters  tab Next field" in text_of(pilot, "#keys")
        await press(pilot, "down", "down", "enter", "7")
        assert field(pilot, "reading-meter").value == "200-005"
        assert field(pilot, "reading-kwh").value == "7", "the next key is for the next field"
        assert text_of(pilot, "#reading-where") == "5 Harbour Road, 10005, South"
        assert options.has_class("hidden")
        field(pilot, "reading-meter").focus()
        await press(pilot, "ctrl+u", *"harbour", "tab")
        await settle(pilot)
        assert field(pilot, "reading-meter").value == "harbour", "two match it, and nobody has chosen"
        assert reason_below(pilot, "reading-meter") == "! harbour is not registered; ↓ lists the meters that match"
        field(pilot, "reading-meter").focus()
        await press(pilot, "down")
        await settle(pilot)
        await press(pilot, "up", "tab")
        assert field(pilot, "reading-meter").value == "200-005"
        assert not reason_below(pilot, "reading-meter")


async def test_the_only_one_that_matches_is_taken_and_those_of_this_session_are_at_hand(office: Town) -> None:
    office.app.recent.add(STEADY)
    async with at_work(office, "f6", "ctrl+right", "ctrl+right", *"5 harb", "tab") as pilot:
        await settle(pilot)
        assert field(pilot, "reading-meter").value == "200-005"
        field(pilot, "reading-meter").focus()
        await press(pilot, "ctrl+u", "down", "enter")
        assert field(pilot, "reading-meter").value == STEADY


async def test_a_key_on_an_account_leads_there_with_its_meter(office: Town) -> None:
    async with at_work(office, "f6", *HOSTILE, "enter") as pilot:
        await settle(pilot)
        await press(pilot, "i")
        await press(pilot, "6")
        assert field(pilot, "reading-meter").value == HOSTILE
        assert field(pilot, "reading-kwh").value == "6"
