"""With a meter in hand from screen to screen, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from metertui.screens.government.government import GovernmentScreen
from metertui.screens.government.readings_list import ReadingsScreen
from metertui.screens.shell.frame import DeskScreen
from metertui.screens.shell.trail import MOST, Trail
from tests.screens.live.helpers import show
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of


def place(pilot: Pilot[None]) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, DeskScreen)
    return screen.place


def test_a_trail_forgets_its_beginning_when_it_is_long() -> None:
    trail = Trail()
    assert trail.back() == ""
    for number in range(MOST + 3):
        trail.leave(str(number))
    assert len(trail.places) == MOST
    assert trail.back() == str(MOST + 2)
    trail.clear()
    assert trail.places == ()


async def test_a_meter_is_carried_through_the_screens_and_escape_goes_back(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"))
        await show(town, pilot)
        await press(pilot, "enter")
        await settle(pilot)
        assert place(pilot) == "lookup"
        assert STEADY in text_of(pilot, "#lookup-message")
        await press(pilot, "tab", "b")
        await settle(pilot)
        assert place(pilot) == "billing"
        assert STEADY in text_of(pilot, "#statement")
        town.app.tick()
        await settle(pilot)
        assert "Live › Lookup › Billing" in text_of(pilot, "#state")
        await press(pilot, "x")
        await settle(pilot)
        assert place(pilot) == "exceptions"
        for before in ("billing", "lookup", "live"):
            for _ in range(3):  # the first may leave a field
                if place(pilot) != before:
                    await press(pilot, "escape")
                    await settle(pilot)
            assert place(pilot) == before
        town.app.tick()
        await settle(pilot)
        assert "›" not in text_of(pilot, "#state")


async def test_an_account_is_looked_up_and_comes_back(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town, "f6", *"harbour", "enter", "l") as pilot:
        assert place(pilot) == "lookup"
        assert text_of(pilot, "#lookup-message").startswith("200-004")
        await press(pilot, "escape", "escape")
        await settle(pilot)
        assert place(pilot) == "company"


async def test_a_meter_in_an_answer_or_its_readings_is_looked_up_and_comes_back(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town, "f5", "l") as pilot:
        assert place(pilot) == "government"  # a month is no meter
        screen = pilot.app.screen
        assert isinstance(screen, GovernmentScreen)
        screen._change(replace(screen._saved, by=("meter",)))
        await settle(pilot)
        await press(pilot, "l")
        await settle(pilot)
        assert place(pilot) == "lookup"
        assert STEADY in text_of(pilot, "#lookup-message")
        await press(pilot, "escape", "escape")
        await settle(pilot)
        assert place(pilot) == "government"
        await press(pilot, "r")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ReadingsScreen)
        await press(pilot, "b")
        await settle(pilot)
        assert place(pilot) == "billing"
        assert STEADY in text_of(pilot, "#statement")
        await press(pilot, "escape")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ReadingsScreen)


async def test_a_case_opens_its_meter_and_comes_back(town: Town) -> None:
    async with at_work(town, "f7") as pilot:
        await press(pilot, "l")
        await settle(pilot)
        assert place(pilot) == "lookup"
        assert HOSTILE in text_of(pilot, "#lookup-message")
        await press(pilot, "x")
        await settle(pilot)
        assert place(pilot) == "exceptions"
        assert HOSTILE in text_of(pilot, "#conditions")


@pytest.mark.parametrize("key", ["f3", "f2"])
async def test_an_f_key_begins_anew(town: Town, key: str) -> None:
    async with at_work(town, "f7") as pilot:
        await press(pilot, "l")
        await settle(pilot)
        await press(pilot, key)
        await settle(pilot)
        assert town.app.trail.places == ()
