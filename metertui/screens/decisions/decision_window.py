"""The windows over the work list: which decision to make, and what it would change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from metertui.engine.base import SiteZone, format_kwh, meter_of, parse_kwh
from metertui.engine.core import NOT_SAID, WORDS_ONLY, Decision, Effect, corrections
from metertui.engine.errors import MeterError, Refused
from metertui.engine.vee import UNDOES
from metertui.engine.worklist import NEVER, ExceptionRow
from metertui.screens.decisions.decision_choices import CHOICES, PREVIEW, REASONS, applying, unknown
from metertui.screens.fields import Draft, Field, labelled
from metertui.screens.shell import OnDesk, as_operator
from metertui.screens.terminal import ThriftyModal
from metertui.text import explained, fmt, in_full, message, plain, time_labels

PURPOSE: Final = "deciding about cases"
"""What a login is needed for, as part of a sentence."""
_WIDTH: Final = 71
"""The columns of the menu of decisions, as in the stylesheet."""
_BESIDE: Final = 7
"""Those of its border, its padding and a scrollbar."""
_SHOWN: Final = 100
"""The most effects shown one by one."""
_IN_VIEW: Final = 5
"""The effects that are in view at once, however low the terminal is."""
_HEADINGS: Final = ("meter", "reading at", "total kWh before", "after", "change kWh")
_TWO_LINES: Final = 10
"""Terminal cells in which each heading of a figure fits on two lines."""
_DATE: Final = len("31 Dec 2026,")
_BETWEEN_COLUMNS: Final = 2
_CLOCK: Final = re.compile(r" (?=\d\d:\d\d)")
"""The blank between a date and its time of day."""
_MONTHS: Final = 4
"""The most months shown one by one."""
_FIELDS: Final = {
    "exchange": {
        "final": "final reading of the old register, kWh",
        "initial": "initial reading of the new register, kWh",
        "at": "time of the exchange",
    },
    "correct": {"wh": "right value of the register, kWh"},
}
"""The fields of decisions that need values, with their labels."""
_ASKS: Final = {
    "exchange": "Type both readings and the time; then the effect is shown here.",
    "correct": "Type the right value in place of the stored one; then the effect is shown here.",
}
"""What to type before there is an effect to show."""


class ChoiceScreen(OnDesk, ThriftyModal[str]):
    """A menu of the decisions that apply to the selected cases. Returns the choice, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", key_display="esc"),
        *(Binding(choice.key, f"choose('{what}')", choice.name, show=False) for what, choice in CHOICES.items()),
        Binding("u", "choose('undo')", "Undo", show=False),
        Binding("e", "choose('explain')", "Explain", show=False),
    ]

    def __init__(self, rows: Sequence[ExceptionRow]) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        choices = [(what, CHOICES[what]) for what in applying(self._rows)]
        options = [Option(_line(choice.key, choice.name, choice.does), id=what) for what, choice in choices]
        decided = any(row.decided is not None for row in self._rows)
        if decided:
            options.append(Option(_line("u", "Undo", "reverse the decision about this case"), id="undo"))
        if len(self._rows) == 1 and self._rows[0].known:
            options.append(Option(_line("e", "Explain", "what is at stake, reading by reading"), id="explain"))
        with Vertical(id="choices"):
            yield Static(_about(self._rows), classes="heading")
            if len(self._rows) == 1:
                with VerticalScroll(id="choices-case", can_focus=False):
                    yield Static(self._in_full(self._rows[0]))
            if read_only := self.read_only:
                yield Static(message(f"! {read_only}"), classes="check")
            if why := unknown(self._rows):
                yield Static(message(f"! {why[:1].upper()}{why[1:]}."), classes="check")
            yield OptionList(*options)
            yield Static(Text("↑ ↓ enter, or the key · escape changes nothing", style="dim"))

    def _in_full(self, row: ExceptionRow) -> Text:
        """Return the case, which the screen below cuts where it has no room."""
        engine = self.headend.engine
        return in_full(row, engine.accounts.get(meter_of(row.meter)), self.zone, engine.rules.currency)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _choose_option(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def action_choose(self, what: str) -> None:
        """Choose a decision by its key."""
        self.dismiss(what)


class ReasonField(Input):
    """A field for a reason: up and down go through some that are ready, and back to one's own words.

    What was typed is there again when the window is opened again, as a change of screen closes it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "ready(1)", "Next reason", show=False),
        Binding("up", "ready(-1)", "Reason before", show=False),
    ]

    def __init__(self, ready: Sequence[str], draft: Draft, **kwargs: Any) -> None:
        super().__init__(draft.text or "", placeholder="reason; recorded with your name", **kwargs)
        self._ready = ready
        self._draft = draft
        self._own = ""

    def on_input_changed(self) -> None:
        self._draft.note(self.value)

    def action_ready(self, step: int) -> None:
        """Put the next ready reason, or the one before, into the field."""
        if self.value not in self._ready:
            self._own = self.value
        every = [self._own, *self._ready]
        self.value = every[(every.index(self.value) + step) % len(every)]
        self.cursor_position = len(self.value)


class DecisionScreen(OnDesk, ThriftyModal[list[Effect]]):
    """A preview of what decisions would change. With a reason, Enter makes them. Returns their effects, or nothing.

    `wanted` are the decisions without their reason; there is one if it is an exchange or a correction, whose registers
    are asked for. `note` says what the title does not. Where nothing can be written, no reason is asked for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", key_display="esc"),
        *(
            Binding(key, f"look({part})", "Scroll the effects", show=False)
            for key, part in {"pageup": -1.0, "pagedown": 1.0}.items()
        ),
    ]

    def __init__(self, wanted: Sequence[Decision], note: str = "") -> None:
        super().__init__()
        self._wanted = list(wanted)
        self._note = note
        self._fields = _FIELDS.get(wanted[0].what, {})
        self._deciding = False
        self._proposed: dict[str, str] = {}
        """What the fields propose, once it is known."""
        about = [(each.meter, each.at) for each in wanted]
        self._form = f"{wanted[0].what} {about}"
        """The name of the draft of what is typed."""

    def compose(self) -> ComposeResult:
        with Vertical(id="decision"):
            yield Static(_title(self._wanted), id="decision-title")
            read_only = self.read_only
            if note := " ".join(filter(None, (self._note, read_only))):
                yield Static(message(f"! {fmt.with_moments(note)}"), id="decision-note")
            yield Static("…", id="decision-sum")
            drafts = self.desk.drafts
            for name, label in self._fields.items():
                field = Field(
                    check=partial(self._wrong, name),
                    draft=drafts.field(self._form, name),
                    id=f"decision-{name}",
                    compact=True,
                )
                yield labelled(label, field)
            with VerticalScroll(id="decision-paper", can_focus=False):
                yield Static(id="decision-effects")
            yield Static(id="decision-error")
            if read_only:
                yield Static(Text("escape closes", style="dim"), id="decision-keys")
                return
            ready = REASONS.get(self._wanted[0].what, ())
            yield ReasonField(ready, drafts.field(self._form, "reason"), id="decision-reason", compact=True)
            if ready:
                yield Static(Text(f"↓ {' · '.join(ready)}", style="dim"), id="decision-ready")
            keys = "enter confirms · escape changes nothing"
            if self._fields:
                keys = f"tab next field · {keys}"
            elif len(self._wanted) > _IN_VIEW:
                keys = f"page up page down: all effects · {keys}"
            yield Static(Text(keys, style="dim"), id="decision-keys")

    @property
    def _is_unready(self) -> bool:
        """Return whether a value is still to be typed: one is missing or wrong, or that of a correction is what stands.

        A field says what is wrong with it when it is left.
        """
        if not self._fields:
            return False
        said = {name: self.query_one(f"#decision-{name}", Input).value.strip() for name in self._fields}
        proposal = self._wanted[0].what == "correct" and self._wanted[0].wh == NOT_SAID and said == self._proposed
        return proposal or not all(text and not self._wrong(name, text) for name, text in said.items())

    async def _proposal(self) -> dict[str, str]:
        """Return what the fields propose, which is sought in a thread."""
        [wanted] = self._wanted
        glance = partial(self.headend.readings.glance, own=True)
        if wanted.what == "correct":
            proposed: int | None = wanted.wh
            if wanted.wh == NOT_SAID:
                proposed = (await glance({wanted.meter: lambda series: series.standing_at(wanted.at)}))[wanted.meter]
            return {"wh": "" if proposed is None else format_kwh(proposed)}
        propose = partial(corrections.proposed_exchange, at=wanted.at)
        proposal = (await glance({wanted.meter: propose}))[wanted.meter]
        if proposal is None:
            return {"final": "", "initial": "", "at": time_labels.to_type(wanted.at, self.zone)}
        at, final, initial = proposal
        return {"final": format_kwh(final), "initial": format_kwh(initial), "at": time_labels.to_type(at, self.zone)}

    @work(group="proposal")
    async def _propose(self) -> None:
        """Put what is proposed into the fields in which nothing was typed, and show its effect."""
        try:
            self._proposed = await self._proposal()
        except MeterError as error:
            self._err(fmt.for_people(str(error)))
            return
        for name, text in self._proposed.items():
            field = self.query_one(f"#decision-{name}", Field)
            if not field.value:
                with field.prevent(Input.Changed):  # nobody typed it
                    field.value = text
                    field.action_select_all()  # what is typed takes its place
        self._preview()

    def on_mount(self) -> None:
        if fields := self.query(Input):
            fields.first().focus()
        if self._fields:
            self._propose()
        else:
            self._preview()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "decision-reason":
            self._err("")
        else:
            self._preview()

    @on(Input.Submitted, "#decision-reason")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._deciding:
            # The login may have expired meanwhile.
            as_operator(self.app, PURPOSE, lambda: self._decide(event.value))

    @work(exclusive=True, group="preview")
    async def _preview(self) -> None:
        if self._is_unready:
            self._show_effects(Text(_ASKS[self._wanted[0].what]))
            self._err("")
            return
        try:
            effects = await self.headend.corrections.preview(self._decisions(PREVIEW), self.who)
        except MeterError as error:
            self._show_effects(Text("This cannot be done.", style="dim"))
            self._err(fmt.for_people(str(error)))
        else:
            self._err("")
            currency = self.headend.engine.rules.currency
            self._show_effects(_summary(effects, currency), effects)

    def _show_effects(self, summary: Text, effects: Sequence[Effect] = ()) -> None:
        self.query_one("#decision-sum", Static).update(summary)
        self.query_one("#decision-effects", Static).update(EffectTable(effects, self.zone) if effects else "")

    def action_look(self, part: float) -> None:
        """Scroll the effects by a part of the visible height; the reason keeps the focus."""
        paper = self.query_one("#decision-paper")
        paper.scroll_relative(y=round(part * paper.size.height), animate=False)

    @work
    async def _decide(self, reason: str) -> None:
        if self._deciding:
            return
        self._deciding = True
        try:
            effects = await self.headend.corrections.apply(self._decisions(reason), self.who)
        except MeterError as error:
            self._err(fmt.for_people(str(error)))
        else:
            self.desk.drafts.drop(self._form)
            self.dismiss(effects)
        finally:
            self._deciding = False

    def _decisions(self, reason: str) -> list[Decision]:
        """Return the decisions with a reason and the values of the fields. Raises MeterError."""
        if not self._fields:
            return [wanted._replace(reason=reason) for wanted in self._wanted]
        said = {name: self.query_one(f"#decision-{name}", Input).value.strip() for name in self._fields}
        for name, label in self._fields.items():
            if not said[name]:
                raise MeterError(f"{label}: a value is missing")
        try:
            values: dict[str, Any] = {name: self._value(name, text) for name, text in said.items()}
        except Refused as error:
            raise MeterError(error.why) from error
        return [self._wanted[0]._replace(reason=reason, **values)]

    def _value(self, name: str, text: str) -> int:
        """Return the value of a field: µs UTC, or Wh. Raises Refused."""
        return self.zone.parse(time_labels.in_iso(text)) if name == "at" else parse_kwh(text)

    def _wrong(self, name: str, text: str) -> str:
        """Return what is wrong with the text of a field; "" if nothing is."""
        try:
            self._value(name, text)
        except Refused as error:
            return error.why
        return ""

    def _err(self, text: str) -> None:
        self.query_one("#decision-error", Static).update(message(f"! {text}") if text else "")


