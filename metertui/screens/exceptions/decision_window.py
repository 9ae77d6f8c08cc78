"""Over the list of exceptions: what to decide, and what would come of it before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from metertui.engine.base import SiteZone, format_kwh, parse_kwh
from metertui.engine.core import Decision, Effect, corrections
from metertui.engine.errors import MeterError, Refused
from metertui.engine.vee import UNDOES
from metertui.engine.worklist import NEVER, ExceptionRow
from metertui.headend import HeadEnd
from metertui.screens.exceptions.decision_choices import CHOICES, PREVIEW, unknown
from metertui.screens.fields import Field
from metertui.screens.shell import Sessions, as_operator
from metertui.screens.terminal import ThriftyModal
from metertui.text import fmt, message, plain

PURPOSE: Final = "deciding about cases"
"""What a login is for here, as in a sentence."""
_SHOWN: Final = 100
"""Effects that are shown one by one."""
_FIELDS: Final = {"final": "old register's last, kWh", "initial": "new register's first, kWh", "at": "when"}


class ChoiceScreen(ThriftyModal[str]):
    """A menu of what can be decided about the cases chosen; gives the choice, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", key_display="escape"),
        *(Binding(choice.key, f"choose('{what}')", choice.name, show=False) for what, choice in CHOICES.items()),
        Binding("u", "choose('undo')", "Take back", show=False),
        Binding("e", "choose('explain')", "Explain", show=False),
    ]

    def __init__(self, rows: Sequence[ExceptionRow]) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        causes = {row.cause for row in self._rows}
        options = []
        for what, choice in CHOICES.items():
            fits = causes <= choice.causes and all(row.known for row in self._rows)
            options.append(Option(_line(choice.key, choice.name, choice.does), id=what, disabled=not fits))
        decided = any(row.decided is not None for row in self._rows)
        options.append(Option(_line("u", "Take back", "a decision, with all that followed from it"), id="undo",
                              disabled=not decided))  # fmt: skip
        one = len(self._rows) == 1 and self._rows[0].known
        options.append(Option(_line("e", "Explain", "the usage of that day, part by part"), id="explain",
                              disabled=not one))  # fmt: skip
        with Vertical(id="choices"):
            yield Static(_about(self._rows), classes="heading")
            if why := unknown(self._rows):
                yield Static(message(f"! {why[:1].upper()}{why[1:]}."), classes="check")
            yield OptionList(*options)
            yield Static(Text("↑ ↓ enter, or the key · escape leaves all as it is", style="dim"))

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def action_choose(self, what: str) -> None:
        """By its key."""
        self.dismiss(what)


