"""The form tab: register, change, move, deactivate and reactivate an account; its attributes and edits in time."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import ClassVar, Final

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Static

from metertui.engine.accounts import Account, check_field, parse_effective
from metertui.engine.attributes import ACCOUNT_FIELDS, DEVICE_FIELDS
from metertui.engine.base import check_meter_id, named_window
from metertui.engine.errors import MeterError, Refused
from metertui.engine.vee import word_of
from metertui.screens.company.tab import NEW_ACCOUNT, Tab
from metertui.screens.fields import Field, labelled, refused_by
from metertui.screens.shell import MeterRegisters
from metertui.text import plain, time_labels

_EVENTS: Final = 20
"""The number of edits shown, the newest ones."""
_NEW: Final = "New account"
_LABELS: Final = {"sub_region": "sub-region", "max_kw": "max kW"}
_HINTS: Final = {
    "digits": "whole digits, if the register begins again at 0",
    "multiplier": "of current transformers; if empty, 1",
    "daily_reset": "yes if the register begins at 0 each day",
    "max_kw": "if empty, that of the settings",
}


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " "))


class FormTab(Tab):
    """The form of one account. Each field is checked when it is left."""

    name_of = "form"
    key = "2"
    heading = "Form"
    first = "#form-meter"
    BINDINGS: ClassVar[list[BindingType]] = [*NEW_ACCOUNT]

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""
        """The meter whose account the fields are of; empty if of none. Only that account can be changed."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(_NEW, id="form-title", classes="heading")
            yield MeterRegisters("kWh this month", flat=True, id="form-registers")
            for name in ("meter", *ACCOUNT_FIELDS):
                check = refused_by(check_meter_id if name == "meter" else partial(check_field, name))
                field = Field(placeholder=_HINTS.get(name, ""), id=f"form-{name}", compact=True, check=check)
                yield labelled(_label(name), field)
            hint = "if empty, from now on; or a past day, e.g. 2025-03-01"
            yield labelled(
                "from", Field(placeholder=hint, id="form-since", compact=True, check=refused_by(self._check_since))
            )
            hint = "reason for deactivation or reactivation"
            yield labelled("reason", Field(placeholder=hint, id="form-reason", compact=True))
            yield Static(id="form-check")
            with Horizontal(classes="buttons"):
                yield Button("Register", id="register", variant="primary", compact=True)
                yield Button("Change", id="modify", variant="primary", compact=True)
                yield Button("Deactivate", id="deactivate", compact=True)
                yield Button("Reactivate", id="reactivate", compact=True)
            yield Static(id="form-past")

    def begin_account(self) -> None:
        """Empty the form for an account that is not there yet."""
        self._shown = ""
        self.query_one(MeterRegisters).clear()
        for field in self.query(Field):
            field.value = ""
        self.query_one("#form-meter").focus()

    def show_account(self, meter: str) -> None:
        """Show an account in the form."""
        account = self.headend.engine.accounts.get(meter)
        if account is not None:
            self._fill(account)
            self.query_one("#form-address").focus()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "form-meter":
            self._take_up()

    def _take_up(self) -> None:
        """Show the account whose id was typed, unless something typed for another would be lost."""
        meter, fields = self._form()
        account = self.headend.engine.accounts.get(meter)
        if account is not None and meter != self._shown and self._is_untouched(fields):
            self._fill(account)

    def _fill(self, account: Account) -> None:
        self._shown = account.meter
        for name, value in {"meter": account.meter, **account.texts()}.items():
            self.query_one(f"#form-{name}", Input).value = value
        self.check()
        month = named_window("month", self.headend.engine.clock.now(), self.zone)
        self.query_one(MeterRegisters).show_registers(account.meter, month)

    def _is_untouched(self, fields: dict[str, str]) -> bool:
        """Return whether the fields are empty or as those of the account that was shown last."""
        shown = self.headend.engine.accounts.get(self._shown)
        return not any(fields.values()) or (shown is not None and fields == shown.texts())

    def _form(self) -> tuple[str, dict[str, str]]:
        fields = {name: self.query_one(f"#form-{name}", Input).value.strip() for name in ACCOUNT_FIELDS}
        return self.query_one("#form-meter", Input).value.strip(), fields

    @on(Input.Changed)
    def check(self) -> None:
        """Show the state of the account, as far as the form is right: what is wrong stands below its field."""
        meter, fields = self._form()
        account = self.headend.engine.accounts.get(meter)
        shown = account if meter == self._shown else None
        text = Text("")
        if shown is not None:
            with suppress(Refused):
                text = plain(self._state(shown, fields, self._since()))
        elif account is not None:
            way = "tab shows its account" if self._is_untouched(fields) else "ctrl+n, then its id, shows its account"
            text = plain(f"{meter} is registered already; {way}")
        self.query_one("#form-check", Static).update(text)
        self.query_one("#form-title", Static).update(_NEW if shown is None else plain(f"Account {shown.meter}"))
        for name, applies in (
            ("register", account is None),
            ("modify", shown is not None),
            ("deactivate", shown is not None and shown.active),
            ("reactivate", shown is not None and not shown.active),
        ):
            button = self.query_one(f"#{name}", Button)
            button.set_class(not applies, "hidden")
            if button.has_focus and not applies:
                self.query_one("#form-meter").focus()  # and no other button: enter may come twice
        self.query_one("#form-past", Static).update(Text("") if shown is None else self._history(shown))

    def _state(self, account: Account, fields: dict[str, str], since: int | None) -> str:
        """Return the state of an account, and whether Change would correct its last change. Raises Refused."""
        accounts, now = self.headend.engine.accounts, self.headend.engine.clock.now()
        planned, before = (
            accounts.plan_change(account.meter, fields, now, since).moves,
            accounts.moves_of(account.meter),
        )
        state = f"{account.meter} is registered and {'active' if account.active else 'deactivated'}"
        if not before or not planned:
            return state
        if before[-1][0] == planned[account.meter][-1][0]:
            return f"{state}. Its last change, of {self._moment(before[-1][0])}, stays"
        if before[-1] in planned[account.meter]:
            return state
        return f"{state}. The button Change corrects its last change, of {self._moment(before[-1][0])}"

    def _check_since(self, text: str) -> None:
        """Raise Refused if no change of the account can take effect then."""
        meter, fields = self._form()
        since, now = parse_effective(text, self.zone), self.headend.engine.clock.now()
        if (account := self.headend.engine.accounts.get(meter)) is not None:
            self.headend.engine.accounts.plan_change(account.meter, fields, now, since)

    def _since(self) -> int | None:
        """Return the instant when a change takes effect (µs UTC); None for now. Raises Refused."""
        text = self.query_one("#form-since", Input).value.strip()
        return parse_effective(text, self.zone) if text else None

    def _moment(self, instant: int) -> str:
        return time_labels.moment(self.zone.local(instant))

    def _history(self, account: Account) -> Text:
        """Return the attributes of an account in time, and the edits about it."""
        lines = []
        in_time = self.headend.engine.accounts.history_of(account.meter)
        if account.registered is not None:
            lines.append((self._moment(account.registered), "registered"))
        for place, (since, group, device) in enumerate(in_time):
            when = self._moment(since) if place else "from the start"
            said = [f"{_label(name)} {value}" for name, value in zip(DEVICE_FIELDS, device, strict=True) if value]
            lines.append((when, ", ".join(filter(None, (*group, *said))) or "no attributes"))
        for event in self.headend.engine.events.history_of_meter(account.meter)[-_EVENTS:]:
            about = "" if event.at is None else f" {self._moment(event.at)}"
            reason = f": {event.reason}" if event.reason else ""
            lines.append((self._moment(event.decided), f"{word_of(event.kind)}{about} by {event.who}{reason}"))
        width = max((len(when) for when, _ in lines), default=0)
        shown = [plain(f"{when:>{width}}  {what}") for when, what in lines]
        return Text("\n").join([Text("History", style="bold"), *shown]) if lines else Text("")

    @on(Button.Pressed, "#register")
    @work(exclusive=True, group="account")
    async def _register(self) -> None:
        meter, fields = self._form()
        given = {name: value for name, value in fields.items() if value}
        outcome = await self.headend.accounts.register(meter, given, self.who)
        self.say_outcome(outcome, f"{meter} is registered")
        if outcome.stored:
            self._shown = meter
        else:
            self._take_up()
        self.company.accounts_changed()
        if outcome.stored:
            self.query_one("#form-meter").focus()  # typing replaces the id; the other fields often fit a neighbour

    @on(Button.Pressed, "#modify, #deactivate, #reactivate")
    @work(exclusive=True, group="account")
    async def _change(self, event: Button.Pressed) -> None:
        meter, fields = self._form()
        try:
            match event.button.id:
                case "modify":
                    since = self._since()
                    await self.headend.accounts.modify(meter, fields, self.who, since)
                    self.say(f"{meter} is changed from {self._moment(since) if since else 'now'} on")
                case "deactivate":
                    await self.headend.accounts.deactivate(meter, self.who, self._reason())
                    self.say(f"{meter} is deactivated: its readings are refused from now on")
                case _:
                    await self.headend.accounts.reactivate(meter, self.who, self._reason())
                    self.say(f"{meter} is active again")
            for name in ("since", "reason"):
                self.query_one(f"#form-{name}", Input).value = ""
        except MeterError as error:
            self.say(f"! {error}")
        self.company.accounts_changed()

    def _reason(self) -> str:
        return self.query_one("#form-reason", Input).value.strip()
