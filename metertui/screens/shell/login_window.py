"""A login in a window, for an action that needs one; the action follows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from metertui.screens.shell.frame import Desk
from metertui.screens.shell.login_form import LoginForm
from metertui.screens.terminal import ThriftyModal


class LoginScreen(ThriftyModal[bool]):
    """A window with the login form. Its result is whether someone with one of the roles logged in."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "Leave", key_display="esc")]

    def __init__(self, roles: Sequence[str], purpose: str) -> None:
        super().__init__()
        self._roles = roles
        self._purpose = purpose

    def compose(self) -> ComposeResult:
        with Container(id="login-window"):
            yield LoginForm(self._roles, self._purpose)
            yield Static(Text("enter logs in · escape cancels", style="dim"), id="login-keys")

    def on_mount(self) -> None:
        self.query_one(LoginForm).invite()

    @on(LoginForm.Passed)
    def _passed(self) -> None:
        self.dismiss(True)


def as_operator(app: App[Any], purpose: str, then: Callable[[], object]) -> None:
    """Run `then` as an operator, after a login if nobody with that role is logged in.

    `purpose` is what the login is for, as in "a billing run". If the login is cancelled, nothing is run.
    """
    if cast("Desk", app).sessions.role == "operator":
        then()
        return

    def go_on(passed: bool | None) -> None:
        if passed:
            then()

    app.push_screen(LoginScreen(("operator",), purpose), go_on)
