"""One account: registered, changed, moved, deactivated and back; with its attributes in time and what was decided."""

from __future__ import annotations

from typing import Final, cast

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Label, Static

from metertui.engine.accounts import FIELDS, Account, check_field
from metertui.engine.errors import MeterError, Refused
from metertui.engine.records import check_meter_id
from metertui.screens.company.tab import Company, Tab
from metertui.screens.plain import message, plain
from metertui.screens.widgets.field import Field

_LABELS: Final = {"sub_region": "sub-region", "apartment_type": "apartment type"}


class FormTab(Tab):
    """The form, checked as one types."""

    name_of = "form"
    heading = "Form"
    first = "#form-meter"

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            for name in ("meter", *FIELDS):
                with Horizontal(classes="field"):
                    yield Label(_LABELS.get(name, name))
                    yield Field(id=f"form-{name}", compact=True)
            yield Static(id="form-check", classes="check")
            with Horizontal(classes="buttons"):
                yield Button("Register", id="register", variant="primary", compact=True)
                yield Button("Change", id="modify", compact=True)
                yield Button("Deactivate", id="deactivate", compact=True)
                yield Button("Reactivate", id="reactivate", compact=True)

    def take(self, meter: str) -> None:
        """Show an account."""
        account = self.headend.engine.accounts.get(meter)
        if account is not None:
            self._fill(account)
            self.query_one("#form-address").focus()

    def _fill(self, account: Account) -> None:
        for name in ("meter", *FIELDS):
            self.query_one(f"#form-{name}", Input).value = getattr(account, name)

    def _form(self) -> tuple[str, dict[str, str]]:
        fields = {name: self.query_one(f"#form-{name}", Input).value.strip() for name in FIELDS}
        return self.query_one("#form-meter", Input).value.strip(), fields

    @on(Input.Changed)
    def _typed(self) -> None:
        self.check()

    def check(self) -> None:
        """Say what the form lacks, or how the account stands."""
        meter, fields = self._form()
        try:
            if meter:
                check_meter_id(meter)
            for name, value in fields.items():
                check_field(name, value)
            account = self.headend.engine.accounts.get(meter)
            state = "" if account is None else f"{meter} is registered, {'active' if account.active else 'deactivated'}"
            text = plain(state)
        except Refused as error:
            text = message(f"! {error.why}")
        self.query_one("#form-check", Static).update(text)

    @on(Button.Pressed, "#register")
    @work(exclusive=True, group="account")
    async def _register(self) -> None:
        meter, fields = self._form()
        given = {name: value for name, value in fields.items() if value}
        self.tell(await self.headend.register(meter, given, self.who), f"{meter} is registered")
        self._changed()

    @on(Button.Pressed, "#modify")
    def _modify(self) -> None:
        self._change("modify")

    @on(Button.Pressed, "#deactivate")
    def _deactivate(self) -> None:
        self._change("deactivate")

    @on(Button.Pressed, "#reactivate")
    def _reactivate(self) -> None:
        self._change("reactivate")

    @work(exclusive=True, group="account")
    async def _change(self, what: str) -> None:
        meter, fields = self._form()
        try:
            match what:
                case "modify":
                    await self.headend.modify(meter, fields, self.who)
                    self.say(f"{meter} is changed from now on")
                case "deactivate":
                    await self.headend.deactivate(meter, self.who)
                    self.say(f"{meter} is deactivated: its readings are refused from now on")
                case _:
                    await self.headend.reactivate(meter, self.who)
                    self.say(f"{meter} is active again")
        except MeterError as error:
            self.say(f"! {error}")
        self._changed()

    def _changed(self) -> None:
        cast("Company", self.screen).accounts_changed()