def _line(key: str, name: str, does: str) -> Text:
    text = Text(f" {key}  ", style="bold", no_wrap=True, overflow="ellipsis")
    text.append(f"{name:<16}", style="bold")
    text.append(does, style="not bold")
    return text


def _about(rows: Sequence[ExceptionRow]) -> Text:
    if len(rows) == 1:
        return plain(f"Decide about {rows[0].meter or 'this line'}: {rows[0].cause}")
    return Text(f"Decide about the {len(rows)} selected cases")


def _title(wanted: Sequence[Decision]) -> Text:
    what = wanted[0].what
    name = f"Undo: {UNDOES[what]}" if what in UNDOES else CHOICES[what].name
    about = wanted[0].meter or "this line" if len(wanted) == 1 else f"{len(wanted)} cases"
    return plain(f"{name} · {about}", style="bold")


class EffectTable:
    """Draws the effect of each decision, the largest first. Where there is too little room, time and id are folded."""

    def __init__(self, effects: Sequence[Effect], zone: SiteZone) -> None:
        self._effects = effects
        self._zone = zone

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield _table(self._effects, self._zone, options.max_width)
        if len(self._effects) > _SHOWN:
            yield Text(f"and {len(self._effects) - _SHOWN} more", style="dim")


def _table(effects: Sequence[Effect], zone: SiteZone, width: int) -> Table:
    in_words = all(effect.event.kind in WORDS_ONLY for effect in effects)  # there are no figures to compare
    ordered = sorted(effects, key=lambda effect: -abs(effect.total_after - effect.total_before))[:_SHOWN]
    rows = [_row(effect, zone)[: 2 if in_words else None] for effect in ordered]
    headings = _HEADINGS[: 2 if in_words else None]
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    if sum(widths) + _BETWEEN_COLUMNS * (len(widths) - 1) > width:
        widths[2:] = [max(_TWO_LINES, *map(cell_len, column)) for column in list(zip(*rows, strict=True))[2:]]
        rows = [[meter, _CLOCK.sub("\n", when), *figures] for meter, when, *figures in rows]
        others = _DATE + sum(widths[2:]) + _BETWEEN_COLUMNS * (len(widths) - 1)
        widths[0] = min(widths[0], max(_DATE, width - others))
    table = Table.grid(padding=(0, _BETWEEN_COLUMNS, 0, 0))
    table.add_column(overflow="fold", width=widths[0])
    table.add_column()
    for cells in widths[2:]:
        table.add_column(justify="right", width=cells)
    table.add_row(*(Text(name, style="dim") for name in headings))
    for meter, when, *figures in rows:
        bold = [""] * (len(figures) - 1) + ["bold"]
        table.add_row(
            message(meter),
            Text(when),
            *(Text(*each) for each in zip(figures, bold, strict=False)),
        )
    return table


