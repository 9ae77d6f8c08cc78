"""The login window: an action that needs an operator follows the login, and is not done without one."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Input

from metertui.screens.shell.frame import DeskScreen
from metertui.screens.shell.login_window import LoginScreen, as_operator
from tests.engine.book_changes import add_member
from tests.screens.company.helpers import reason_below
from tests.screens.town import Town, at_work, press, settle, text_of

OPERATOR, ANALYST, SECRET = "ada@example.com", "bob@example.com", "correct horse"


async def ask_for(pilot: Pilot[None]) -> list[str]:
    """Ask for an operator, and return a list that gets an entry when the action is done."""
    done: list[str] = []
    as_operator(pilot.app, "a billing run", lambda: done.append("run"))
    await settle(pilot)
    return done


async def test_an_operator_acts_at_once(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town) as pilot:
        assert await ask_for(pilot) == ["run"]
        assert isinstance(pilot.app.screen, DeskScreen)


async def test_the_action_follows_the_login(town: Town) -> None:
    add_member(town.engine.staff, OPERATOR, "operator", SECRET)
    async with at_work(town) as pilot:
        done = await ask_for(pilot)
        assert isinstance(pilot.app.screen, LoginScreen)
        assert text_of(pilot, "#login-text").startswith("A billing run is for staff with the role operator.")
        await press(pilot, *"ada", "tab")
        await settle(pilot)
        assert reason_below(pilot, "login-email") == "! 'ada' is not an email address"
        await press(pilot, "f2")
        done = await ask_for(pilot)
        assert pilot.app.screen.query_one("#login-email", Input).value == "ada"  # what was typed is here again
        await press(pilot, *OPERATOR, "enter", *SECRET, "enter")
        await settle(pilot)
        assert done == ["run"]
        assert isinstance(pilot.app.screen, DeskScreen)
        assert town.app.sessions.email == OPERATOR


async def test_without_a_login_nothing_is_done(town: Town) -> None:
    add_member(town.engine.staff, OPERATOR, "operator", SECRET)
    add_member(town.engine.staff, ANALYST, "government", SECRET)
    async with at_work(town) as pilot:
        done = await ask_for(pilot)
        await press(pilot, *ANALYST, "enter", *SECRET, "enter")
        await settle(pilot)
        assert text_of(pilot, "#login-message") == "! Your role is government; a billing run is for the role operator."
        await press(pilot, "escape")
        await settle(pilot)
        assert isinstance(pilot.app.screen, DeskScreen)
        assert (done, town.app.sessions.role) == ([], "")
