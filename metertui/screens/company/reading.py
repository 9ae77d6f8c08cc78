"""A reading by hand."""

from __future__ import annotations

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from metertui.engine.errors import Refused
from metertui.engine.records import parse_kwh
from metertui.screens.company.tab import Tab
from metertui.screens.plain import message
from metertui.screens.widgets.field import Field


class ReadingTab(Tab):
    """Meter, register and time, checked as one types."""

    name_of = "reading"
    heading = "Reading"
    first = "#reading-meter"

    def compose(self) -> ComposeResult:
        with Vertical():
            for name, hint in (("meter", ""), ("kwh", "like 144.5"), ("time", "like 2025-02-19T00:30; empty: now")):
                with Horizontal(classes="field"):
                    yield Label("register kWh" if name == "kwh" else name)
                    yield Field(placeholder=hint, id=f"reading-{name}", compact=True)
            yield Static(id="reading-check", classes="check")
            with Horizontal(classes="buttons"):
                yield Button("Store", id="store", variant="primary", compact=True)

    @on(Input.Changed)
    def _check(self) -> None:
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
        outcome = await self.headend.upload(meter, kwh, time or None, self.who)
        self.tell(outcome, f"{meter} {kwh} kWh is stored")
        if outcome.stored:
            for name in ("kwh", "time"):
                self.query_one(f"#reading-{name}", Input).value = ""
            self.query_one("#reading-meter").focus()
