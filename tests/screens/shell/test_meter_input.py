"""The field that finds a meter by part of its id, address, postcode, region or sub-region."""

from __future__ import annotations

from textual.widgets import OptionList

from metertui.engine.accounts.account import Account
from metertui.screens.shell.meter_input import suggestion_lines
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of


async def test_meters_of_this_session_are_at_hand(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter", "slash", *"200-002", "enter", "m") as pilot:
        options = pilot.app.screen.query_one(OptionList)
        assert options.has_focus
        assert [str(options.get_option_at_index(n).prompt).split()[0] for n in range(2)] == ["200-002", STEADY]
        await pilot.press("down", "enter")
        await settle(pilot)
        assert text_of(pilot, "#lookup-message").startswith(STEADY)
        await pilot.press("f4")  # and on every screen that asks for a meter
        await settle(pilot)
        await pilot.press("slash", "down")
        assert pilot.app.screen.query_one(OptionList).option_count == 2


async def test_a_meter_is_found_by_part_of_its_address(town: Town) -> None:
    async with at_work(town, "f3", "slash", *"harb") as pilot:  # where the focus is already, / does nothing
        options = pilot.app.screen.query_one(OptionList)
        assert options.display
        assert "↓ List  ⏎ Open" in text_of(pilot, "#keys")
        assert [str(options.get_option_at_index(n).prompt).split()[0] for n in range(options.option_count)] == [
            "200-004",
            "200-005",
        ]
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        assert not options.display
        assert text_of(pilot, "#lookup-message").startswith("200-005 · 5 Harbour Road, South, landed")
        await press(pilot, "slash", *STEADY, "enter")  # what is typed next is another meter
        await settle(pilot)
        assert text_of(pilot, "#lookup-message").startswith(STEADY)


async def test_suggestions_say_how_many_more_there_are(town: Town) -> None:
    for number in range(12):
        town.register(f"300-{number:03}", f"{number} Long Street")
    async with at_work(town, "f3", *"long") as pilot:
        options = pilot.app.screen.query_one(OptionList)
        assert str(options.get_option_at_index(8).prompt) == "… and 4 more meters: type more of it"
        assert options.get_option_at_index(8).disabled
        assert "300-007  7 Long Street" in text_of(pilot, "#meter-options")


async def test_escape_leaves_the_completion(town: Town) -> None:
    async with at_work(town, "f3", *"road", "down") as pilot:
        assert isinstance(pilot.app.focused, OptionList)
        await pilot.press("escape")
        assert not pilot.app.screen.query_one(OptionList).display
        assert pilot.app.focused is pilot.app.screen.query_one("#meter-text")


async def test_what_came_from_outside_is_shown_as_it_is(town: Town) -> None:
    async with at_work(town, "f3", *"odd") as pilot:
        assert "[red]12[/red] [/ Odd Street" in text_of(pilot, "#meter-options")
        await pilot.press("enter")
        await settle(pilot)
        assert "[red]12[/red] [/ Odd Street, [b]South" in text_of(pilot, "#lookup-message")


def test_suggestions_stand_under_one_another() -> None:
    found = [Account("200-01", "1 Hill Road", "North", postcode="1"), Account("3", "", "South"), Account("4", "x" * 60)]
    assert suggestion_lines(found) == [
        f"200-01  1 Hill Road{' ' * 29}  1  North",
        f"3       {' ' * 40}     South",
        f"4       {'x' * 39}…",
    ]
    assert suggestion_lines([]) == []