def _row(effect: Effect, zone: SiteZone) -> list[str]:
    """Return the meter, the time, the total usage before and after, and the change; dashes where words alone stand."""
    event = effect.event
    words_only = event.kind in WORDS_ONLY
    totals = ["–" if words_only else fmt.number(wh) for wh in (effect.total_before, effect.total_after)]
    change = "none" if words_only else fmt.change(effect.total_after - effect.total_before)
    when = "no reading" if event.at in (None, NEVER) else time_labels.moment(zone.local(event.at or 0))
    if len(effect.events) > 1:
        last = time_labels.moment(zone.local(effect.events[-1].at or 0))
        when = f"{when} to {last}, {fmt.counted(len(effect.events), 'reading')}"
    return [event.meter or "no meter", when, *totals, change]


def _summary(effects: Sequence[Effect], currency: str) -> Text:
    """Return the effect of all decisions together."""
    changed = sum(effect.total_after - effect.total_before for effect in effects)
    priced = [effect.cents for effect in effects if effect.cents is not None]
    left_out = sum(effect.left_out_after - effect.left_out_before for effect in effects)
    if not changed and not left_out and not any(effect.months for effect in effects):
        return Text("No figure changes.").append_text(_left_out_still(effects))
    of = "the meter" if len({effect.event.meter for effect in effects}) == 1 else "these meters"
    said = f"The total usage of {of} changes by {fmt.change(changed)} kWh"
    if any(priced) and len(priced) == len(effects):
        said += f", {fmt.price_change(sum(priced))} {currency} with tax"
    if left_out:
        readings = "reading" if abs(left_out) == 1 else "readings"
        said += f"; {abs(left_out)} {readings} {'no longer counted' if left_out > 0 else 'counted again'}"
    said += f". All figures and charts change at once.{_by_month(effects)}"
    return Text(said).append_text(_left_out_still(effects))


