"""The login form and the screens behind it: who may log in, and when a login ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from metertui.screens.lookup.lookup import LookupScreen
from metertui.screens.shell.steady_text import Steady
from tests.engine.book_changes import add_member
from tests.screens.town import Town, at_work, press, settle, text_of

OPERATOR = "ada@metertui.example"
ANALYST = "bob@metertui.example"
SECRET = "correct horse"


def inside(town: Town) -> bool:
    return bool(town.app.screen.query_one("#inside").display)


@pytest.mark.parametrize("key", ["f6", "f3"])
async def test_the_end_of_a_session_is_shown_on_every_screen(town: Town, key: str) -> None:
    town.log_in("operator")
    async with at_work(town, key) as pilot:
        town.clock.advance(15 * 60 + 1)
        for told in ("operator@metertui.example was logged out after 15 minutes without a key press or click.", ""):
            town.app.tick()
            await settle(pilot)
            assert text_of(pilot, "#said") == told
            town.app.screen.query_one("#said", Steady).show("")


@pytest.mark.parametrize(("key", "role"), [("f5", "government"), ("f6", "operator")])
async def test_without_staff_the_gate_says_how_to_make_some(town: Town, key: str, role: str) -> None:
    town.app.command = "metertui" if key == "f5" else "../tools/bin/metertui"  # which leaves no room for the folder
    async with at_work(town, key) as pilot:
        assert not inside(town)
        said = text_of(pilot, "#login-text")
        assert said.startswith("There is no staff account with the role")
        parted = " " if key == "f5" else " \\\n    "
        assert f"metertui admins add EMAIL --role {role}{parted}--data /srv/metertui" in said


async def test_a_command_is_parted_before_a_word_is_folded(town: Town) -> None:
    town.app.command = ".venv/bin/python -m metertui"
    async with at_work(town, "f5", size=(80, 24)) as pilot:
        _, _, command = text_of(pilot, "#login-text").partition("\n\n")
        *parts, last = command.rstrip().splitlines()
        assert last.strip() == "--data /srv/metertui"
        assert all(part.rstrip().endswith(" \\") for part in parts), "or what is pasted would end too early"


async def test_the_box_stays_whole_in_80_columns_however_long_the_folder_is(town: Town) -> None:
    town.engine.folder = Path("/srv") / "/".join(["a-long-name-of-a-folder"] * 12)
    async with at_work(town, "f6", size=(80, 24)) as pilot:
        await settle(pilot)
        box, gate = (pilot.app.screen.query_one(f"#{name}").region for name in ("login", "gate"))
        assert gate.contains_region(box)
        button = pilot.app.screen.query_one("#login-button").region
        fields = [pilot.app.screen.query_one(f"#login-{name}").region for name in ("email", "password")]
        assert {each.x for each in fields} == {button.x}


async def test_what_is_typed_before_the_gate_is_drawn_is_not_lost(town: Town) -> None:
    add_member(town.engine.staff, OPERATOR, "operator", SECRET)
    async with at_work(town) as pilot:
        for key in ("f6", *OPERATOR, "enter", *SECRET, "enter"):  # as they come together over a slow line
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await settle(pilot)
        assert inside(town)


async def test_the_gate_of_a_demonstration_says_with_what_it_opens(town: Town) -> None:
    add_member(town.engine.staff, OPERATOR, "operator", SECRET)
    town.app.login_hint = "Log in as the one with the key."
    async with at_work(town, "f6") as pilot:
        assert "Log in as the one with the key." in text_of(pilot, "#login-text")


async def test_an_operator_comes_in_by_email_and_password(town: Town) -> None:
    add_member(town.engine.staff, OPERATOR, "operator", SECRET)
    async with at_work(town, "f6", *OPERATOR, "enter", *SECRET, "enter") as pilot:
        assert inside(town)
        assert OPERATOR in text_of(pilot, "#said")
        await pilot.press("f5")
        await settle(pilot)
        assert inside(town)  # an operator may see what the government sees
        await pilot.press("f9")
        await settle(pilot)
        assert not inside(town)
        assert town.app.sessions.email == ""
    audit = (town.folder / "audit.log").read_text()
    assert f"\t{OPERATOR}\tlogin\t\toperator\n" in audit
    assert SECRET not in audit


@pytest.mark.parametrize("between", ["enter", "tab"])
async def test_a_password_that_comes_in_one_burst_with_the_email_is_not_shown(town: Town, between: str) -> None:
    add_member(town.engine.staff, OPERATOR, "operator", SECRET)
    async with at_work(town, "f6") as pilot:
        for key in (*"ada", between, *SECRET):
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await settle(pilot)
        assert pilot.app.screen.query_one("#login-email", Input).value == "ada"
        assert pilot.app.screen.query_one("#login-password", Input).value == SECRET


async def test_a_wrong_password_is_refused_and_forgotten(town: Town) -> None:
    add_member(town.engine.staff, OPERATOR, "operator", SECRET)
    async with at_work(town, "f6", *OPERATOR, "enter", *"guess", "enter") as pilot:
        assert not inside(town)
        assert text_of(pilot, "#login-message") == "! The email or the password is wrong."
        assert town.app.screen.query_one("#login-password", Input).value == ""
        await pilot.press("f2", "f6")
        await settle(pilot)
        assert text_of(pilot, "#login-message") == ""
    assert "login refused" in (town.folder / "audit.log").read_text()


async def test_the_keys_of_the_gate_are_in_the_footer_and_escape_leads_back(town: Town) -> None:
    add_member(town.engine.staff, OPERATOR, "operator", SECRET)
    async with at_work(town, "f3", "f6") as pilot:
        assert text_of(pilot, "#keys").startswith("tab Next field  esc Back ")
        await press(pilot, *OPERATOR, "enter")
        assert text_of(pilot, "#keys").startswith("⏎ Log in  tab Next field  esc Back ")
        await press(pilot, "tab")
        assert text_of(pilot, "#keys").startswith("⏎ Log in  esc Back "), "of a button, too"
        assert "  tab Next  " in text_of(pilot, "#keys")
        await press(pilot, "escape")
        await settle(pilot)
        assert isinstance(pilot.app.screen, LookupScreen)
        await press(pilot, "f6")
        await settle(pilot)
        assert pilot.app.screen.query_one("#login-email", Input).value == OPERATOR
        town.log_in("operator")
        town.app.tick()
        await settle(pilot)
        assert "Log in" not in text_of(pilot, "#keys")


async def test_both_fields_are_asked_for(town: Town) -> None:
    async with at_work(town, "f6", *OPERATOR, "enter", "enter") as pilot:
        assert text_of(pilot, "#login-message") == "! Enter an email and a password."


async def test_an_analyst_is_no_operator(town: Town) -> None:
    add_member(town.engine.staff, OPERATOR, "operator", "other horse")
    add_member(town.engine.staff, ANALYST, "government", SECRET)
    async with at_work(town, "f6", *ANALYST, "enter", *SECRET, "enter") as pilot:
        assert not inside(town)
        assert text_of(pilot, "#login-message") == "! Your role is government; this screen is for the role operator."
        assert town.app.sessions.role == ""


async def test_behind_the_gate_no_action_is_offered_or_done(town: Town) -> None:
    async with at_work(town, "f5", "ctrl+e") as pilot:
        offered = {binding.binding.description for binding in pilot.app.screen.active_bindings.values()}
        assert not offered & {"Export", "Run again", "Log out"}
        assert not pilot.app.screen.query_one("#line").display
        town.log_in("government")
        town.app.tick()
        await settle(pilot)
        offered = {binding.binding.description for binding in pilot.app.screen.active_bindings.values()}
        assert {"Export", "Run again", "Log out"} <= offered


async def test_a_login_ends_when_nobody_is_there_and_lasts_while_one_types(town: Town) -> None:
    town.log_in("operator")
    idle = town.app.settings.session_idle_minutes * 60
    async with at_work(town, "f6") as pilot:
        for letter in "hill":
            town.clock.advance(idle - 1)
            await pilot.press(letter)  # into a field, which keeps the key for itself
        town.clock.advance(idle - 1)
        pilot.app.post_message(events.Paste("side"))  # or what several keys are that arrive together
        await pilot.pause()
        town.clock.advance(idle - 1)
        town.app.tick()
        assert inside(town)
        town.clock.advance(idle + 1)
        town.app.tick()
        await pilot.pause()
        assert not inside(town)


async def test_whoever_is_logged_in_again_is_not_told_of_the_end_before(town: Town) -> None:
    town.log_in("operator")
    add_member(town.engine.staff, ANALYST, "government", SECRET)
    async with at_work(town, "f5") as pilot:
        town.clock.advance(15 * 60 + 1)
        town.app.tick()
        await settle(pilot)
        assert "was logged out" in text_of(pilot, "#said")
        await press(pilot, *ANALYST, "enter", *SECRET, "enter")
        await settle(pilot)
        assert inside(town)
        assert "was logged out" not in text_of(pilot, "#said")


async def test_the_last_tick_finds_an_app_that_has_ended(town: Town) -> None:
    async with at_work(town, "f3"):
        pass
    town.app.tick()


@pytest.mark.parametrize("over", ["f1", "ctrl+p"])
async def test_a_login_ends_under_help_and_palette_too(town: Town, over: str) -> None:
    town.log_in("operator")
    async with at_work(town, "f6") as pilot:
        screen = pilot.app.screen
        await pilot.press(over)
        await pilot.pause()
        assert pilot.app.screen is not screen
        town.clock.advance(15 * 60 + 1)
        town.app.tick()
        await pilot.pause()
        assert not screen.query_one("#inside").display
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.screen is screen
        assert not inside(town)
