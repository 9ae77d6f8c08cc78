"""A login asked for in place: where something is done that takes one, and then it is done."""

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
    """The form over what one was at; gives whether someone with one of the roles is logged in."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "Leave", key_display="escape")]

    def __init__(self, roles: Sequence[str], purpose: str) -> None:
        super().__init__()
        self._roles = roles
        self._purpose = purpose

    def compose(self) -> ComposeResult:
        with Container(id="login-window"):
            yield LoginForm(self._roles, self._purpose)
            yield Static(Text("enter goes on · escape leaves all as it is", style="dim"), id="login-keys")

    def on_mount(self) -> None:
        self.query_one(LoginForm).invite()

    @on(LoginForm.Passed)
    def _passed(self) -> None:
        self.dismiss(True)


def as_operator(app: App[Any], purpose: str, then: Callable[[], object]) -> None:
    """Do something that takes the role operator; who has not got it is asked to log in first.

    `purpose` is what it is for, as in a sentence: "a billing run". Who leaves the form leaves all as it is.
    """
    if cast("Desk", app).sessions.role == "operator":
        then()
        return

    def go_on(passed: bool | None) -> None:
        if passed:
            then()

    app.push_screen(LoginScreen(("operator",), purpose), go_on)
