"""The reading tab: store a reading by hand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from metertui.engine.base import (
    SECOND,
    Outcome,
    check_identifier,
    format_kwh,
    meter_of,
    parse_kwh,
    plain_identifier,
)
from metertui.engine.errors import MeterError, Refused
from metertui.engine.usage import Proposal
from metertui.engine.vee import rules
from metertui.screens.company.meter_field import MeterField
from metertui.screens.company.tab import Tab
from metertui.screens.fields import Field, labelled, refused_by
from metertui.text import fmt, message, time_labels


class ReadingTab(Tab):
    """The form for meter, register and time. A field is checked when it is left, all together while one types."""

    name_of = "reading"
    key = "3"
    heading = "Reading"
    first = "#reading-meter"
    _proposal: Proposal | None = None
    """The register that was proposed last."""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield MeterField(refused_by(self._check_meter))
            fields: tuple[tuple[str, str, Callable[[str], object]], ...] = (
                ("kwh", "e.g. 144.5", parse_kwh),
                (
                    "time",
                    "e.g. 2025-02-19 00:30; if empty, now",
                    lambda text: self.zone.parse(time_labels.in_iso(text)),
                ),
            )
            for name, hint, parse in fields:
                field = Field(placeholder=hint, id=f"reading-{name}", compact=True, check=refused_by(parse))
                yield labelled("register kWh" if name == "kwh" else name, field)
            yield Static(id="reading-check", classes="check")
            with Horizontal(classes="buttons"):
                yield Button("Store", id="store", variant="primary", compact=True)
                yield Button("Propose an estimate", id="propose", compact=True)
                yield Button("Store as estimate", id="store-estimate", compact=True)

    def take_meter(self, meter: str) -> None:
        """Put a meter into the form; its register is typed next."""
        self.query_one(MeterField).take(meter)

    @on(Input.Changed)
    def _check(self) -> None:
        meter, kwh, time = self._reading()
        text = Text("")
        with suppress(Refused):  # what is wrong stands below its field
            self._check_meter(meter)
            wh = parse_kwh(kwh) if kwh else None
            at = self.zone.parse(time) if time else self.headend.engine.clock.now()
            text = message(self._before(meter, wh, at))
        self.query_one("#reading-check", Static).update(text)

    def _check_meter(self, meter: str) -> None:
        """Raise Refused for a meter whose readings are not accepted."""
        check_identifier(meter)
        account = self.headend.engine.accounts.get(meter_of(meter))
        if account is None:
            raise Refused("not-registered", f"{meter} is not registered; ↓ lists the meters that match")
        if not account.active:
            raise Refused("deactivated", f"{meter} is deactivated")

    def _before(self, meter: str, wh: int | None, at: int) -> str:
        """Return the counted reading before an instant, or why a reading of `wh` would be refused or suspect there."""
        engine = self.headend.engine
        code = engine.known_code(meter)
        if code is None:  # the first reading of a channel
            return "There is no counted reading before this one."
        series = engine.series(meter)
        known = series.standing_at(at)
        if known is not None and wh is not None and wh not in engine.readings.values_at(code, at):
            return f"! {fmt.kwh(known)} is already stored for this time. To replace it, press w on it in Lookup (F3)."
        before = series.read_curve.point_before(at)
        if before is None:
            return "There is no counted reading before this one."
        if wh is not None and (why := rules.misfit(before, at, wh, series.limits, self.zone)):
            return f"! It would be suspect: {fmt.for_people(why)}."
        then, register = before
        return f"Counted before: {fmt.kwh(register)} at {time_labels.moment(self.zone.local(then))}."

    def _reading(self) -> tuple[str, str, str]:
        meter, kwh, time = (
            self.query_one(f"#reading-{name}", Input).value.strip() for name in ("meter", "kwh", "time")
        )
        return plain_identifier(meter), kwh, time_labels.in_iso(time)

    @on(Button.Pressed, "#propose")
    @work(exclusive=True, group="reading")
    async def _propose(self) -> None:
        """Fill in the register that the meter is likely to show, and say what it follows from."""
        meter, _, time = self._reading()
        check = self.query_one("#reading-check", Static)
        try:
            at = self._instant(time)
            found = await self.headend.readings.propose(meter, at)
        except (MeterError, Refused) as error:
            check.update(message(f"! {fmt.for_people(str(error))}"))
            return
        if found is None:
            check.update(message(f"! Too little is known of {meter} to propose a register."))
            return
        self._proposal = found
        with self.prevent(Input.Changed):
            self.query_one("#reading-kwh", Input).value = format_kwh(found.wh)
            self.query_one("#reading-time", Input).value = time_labels.to_type(at, self.zone)
        check.update(message(f"Proposed: {fmt.for_people(found.reason(self.zone))}. Store it as an estimate."))

    @on(Button.Pressed, "#store-estimate")
    @work(exclusive=True, group="reading")
    async def _store_estimate(self) -> None:
        """Store the register as estimated; the reason is that of the proposal, unless it was changed."""
        meter, kwh, time = self._reading()
        try:
            self._check_meter(meter)
            wh, at = parse_kwh(kwh), self._instant(time)
        except Refused as error:
            self.query_one("#reading-check", Static).update(message(f"! {error}"))
            return
        made, reason = self._proposal, "by hand"
        if made is not None and made.at == at:
            changed = f"by hand, where {format_kwh(made.wh)} kWh was proposed"
            reason = made.reason(self.zone) if made.wh == wh else changed
        outcome = await self.headend.store_estimate(meter, wh, at, reason, self.who)
        self._say(outcome, f"{meter} {kwh} kWh is stored as estimated")

    def _instant(self, time: str) -> int:
        """Return the instant that the form says, now if it says none. Raises Refused."""
        now = self.headend.engine.clock.now()
        return self.zone.parse(time) if time else now - now % SECOND

    @on(Button.Pressed, "#store")
    @work(exclusive=True, group="reading")
    async def _store(self) -> None:
        meter, kwh, time = self._reading()
        outcome = await self.headend.store_reading(meter, kwh, time or None, self.who)
        self._say(outcome, f"{meter} {kwh} kWh is stored")

    def _say(self, outcome: Outcome, done: str) -> None:
        """Say what became of a reading, and make room for the next."""
        self.say_outcome(outcome, done)
        if outcome.stored:
            self._proposal = None
            for name in ("kwh", "time"):
                self.query_one(f"#reading-{name}", Input).value = ""
            self.query_one("#reading-meter").focus()