def _left_out_still(effects: Sequence[Effect]) -> Text:
    """Return a line on the readings that a decision stores or brings back and that do not count; empty without one."""
    found = [effect for effect in effects if effect.not_counted]
    if not found:
        return Text("")
    status, _, why = found[0].not_counted.partition(": ")
    which = f"{found[0].event.meter} " if len(effects) > 1 else ""
    more = f"; so are {len(found) - 1} more" if len(found) > 1 else ""
    kept = f"▲ The reading {which}will not count. It stays {status}: {fmt.for_people(why)}{more}."
    return Text("\n").append_text(message(kept))


def _by_month(effects: Sequence[Effect]) -> str:
    """Return a sentence on the months that change, as one may gain what another loses; "" if none does."""
    changes: dict[str, int] = {}
    issued: set[str] = set()
    for effect in effects:
        for each in effect.months:
            changes[each.month] = changes.get(each.month, 0) + each.change_wh
            issued |= {each.month} if each.issued else set()
    shown = [
        explained.month_change(time_labels.key_in_short("month", month), changes[month], month in issued)
        for month in sorted(changes)
    ]
    more = f" and {fmt.counted(len(shown) - _MONTHS, 'more month')}" if len(shown) > _MONTHS else ""
    return f"\nBy month: {', '.join(shown[:_MONTHS])}{more}." if shown else ""
