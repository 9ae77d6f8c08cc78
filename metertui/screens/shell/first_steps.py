"""The first steps with a new data folder: time zone, first staff account, where meters connect."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Button, ContentSwitcher, Input, Static

from metertui import settings
from metertui.engine.accounts import check_email, check_new_password
from metertui.engine.base import SiteZone
from metertui.engine.errors import MeterError
from metertui.screens.fields import Field, LastField, labelled, refused_by
from metertui.screens.shell.frame import OnDesk
from metertui.screens.shell.steady_text import Steady
from metertui.screens.terminal import ThriftyModal
from metertui.text import fmt, invitation, message, plain

_DRAFT: Final = "first steps"
_STEPS: Final = ("zone", "staff", "meters")


class WalkScreen(OnDesk, ThriftyModal[None]):
    """Three pages over the live screen; each can be skipped, and escape or any F key leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Leave"),
        Binding("ctrl+right,pagedown", "step(1)", "Next", priority=True),
        Binding("ctrl+left,pageup", "step(-1)", "Back", priority=True),
    ]

    def compose(self) -> ComposeResult:
        engine = self.headend.engine
        with VerticalScroll(id="walk", can_focus=False):
            yield Steady(id="walk-heading", classes="heading")
            with ContentSwitcher(initial="walk-zone"):
                with Vertical(id="walk-zone"):
                    yield Steady(id="walk-zone-text")
                    draft, check = self.desk.drafts.field(_DRAFT, "zone"), refused_by(SiteZone)
                    yield labelled("", LastField(engine.zone.name, id="walk-zone-name", check=check, draft=draft))
                    yield Button("Next", id="walk-zone-next", variant="primary", compact=True)
                with Vertical(id="walk-staff"):
                    yield Static(id="walk-staff-text")
                    with Vertical(id="walk-account"):
                        draft, check = self.desk.drafts.field(_DRAFT, "email"), refused_by(check_email)
                        yield labelled("", Field(placeholder="email", id="walk-email", check=check, draft=draft))
                        password = Field(placeholder="password", password=True, id="walk-password", check=self._weak)
                        yield labelled("", password)
                        hint = "repeat the password"
                        again = LastField(placeholder=hint, password=True, id="walk-again", check=self._differs)
                        yield labelled("", again)
                    yield Button("Create the account", id="walk-staff-next", variant="primary", compact=True)
                with Vertical(id="walk-meters"):
                    yield Static(id="walk-meters-text")
                    yield Button("Begin", id="walk-meters-next", variant="primary", compact=True)
            yield Steady(id="walk-said")
            yield Static(Text("Enter continues, ctrl+→ skips, ctrl+← goes back, escape closes.", style="dim"))

    def on_mount(self) -> None:
        self.show_time()
        self._go("zone")

    def show_time(self) -> None:
        """Show what time it is in the zone. The app calls this four times a second."""
        engine = self.headend.engine
        said = _zone(engine.zone.name, fmt.clock(engine.clock.now(), engine.zone))
        self.query_one("#walk-zone-text", Steady).show(said)

    @property
    def _step(self) -> str:
        return (self.query_one(ContentSwitcher).current or "").removeprefix("walk-")

    def action_step(self, step: int) -> None:
        """Go a page forward or back; leave after the last page."""
        place = _STEPS.index(self._step) + step
        if place >= len(_STEPS):
            self.dismiss()
        else:
            self._go(_STEPS[max(0, place)])

    def _go(self, step: str) -> None:
        self.query_one(ContentSwitcher).current = f"walk-{step}"
        self.query_one("#walk-heading", Steady).show(f"First steps, {_STEPS.index(step) + 1} of {len(_STEPS)}")
        self._say("")
        headend = self.headend
        members = headend.engine.staff.members()
        if step == "staff":
            text = Text(
                "Looking at Live, Lookup and Billing needs no login. Changing accounts, issuing bills "
                "and deciding about readings do. "
            )
            if members:
                text.append(f"A staff account exists already: {members[0].email}.")
            else:
                text.append("Create the first staff account. It has the role operator and can create others.")
            self.query_one("#walk-staff-text", Static).update(text)
            self.query_one("#walk-account").display = not members
            button = self.query_one("#walk-staff-next", Button)
            button.label = "Next" if members else "Create the account"
        if step == "meters":
            self.query_one("#walk-meters-text", Static).update(
                invitation(headend.address, self.desk.command, "Meters connect to ")
            )
        first = {"zone": "#walk-zone-name", "staff": "#walk-email", "meters": "#walk-meters-next"}[step]
        if step == "staff" and members:
            first = "#walk-staff-next"
        self.query_one(first).focus()

    @on(Input.Submitted, "#walk-zone-name")
    @on(Button.Pressed, "#walk-zone-next")
    @work(exclusive=True, group="walk")
    async def _take_zone(self) -> None:
        if self._step != "zone":
            return  # enter came twice, and the first one has been handled
        engine = self.headend.engine
        field = self.query_one("#walk-zone-name", Field)
        name = field.value.strip()
        if field.wrong:
            field.tell()
            return
        if name == engine.zone.name == self.desk.settings.timezone:
            self.action_step(1)
            return
        try:
            # Also the zone of this machine is written: another machine may have another one, and so other days.
            await asyncio.to_thread(settings.save_setting, engine.folder, "timezone", name)
        except MeterError as error:
            self._say(f"! {error}")
            return
        if name != engine.zone.name:
            # Commands count days in the new zone from now on: two figures of one day, until these screens do so too.
            self._say(
                f"! {name} is now set in settings.toml. Press F10 and start metertui again before anything is stored: "
                f"until then it counts days in {engine.zone.name}. Then ctrl+p, First steps, leads back here."
            )
            return
        self.action_step(1)
        self._say(f"{name} is now set in settings.toml and applies to this folder on any machine.")

    @on(Input.Submitted, "#walk-again")
    @on(Button.Pressed, "#walk-staff-next")
    @work(exclusive=True, group="walk")
    async def _take_staff(self) -> None:
        if self._step != "staff":
            return
        headend = self.headend
        if headend.engine.staff.members():
            self.action_step(1)
            return
        fields = [self.query_one(f"#walk-{name}", Field) for name in ("email", "password", "again")]
        if any(field.wrong for field in fields):
            for field in fields:
                field.tell()
            return
        email, password, again = (field.value for field in fields)
        if password != again:
            self._say("! The passwords differ.")  # the second one is missing
            return
        try:
            await headend.staff.create_first(email.strip(), password)
        except MeterError as error:
            self._say(f"! {error}")
            return
        self.desk.drafts.drop(_DRAFT)
        for name in ("password", "again"):
            self.query_one(f"#walk-{name}", Input).value = ""
        self.action_step(1)
        self._say(f"{email.strip()} can log in on the company screen (F6).")

    def _weak(self, password: str) -> str:
        email = self.query_one("#walk-email", Input).value.strip()
        return refused_by(lambda text: check_new_password(text, email))(password)

    def _differs(self, again: str) -> str:
        return "" if again == self.query_one("#walk-password", Input).value else "The passwords differ."

    @on(Button.Pressed, "#walk-meters-next")
    def _begin(self) -> None:
        self.dismiss()

    def _say(self, text: str) -> None:
        self.query_one("#walk-said", Steady).show(message(text))


def _zone(name: str, clock: str) -> Text:
    text = Text("Days, months and bills are in the time zone of the utility, which is ")
    text.append_text(plain(name, style="bold"))
    example = "Asia/Singapore" if name != "Asia/Singapore" else "Europe/Berlin"
    text.append(f". There it is {clock} now. To change it, type a name such as {example}.")
    return text