class DecisionScreen(ThriftyModal[list[Effect]]):
    """What decisions would change; with a reason, enter lets them stand. Gives what they changed, or nothing.

    `wanted` are the decisions, their reason still to come; an exchange is one, and asks for its registers.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Leave", key_display="escape"),
        *(
            Binding(key, f"look({part})", "Look at the others", show=False)
            for key, part in {"up": -0.1, "down": 0.1, "pageup": -1.0, "pagedown": 1.0}.items()
        ),
    ]

    def __init__(self, headend: HeadEnd, wanted: Sequence[Decision], sessions: Sessions) -> None:
        super().__init__()
        self._headend = headend
        self._wanted = list(wanted)
        self._sessions = sessions
        self._exchange = wanted[0].what == "exchange"
        self._deciding = False

    def compose(self) -> ComposeResult:
        with Vertical(id="decision"):
            yield Static(_title(self._wanted), id="decision-title")
            yield Static("…", id="decision-sum")
            if self._exchange:
                for name, label in _FIELDS.items():
                    with Horizontal(classes="field"):
                        yield Label(label)
                        yield Field(self._proposed[name], id=f"exchange-{name}", compact=True, select_on_focus=False)
            with VerticalScroll(id="decision-paper", can_focus=False):
                yield Static(id="decision-effects")
            yield Static(id="decision-error")
            yield Input(placeholder="the reason, kept for good with your name", id="decision-reason", compact=True)
            keys = "enter does it · escape leaves all as it is"
            if self._exchange:
                keys = f"tab next field · {keys}"
            elif len(self._wanted) > 1:
                keys = f"↑ ↓ page up page down: the others · {keys}"
            yield Static(Text(keys, style="dim"), id="decision-keys")

    @property
    def _proposed(self) -> dict[str, str]:
        zone = self._headend.engine.zone
        [wanted] = self._wanted
        proposal = corrections.proposed_exchange(self._headend.engine.series(wanted.meter), wanted.at)
        if proposal is None:
            return {"final": "", "initial": "", "at": zone.iso(wanted.at)}
        at, final, initial = proposal
        return {"final": format_kwh(final), "initial": format_kwh(initial), "at": zone.iso(at)}

    def on_mount(self) -> None:
        self.query_one("#exchange-final" if self._exchange else "#decision-reason").focus()
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
            # The login may have ended while one thought about it.
            as_operator(self.app, PURPOSE, lambda: self._decide(event.value))

    @work(exclusive=True, group="preview")
    async def _preview(self) -> None:
        try:
            effects = await self._headend.corrections.preview(self._decisions(PREVIEW), self._sessions.email)
        except MeterError as error:
            self._tell(Text("Nothing can be done like this.", style="dim"), Text(""))
            self._err(str(error))
        else:
            self._err("")
            self._tell(_summary(effects), _drawn(effects, self._headend.engine.zone))

    def _tell(self, summary: Text, each: Group | Text) -> None:
        self.query_one("#decision-sum", Static).update(summary)
        self.query_one("#decision-effects", Static).update(each)

    def action_look(self, part: float) -> None:
        """Scroll through what changes, by a part of what is in view; the reason keeps the focus."""
        paper = self.query_one("#decision-paper")
        paper.scroll_relative(y=round(part * paper.size.height), animate=False)

    @work
    async def _decide(self, reason: str) -> None:
        if self._deciding:
            return
        self._deciding = True
        try:
            effects = await self._headend.corrections.apply(self._decisions(reason), self._sessions.email)
        except MeterError as error:
            self._err(str(error))
        else:
            self.dismiss(effects)
        finally:
            self._deciding = False

    def _decisions(self, reason: str) -> list[Decision]:
        """With this reason, and what the fields say. Raises MeterError."""
        if not self._exchange:
            return [wanted._replace(reason=reason) for wanted in self._wanted]
        said = {name: self.query_one(f"#exchange-{name}", Input).value.strip() for name in _FIELDS}
        for name, label in _FIELDS.items():
            if not said[name]:
                raise MeterError(f"{label}: this is missing")
        try:
            final, initial = parse_kwh(said["final"]), parse_kwh(said["initial"])
            at = self._headend.engine.zone.parse(said["at"])
        except Refused as error:
            raise MeterError(error.why) from error
        return [self._wanted[0]._replace(reason=reason, at=at, final=final, initial=initial)]

    def _err(self, text: str) -> None:
        self.query_one("#decision-error", Static).update(message(f"! {text}") if text else "")


def _line(key: str, name: str, does: str) -> Text:
    text = Text(f" {key}  ", style="bold", no_wrap=True, overflow="ellipsis")
    text.append(f"{name:<11}", style="bold")
    text.append(does, style="not bold")
    return text


def _about(rows: Sequence[ExceptionRow]) -> Text:
    if len(rows) == 1:
        return plain(f"What to do about {rows[0].meter or 'this line'}: {rows[0].cause}")
    return Text(f"What to do about the {len(rows)} chosen")


def _title(wanted: Sequence[Decision]) -> Text:
    what = wanted[0].what
    name = f"Take back: {UNDOES[what]}" if what in UNDOES else CHOICES[what].name
    about = wanted[0].meter if len(wanted) == 1 else f"{len(wanted)} cases"
    return plain(f"{name} · {about}", style="bold")


def _drawn(effects: Sequence[Effect], zone: SiteZone) -> Group:
    """What each changes, the largest change first."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    table.add_row(*(Text(name, style="dim") for name in ("meter", "about", "used in all", "then", "kWh")))
    for effect in sorted(effects, key=lambda effect: -abs(effect.total_after - effect.total_before))[:_SHOWN]:
        event = effect.event
        when = "never sent" if event.at in (None, NEVER) else fmt.moment(event.at or 0, zone)
        table.add_row(
            plain(event.meter), Text(when), Text(fmt.number(effect.total_before)), Text(fmt.number(effect.total_after)),
            Text(_change(effect.total_after - effect.total_before), style="bold"),
        )  # fmt: skip
    parts: list[Table | Text] = [table]
    if len(effects) > _SHOWN:
        parts.append(Text(f"and {len(effects) - _SHOWN} more", style="dim"))
    return Group(*parts)


def _summary(effects: Sequence[Effect]) -> Text:
    """All of them together."""
    changed = sum(effect.total_after - effect.total_before for effect in effects)
    left_out = sum(effect.left_out_after - effect.left_out_before for effect in effects)
    if not changed and not left_out:
        return Text("No figure changes.")
    said = f"In all {_change(changed)} kWh"
    if left_out:
        readings = "reading counts" if abs(left_out) == 1 else "readings count"
        said += f"; {abs(left_out)} {readings} {'no longer' if left_out > 0 else 'again'}"
    return Text(f"{said}. Every figure and chart follows at once.")


def _change(wh: int) -> str:
    return f"{'+' if wh > 0 else '−' if wh < 0 else '±'}{fmt.number(abs(wh))}"
