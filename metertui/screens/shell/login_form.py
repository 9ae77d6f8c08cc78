"""The login form, and the screens that show it until someone with a fitting role is logged in."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widgets import Button, ContentSwitcher, Input, Static

from metertui.engine.accounts import check_email
from metertui.engine.core import LiveSnapshot
from metertui.engine.errors import MeterError
from metertui.screens.fields import Field, LastField, labelled, refused_by
from metertui.screens.shell.frame import DeskScreen, OnDesk
from metertui.text import message, visible

_DRAFT: Final = "login"
_COMMAND: Final = 56
"""Characters of a command beside `--data` that have room in a line."""
_LINE: Final = 62
"""Characters of a command that have room in a line before the break."""
_BREAK: Final = "\\\n    "


class _Password(LastField):
    """The second field, whose keys are in the line of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Log in", key_display="⏎", priority=True),
        Binding("tab", "next", "Next field", key_display="tab", priority=True),
    ]


class Gate(OnDesk, Container):
    """The login form in the place of a screen's content; escape leads away from it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", key_display="esc")]

    async def action_leave(self) -> None:
        """Go back to the screen that was in view before."""
        await self.desk.leave()


class LoginForm(OnDesk, Vertical):
    """A form for email and password that logs in staff with one of some roles.

    `purpose` is what the login is for, as the subject of a sentence.
    """

    class Passed(Message):
        """Someone with one of the roles logged in."""

    def __init__(self, roles: Sequence[str], purpose: str) -> None:
        super().__init__(id="login")
        self._roles = roles
        self._purpose = purpose

    def compose(self) -> ComposeResult:
        yield Static(id="login-text")
        draft, check = self.desk.drafts.field(_DRAFT, "email"), refused_by(check_email)
        yield labelled("", Field(placeholder="email", id="login-email", check=check, draft=draft))
        yield _Password(placeholder="password", password=True, id="login-password")
        yield Button("Log in", id="login-button", variant="primary")
        yield Static(id="login-message")

    def invite(self) -> None:
        """Say who can log in, and take the focus."""
        engine, sessions = self.headend.engine, self.desk.sessions
        who = " or ".join(self._roles)
        if any(member.role in self._roles for member in engine.staff.members()):
            said = f"{self._purpose[:1].upper()}{self._purpose[1:]} is for staff with the role {who}."
            if sessions.role and sessions.role not in self._roles:
                said += f" {sessions.email} is logged in with the role {sessions.role}."
            text = message(f"{said} Log in with your email and password.")
            if self.desk.login_hint:
                text.append(f"\n{self.desk.login_hint}", style="bold")
        else:
            walks = not engine.staff.members() and not self.headend.live().following
            how = ": press ctrl+p and choose First steps, or run in" if walks else " in"
            text = Text(f"There is no staff account with the role {who} yet. Create one{how} another terminal:\n\n")
            folder = visible(str(engine.folder))
            words, role = f"{self.desk.command} admins add EMAIL", f"--role {self._roles[0]}"
            words += f" {_BREAK if len(words) + len(role) >= _LINE else ''}{role}"
            parted = len(words) + len(folder) > _COMMAND  # so that it can be pasted
            text.append(f"  {words} {_BREAK if parted else ''}--data {folder}", style="bold")
        self.query_one("#login-text", Static).update(text)
        if self.screen.focused not in list(self.query(Input)):  # or what is already typed would go elsewhere
            self.screen.set_focus(self.query_one("#login-email"))

    def forget(self) -> None:
        """Clear the message of an earlier attempt."""
        self._say("")

    def _say(self, text: str) -> None:
        self.query_one("#login-message", Static).update(message(text) if text else "")

    @on(Input.Submitted, "#login-password")
    @on(Button.Pressed, "#login-button")
    def _try(self, event: Message) -> None:
        event.stop()
        email = self.query_one("#login-email", Input).value.strip()
        password = self.query_one("#login-password", Input).value
        if email and password:
            self._log_in(email, password)
        else:
            self._say("! Enter an email and a password.")

    @work(exclusive=True, group="login")
    async def _log_in(self, email: str, password: str) -> None:
        self._say("…")
        try:
            role = await self.headend.staff.log_in(email, password)
        except MeterError as error:
            self._say(f"! {error}")
            return
        finally:
            self.query_one("#login-password", Input).value = ""
        if role is None:
            self._say("! The email or the password is wrong.")
        elif role not in self._roles:
            self._say(f"! Your role is {role}; {self._purpose} is for the role {' or '.join(self._roles)}.")
        else:
            self._say("")
            self.desk.drafts.drop(_DRAFT)
            self.desk.sessions.begin(email, role)
            self.post_message(self.Passed())


class GatedScreen(DeskScreen):
    """A screen whose content needs a login."""

    roles: ClassVar[tuple[str, ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f9", "log_out", "Log out", key_display="F9")]

    def content(self) -> ComposeResult:
        with ContentSwitcher(initial="gate", id="gated"):
            with Gate(id="gate"):
                yield LoginForm(self.roles, "this screen")
            with Container(id="inside"):
                yield from self.inside()

    @abstractmethod
    def inside(self) -> ComposeResult:
        """Yield the widgets behind the login."""

    def entered(self) -> None:
        """Do what is due when the content comes into view."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the actions of the screen while the login form is shown."""
        own = hasattr(self, f"action_{action}") and (action == "log_out" or not hasattr(DeskScreen, f"action_{action}"))
        return not own or (self.is_mounted and self._open)

    def on_screen_resume(self) -> None:
        self.query_one(LoginForm).forget()
        self._pass()
        if not self._open:
            self.query_one(LoginForm).invite()

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        self._pass()

    @property
    def view_name(self) -> str:
        return f"{self.place}, {'inside' if self._open else 'gate'}"

    @property
    def _open(self) -> bool:
        return self.query_one("#gated", ContentSwitcher).current == "inside"

    @on(LoginForm.Passed)
    def _come_in(self) -> None:
        self.clear_message()  # that one was logged out is over
        self._pass()

    def _pass(self) -> None:
        """Show the content or the login form, depending on the session."""
        allowed = self.desk.sessions.role in self.roles
        if allowed != self._open:
            self.query_one("#gated", ContentSwitcher).current = "inside" if allowed else "gate"
            if allowed:
                self.entered()
            else:
                self.query_one(LoginForm).invite()
            self.refresh_bindings()

    def action_log_out(self) -> None:
        super().action_log_out()
        self._pass()
