"""Company: accounts, readings by hand, the day close."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Label, ProgressBar, Static, TabbedContent, TabPane

from metertui.engine.accounts import FIELDS, Account, check_field
from metertui.engine.counters import Close, LiveSnapshot
from metertui.engine.errors import MeterError, Refused
from metertui.engine.outcome import Outcome
from metertui.engine.records import check_meter_id, parse_kwh
from metertui.engine.zone import SiteZone
from metertui.screens import fmt
from metertui.screens.plain import message, plain, visible
from metertui.screens.widgets.field import Field
from metertui.screens.widgets.login import GatedScreen
from metertui.screens.widgets.table import Listing

_ROWS: Final = 100
_LABELS: Final = {"sub_region": "sub-region", "apartment_type": "apartment type"}


class CompanyScreen(GatedScreen):
    """What operators do."""

    place = "company"
    roles = ("operator",)
    explains = (
        "Accounts: search, and enter takes one into the form. Form: register a new account, or change one from now on; "
        "what was used before keeps its region and type. A deactivated meter's readings are refused and its history "
        "stays. Reading: store one by hand. Day close: the log becomes day files; ingest goes on meanwhile. Everything "
        "done here is kept in audit.log with your name."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+left", "tab(-1)", "Tab before", key_display="ctrl+←", priority=True),
        Binding("ctrl+right", "tab(1)", "Tab after", key_display="ctrl+→", priority=True),
    ]

    def inside(self) -> ComposeResult:
        yield Static(id="result")
        with TabbedContent(initial="accounts", id="company-tabs"):
            with TabPane("Accounts", id="accounts"):
                yield Input(placeholder="search: any part of id, address or postcode", id="account-search")
                yield Static(id="account-count")
                yield Listing(
                    ("meter", "state", "address", "postcode", "region", "sub-region", "type"),
                    most=_ROWS,
                    id="account-table",
                )
            with TabPane("Form", id="form"), VerticalScroll(can_focus=False):
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
            with TabPane("Reading", id="reading"), Vertical():
                for name, hint in (("meter", ""), ("kwh", "like 144.5"), ("time", "like 2025-02-19T00:30; empty: now")):
                    with Horizontal(classes="field"):
                        yield Label("register kWh" if name == "kwh" else name)
                        yield Field(placeholder=hint, id=f"reading-{name}", compact=True)
                yield Static(id="reading-check", classes="check")
                with Horizontal(classes="buttons"):
                    yield Button("Store", id="store", variant="primary", compact=True)
            with TabPane("Day close", id="close"), Vertical():
                yield Static(id="close-text")
                yield ProgressBar(total=1.0, show_eta=False, id="close-progress")
                with Horizontal(classes="buttons"):
                    yield Button("Close the day", id="close-day", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.query_one("#account-table", Listing).fixed_columns = 1  # the meter stays in view

    def entered(self) -> None:
        self.query_one(TabbedContent).active = "accounts"
        self.query_one("#account-search", Input).focus()
        self._say(f"Logged in as {self.desk.sessions.email}. F9 logs out.")
        # Later: a screen that comes into view is laid out twice, and a full table would be drawn both times.
        self.call_after_refresh(self._refresh)

    def action_tab(self, step: int) -> None:
        """The tab before or after."""
        names = ["accounts", "form", "reading", "close"]
        tabs = self.query_one(TabbedContent)
        tabs.active = names[(names.index(tabs.active) + step) % len(names)]
        first = {"accounts": "account-search", "form": "form-meter", "reading": "reading-meter", "close": "close-day"}
        self.query_one(f"#{first[tabs.active]}").focus()  # at once: one may type on already

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        running = snapshot.progress is not None
        self.query_one("#close-progress", ProgressBar).update(progress=snapshot.progress or 0.0)
        self.query_one("#close-progress").set_class(not running, "hidden")
        self.query_one("#close-day", Button).disabled = running
        self.query_one("#close-text", Static).update(_day(snapshot, self.zone))

    # -- accounts ----------------------------------------------------------------------------------------------

    @on(Input.Changed, "#account-search")
    def _search(self, event: Input.Changed) -> None:
        self._list(event.value)

    def _list(self, text: str) -> None:
        found = self.headend.search(text, _ROWS)
        self.query_one("#account-table", Listing).show([(account.meter, _cells(account)) for account in found])
        number = len(self.headend.engine.accounts)
        if not number:
            said = "There is no account yet. Ctrl+→ opens the form that registers one."
        elif not found:
            said = "No account has this in its id, address or postcode."
        elif len(found) < min(number, _ROWS):
            said = f"{fmt.count(len(found))} of {fmt.count(number)} accounts. Enter goes to the table."
        elif number > _ROWS:
            said = f"The first {_ROWS} of {fmt.count(number)} accounts. Type to find others."
        else:
            said = f"{fmt.count(number)} accounts. Enter goes to the table, and there takes one into the form."
        self.query_one("#account-count", Static).update(said)

    @on(Input.Submitted, "#account-search")
    def _to_table(self) -> None:
        self.query_one("#account-table").focus()

    @on(Listing.RowSelected, "#account-table")
    def _take_account(self) -> None:
        meter = self.query_one("#account-table", Listing).selected
        account = self.headend.engine.accounts.get(meter or "")
        if account is not None:
            for name in ("meter", *FIELDS):
                self.query_one(f"#form-{name}", Input).value = getattr(account, name)
            self.query_one(TabbedContent).active = "form"
            self.query_one("#form-address").focus()

    def _form(self) -> tuple[str, dict[str, str]]:
        fields = {name: self.query_one(f"#form-{name}", Input).value.strip() for name in FIELDS}
        return self.query_one("#form-meter", Input).value.strip(), fields

    @on(Input.Changed, "#form Input")
    def _check_form(self) -> None:
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
        self._tell(await self.headend.register(meter, given, self.desk.sessions.email), f"{meter} is registered")
        self._refresh()

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
        by = self.desk.sessions.email
        try:
            match what:
                case "modify":
                    await self.headend.modify(meter, fields, by)
                    self._say(f"{meter} is changed from now on")
                case "deactivate":
                    await self.headend.deactivate(meter, by)
                    self._say(f"{meter} is deactivated: its readings are refused from now on")
                case _:
                    await self.headend.reactivate(meter, by)
                    self._say(f"{meter} is active again")
        except MeterError as error:
            self._say(f"! {error}")
        self._refresh()

    def _refresh(self) -> None:
        self._list(self.query_one("#account-search", Input).value)
        self._check_form()

    # -- a reading by hand ---------------------------------------------------------------------------------------

    @on(Input.Changed, "#reading Input")
    def _check_reading(self) -> None:
        meter, kwh, time = self._reading()
        try:
            account = self.headend.engine.accounts.get(meter)
            if meter and account is None:
                raise Refused("not-registered", f"{meter} is not registered")
            if account is not None and not account.active:
                raise Refused("deactivated", f"{meter} is deactivated")
            if kwh:
                parse_kwh(kwh)
            if time:
                self.zone.parse(time)
            text = Text("")
        except Refused as error:
            text = message(f"! {error.why}")
        self.query_one("#reading-check", Static).update(text)

    def _reading(self) -> tuple[str, str, str]:
        meter, kwh, time = (
            self.query_one(f"#reading-{name}", Input).value.strip() for name in ("meter", "kwh", "time")
        )
        return meter, kwh, time

    @on(Button.Pressed, "#store")
    @work(exclusive=True, group="reading")
    async def _store(self) -> None:
        meter, kwh, time = self._reading()
        outcome = await self.headend.upload(meter, kwh, time or None, self.desk.sessions.email)
        self._tell(outcome, f"{meter} {kwh} kWh is stored")
        if outcome.stored:
            for name in ("kwh", "time"):
                self.query_one(f"#reading-{name}", Input).value = ""
            self.query_one("#reading-meter").focus()

    # -- the day close ---------------------------------------------------------------------------------------------

    @on(Button.Pressed, "#close-day")
    @work(group="close")
    async def _close(self) -> None:
        try:
            close = await self.headend.close_day(self.desk.sessions.email)
        except MeterError as error:
            self._say(f"! {error}")
            return
        self._say(f"Closed: {_closed(close)}")

    # -- messages ----------------------------------------------------------------------------------------------------

    def _tell(self, outcome: Outcome, done: str) -> None:
        match outcome.kind:
            case "refused":
                self._say(f"! {outcome.code}: {outcome.text}")
            case "suspect":
                self._say(f"{done}, but suspect: {outcome.text}")
            case "duplicate":
                self._say(f"{done} already: the same again changes nothing")
            case _:
                self._say(done)

    def _say(self, text: str) -> None:
        self.query_one("#result", Static).update(message(text))


def _cells(account: Account) -> tuple[str, ...]:
    state = "active" if account.active else "deactivated"
    where = (account.address, account.postcode, account.region, account.sub_region, account.apartment_type)
    return (account.meter, state, *where)


def _day(snapshot: LiveSnapshot, zone: SiteZone) -> str:
    if snapshot.progress is not None:
        return f"{snapshot.day_state} …\nReadings are taken on meanwhile."
    waiting = f"{fmt.count(snapshot.in_log)} readings ({fmt.size(snapshot.log_bytes)}) wait in the log."
    close = snapshot.last_close
    if close is None:
        return f"{waiting}\nClosing the day puts them into day files. It has not been closed since metertui started."
    return f"{waiting}\nLast closed {fmt.moment(close.ended, zone)} by {visible(close.by)}: {_closed(close)}."


def _closed(close: Close) -> str:
    files = "day file" if close.files == 1 else "day files"
    return f"{fmt.count(close.readings)} readings into {close.files} {files} in {close.seconds:.1f} s"
