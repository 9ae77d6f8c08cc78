"""The gate before the screens that need a login."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Button, ContentSwitcher, Input, Static

from metertui.engine.counters import LiveSnapshot
from metertui.screens.base import DeskScreen
from metertui.screens.plain import visible
from metertui.screens.widgets.field import Field


class GatedScreen(DeskScreen):
    """A screen whose content is behind a login."""

    roles: ClassVar[tuple[str, ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f9", "log_out", "Log out", key_display="F9")]

    def content(self) -> ComposeResult:
        with ContentSwitcher(initial="gate", id="gated"):
            with Container(id="gate"), Vertical(id="login"):
                yield Static(id="login-text")
                yield Field(placeholder="email", id="login-email")
                yield Input(placeholder="password", password=True, id="login-password")
                yield Button("Log in", id="login-button", variant="primary")
                yield Static(id="login-message")
            with Container(id="inside"):
                yield from self.inside()

    @abstractmethod
    def inside(self) -> ComposeResult:
        """The content."""

    def entered(self) -> None:
        """The content has come into view."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The screen's own actions wait behind the gate too."""
        own = hasattr(self, f"action_{action}") and not hasattr(DeskScreen, f"action_{action}")
        return not own or (self.is_mounted and self._open)

    def on_screen_resume(self) -> None:
        self.query_one("#login-message", Static).update("")
        self._pass()
        if not self._open:
            self._invite()

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        self._pass()

    @property
    def stage(self) -> str:
        return f"{self.place}, {'inside' if self._open else 'gate'}"

    @property
    def _open(self) -> bool:
        return self.query_one("#gated", ContentSwitcher).current == "inside"

    def _pass(self) -> None:
        """Open or close the gate, as the session is."""
        allowed = self.desk.sessions.role in self.roles
        if allowed != self._open:
            self.query_one("#gated", ContentSwitcher).current = "inside" if allowed else "gate"
            if allowed:
                self.entered()
            else:
                self._invite()
            self.refresh_bindings()

    def _invite(self) -> None:
        who = " or ".join(self.roles)
        members = [member for member in self.headend.engine.staff.members() if member.role in self.roles]
        if members:
            text = Text(f"This screen is for staff with the role {who}.")
        else:
            folder = visible(str(self.headend.engine.folder))
            text = Text(
                f"No staff account with the role {who} exists yet. Make one in another terminal, then log in here:\n\n"
            )
            text.append(f"  metertui admins add EMAIL --role {self.roles[0]} --data {folder}", style="bold")
        self.query_one("#login-text", Static).update(text)
        self.query_one("#login-email", Input).focus()

    @on(Input.Submitted, "#login-password")
    @on(Button.Pressed, "#login-button")
    def _try(self) -> None:
        email = self.query_one("#login-email", Input).value.strip()
        password = self.query_one("#login-password", Input).value
        if email and password:
            self._log_in(email, password)
        else:
            self.query_one("#login-message", Static).update("! Give the email and the password.")

    @work(exclusive=True, group="login")
    async def _log_in(self, email: str, password: str) -> None:
        message = self.query_one("#login-message", Static)
        message.update("…")
        role = await self.headend.login(email, password)
        self.query_one("#login-password", Input).value = ""
        if role is None:
            message.update("! The email or the password is wrong.")
        elif role not in self.roles:
            message.update(f"! Your role is {role}; this screen is for {' or '.join(self.roles)}.")
        else:
            message.update("")
            self.desk.sessions.begin(email, role)
            self._pass()

    def action_log_out(self) -> None:
        """End the session."""
        self.desk.sessions.end()
        self._pass()
