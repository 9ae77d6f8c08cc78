"""Help: what the screen is for, and every key."""

from __future__ import annotations

from textual.command import CommandPalette
from textual.widgets import Static

from metertui.screens.fields import PickScreen
from metertui.screens.shell.frame import PLACES, DeskScreen
from metertui.screens.shell.help import HelpScreen, _paragraphs, own_keys
from tests.screens.town import Town, at_work, settle, text_of


async def test_help_explains_the_screen_one_is_on(town: Town) -> None:
    ways = [("f1", "escape"), ("f1", "f1"), ("f1", "q"), ("f1", "question_mark")]
    async with at_work(town) as pilot:
        for number, (key, title) in enumerate(PLACES.values()):
            await pilot.press(key.lower())
            await settle(pilot)
            explained = pilot.app.screen
            assert isinstance(explained, DeskScreen)
            ask, leave = ways[number % 4] if explained.place != "live" else ("question_mark", "question_mark")
            await pilot.press(ask)
            await settle(pilot)
            assert isinstance(pilot.app.screen, HelpScreen)
            shown = pilot.app.screen.query("#help Static")
            said = [str(each.render()) for each in shown.results(Static)]
            assert said[0] == "Keys here", "keys come before words, so that they are seen on a small screen too"
            assert (said[2], said[3].split()) == (title, explained.help_text.split())
            assert "Log out" not in said[1], "nobody is logged in"
            assert "escape closes" in (pilot.app.screen.query_one("#help").border_subtitle or "")
            await pilot.press(leave)
            assert pilot.app.screen_stack[-1] is explained
        await pilot.press("f1", "f2")
        await settle(pilot)
        assert isinstance(pilot.app.screen, DeskScreen)
        assert pilot.app.screen.place == "live"
        await pilot.press("colon")
        assert isinstance(pilot.app.screen, CommandPalette)


async def test_each_subject_of_a_help_begins_a_line(town: Town) -> None:
    async with at_work(town, "f2", "f1") as pilot:
        shown = pilot.app.screen.query("#help Static").results(Static)
        lines = [str(each.render()) for each in shown][3].splitlines()
        begun = [line.partition(":")[0] for line in lines[1:]]
        assert begun == ["To OK", "Heard", "Arrivals", "Server", "Completeness", "Day close"]
    assert _paragraphs("Accounts: all. Form: one.").plain == "Accounts: all.\nForm: one."


async def test_own_keys_come_once_and_are_not_those_of_every_screen(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town) as pilot:
        for key, _ in PLACES.values():
            await pilot.press(key.lower())
            await settle(pilot)
            found = [binding for _, binding in own_keys(pilot.app.screen)]
            actions = [binding.action for binding in found]
            assert len(set(actions)) == len(actions) > 0
            assert not [action for action in actions if action.startswith(("app.", "screen.", "copy"))]
            assert all(binding.description for binding in found)


async def test_own_keys_include_those_that_the_line_of_keys_has_no_room_for(town: Town) -> None:
    async with at_work(town, "f7", size=(80, 24)) as pilot:
        assert "Region" not in text_of(pilot, "Keys")
        assert {"c", "g", "p", "o"} <= {binding.key.split(",")[0] for _, binding in own_keys(pilot.app.screen)}


async def test_keys_that_edit_a_text_are_no_keys_of_a_screen(town: Town) -> None:
    async with at_work(town) as pilot:
        for key in ("f5", "f6"):  # both begin with the fields of the login
            await pilot.press(key)
            await settle(pilot)
            found = [binding for _, binding in own_keys(pilot.app.screen)]
            assert not {"ctrl+w", "ctrl+k", "ctrl+u", "ctrl+a", "delete"} & {binding.key for binding in found}
            keys = [pilot.app.get_key_display(binding) for binding in found]
            assert len(set(keys)) == len(keys)


async def test_keys_that_work_everywhere_work_over_the_list_of_a_choice(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town, "f5") as pilot:
        await pilot.press("f", "tab", "tab", "enter")
        listed = pilot.app.screen
        assert isinstance(listed, PickScreen)
        await pilot.press("f1")
        await settle(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
        said = [str(each.render()) for each in pilot.app.screen.query("#help Static").results(Static)]
        assert "GovernmentScreen" not in said[0]
        assert PLACES["government"][1] in said
        await pilot.press("f1")
        assert pilot.app.screen_stack[-1] is listed
        for key, place in ((key.lower(), place) for place, (key, _) in PLACES.items()):
            await pilot.press(key)
            await settle(pilot)
            assert isinstance(pilot.app.screen, DeskScreen)
            assert pilot.app.screen.place == place
        await pilot.press("colon", "f1")
        assert isinstance(pilot.app.screen, HelpScreen), "the palette makes room for it"
