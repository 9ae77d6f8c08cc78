"""The start page of billing: what one comes for, each with its state in a pane, its key, and Enter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from metertui.screens.billing.month_figures import MonthFigures
from metertui.screens.billing.tariff_periods import Period
from metertui.screens.shell import Steady, recent_line
from metertui.text import NO_METER, fmt, message, plain, progress_bar, time_labels

_KEYS: Final = {"find": "/", "run": "b", "tariffs": "t"}
"""The purposes with their keys."""
_BAR: Final = 24


class Purpose(Steady, can_focus=True):
    """One purpose: a pane with its state."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "Open")]

    @dataclass
    class Chosen(Message):
        """A purpose was chosen with enter or a click: one of `find`, `run` and `tariffs`."""

        what: str

    def __init__(self, what: str) -> None:
        super().__init__(id=f"purpose-{what}", classes="purpose")
        self._what = what
        self.border_subtitle = _KEYS[what]

    def action_choose(self) -> None:
        """Choose the purpose."""
        self.post_message(self.Chosen(self._what))

    def on_click(self, _event: events.Click) -> None:
        self.action_choose()


class Purposes(Vertical):
    """The panes, one below the other; the arrow keys go from one to the next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Purpose before", show=False),
        Binding("down", "move(1)", "Next purpose", show=False),
    ]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._last = 0

    def compose(self) -> ComposeResult:
        for what in _KEYS:
            yield Purpose(what)

    def show(self, what: str, title: str, text: Text) -> None:
        """Show the state of a purpose."""
        pane = self.query_one(f"#purpose-{what}", Purpose)
        pane.border_title = title
        pane.show(text)

    def take_focus(self) -> None:
        """Move the focus to the purpose that had it last."""
        list(self.query(Purpose))[self._last].focus()

    def action_move(self, step: int) -> None:
        """Move the focus to another purpose, round the end."""
        self._last = (self._last + step) % len(_KEYS)
        self.take_focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        panes = list(self.query(Purpose))
        if event.widget in panes:
            self._last = panes.index(event.widget)


def find_text(meters: int, recent: Sequence[str]) -> Text:
    """Return what finding a meter begins with: how, among how many, and the meters looked at last."""
    if not meters:
        return Text(NO_METER)
    text = Text("By part of its id, address, postcode, region or sub-region: ")
    text.append(f"{fmt.counted(meters, 'meter')}.", style="dim")
    if recent:
        text.append("\n").append_text(recent_line(recent))
    return text


def run_text(figures: MonthFigures, age: str, suspect: Style) -> Text:
    """Return the figures of a month's run, below one another, and of when they are; `suspect` is the ink of doubts."""
    if figures.trouble:
        return message(f"! {figures.trouble}").append(f"\n{age}", style="dim")
    if not figures.bills:
        said = "No meter has data in this month"
        if figures.since is not None and figures.until is not None:
            said += f"; there is data from {time_labels.span(figures.since, figures.until).replace('–', 'to')}"
        return Text(f"{said}.").append(f"\n{age}", style="dim")
    due = figures.bills - figures.issued
    waiting = [f"{fmt.count(due)} still to issue"] if due else ["all of them"]
    waiting += [f"{fmt.counted(figures.adjustments, 'adjustment')} to issue"] if figures.adjustments else []
    has = "has" if figures.without == 1 else "have"
    without = f"{fmt.counted(figures.without, 'meter')} {has} no data" if figures.without else "every meter has data"
    doubt = (
        "where readings are missing or not counted" if figures.doubtful else "no readings are missing or not counted"
    )
    usage = fmt.kwh(figures.usage_wh)
    total = (f"{fmt.money(figures.total)} {figures.currency}", f"tax included, for {usage}")
    if figures.total is None:
        total = (usage, "without a price, as there are no tariffs")
    rows = (
        ("bills", fmt.count(figures.bills), without),
        ("issued", fmt.count(figures.issued), ", ".join(waiting)),
        ("in doubt", f"{'▲ ' if figures.doubtful else ''}{fmt.count(figures.doubtful)}", doubt),
        ("comes to", *total),
    )
    widest = max(len(figure) for _, figure, _ in rows)
    text = Text()
    for name, figure, note in rows:
        style: str | Style = suspect if figure.startswith("▲") else "bold"
        text.append(f"{name:<9}", style="dim").append(f"{figure:>{widest}}", style=style)
        text.append(f"  {note}\n", style="dim")
    return text.append(age, style="dim")


def waiting_text(share: float) -> Text:
    """Return how far the first figures of a month are."""
    done = int(_BAR * share)
    text = Text("working out all bills of the month ").append_text(progress_bar(done, _BAR))
    return text.append(f" {share:4.0%}")


def tariffs_text(held: Sequence[Period], gaps: Iterable[str], suspect: Style) -> Text:
    """Return what has no price, then the tariffs, those in force with a mark; `suspect` is the ink of gaps."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for gap in gaps:
        text.append(f"▲ {gap}\n", style=suspect)
    if not held:
        return text.append("There is no tariff yet, so bills have usage and no amounts.")
    homes, days = max(len(each.homes) for each in held), max(len(each.days) for each in held)
    for place, each in enumerate(held):
        style = "" if each.in_force else "dim"
        text.append("\n" if place else "")
        text.append("● " if each.in_force else "  ", style="bold")
        text.append_text(plain(f"{each.homes:<{homes}}  {each.days:<{days}}  {each.price}", style=style))
    return text
