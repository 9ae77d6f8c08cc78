"""The window that replays past usage under a proposed tariff: who would pay more, who less, and by how much."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

import pandas as pd
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from metertui.engine.base import Progress
from metertui.engine.billing import DECILES, Replay, replay_tariffs, tariffs
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.reports import Rule, disclosure
from metertui.headend import HeadEnd
from metertui.screens.charts import deciles
from metertui.screens.shell import Cancelled, LastingWindow, Work, show_progress
from metertui.screens.tables import SortedTable
from metertui.screens.terminal import ink
from metertui.text import HIDDEN, Column, fmt, message, time_labels, visible

_BY: Final = (("apartment_type", "region"), ("apartment_type",), ("region",), ())
_NAMES: Final = {"apartment_type": "apartment type", "region": "region"}
_MONEY: Final = ("current", "proposed", "change", "median")
_TITLES: Final = {
    "meters": "meters",
    "change": "change",
    "median": "median",
    "more": "pay more",
    "less": "pay less",
    "current": "now",
    "proposed": "proposed",
}
_QUANTILES: Final = tuple(sorted((*DECILES, 5)))


class _Table(NamedTuple):
    by: tuple[str, ...]
    rows: pd.DataFrame
    hidden: list[bool]


class ReplayScreen(LastingWindow):
    """The replay of some days under the tariff of a file, read when the window opens. Escape cancels, then closes."""

    place = "government"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close", key_display="esc"),
        Binding("space", "by", "Next breakdown"),
    ]

    def __init__(self, file: Path, days: tuple[date, date], rule: Rule | None) -> None:
        super().__init__()
        self._file = file
        self._days = days
        self._rule = rule
        self._tables: list[_Table] = []
        self._note = ""
        self._at = 0
        self._work: Work | None = None
        """The replay under way."""

    @property
    def busy(self) -> bool:
        return self._work is not None

    def compose(self) -> ComposeResult:
        with Vertical(id="replay"):
            yield Static(id="replay-title")
            yield Static(id="replay-sum")
            yield SortedTable(by_screen=False, enter="", id="replay-table")
            yield Static(id="replay-chart")
            yield Static(Text("↑ ↓ group · space next breakdown · esc cancels or closes", style="dim"))

    def on_mount(self) -> None:
        period = time_labels.period(*self._days)
        title = Text(f"{visible(self._file.name)} compared with tariffs.csv, {period}", style="bold")
        self.query_one("#replay-title", Static).update(title)
        self.query_one(SortedTable).focus()
        self._replay()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)  # the bars have the width of the window

    @work(exclusive=True)
    async def _replay(self) -> None:
        table = self.query_one(SortedTable)
        table.loading = True
        try:
            with show_progress(self, "Replaying") as self._work:
                self._tables, self._note = await self.headend.ask(
                    _replayed, self.headend, self._file, self._days, self._rule, self._work.report_progress
                )
        except Cancelled:
            self.say("Cancelled; nothing was replayed.")
        except MeterError as error:
            self.say(f"! {error}")
        else:
            self.query_one("#replay-sum", Static).update(self._summary())
            self._show()
        finally:
            self._work = None
            table.loading = False
            table.focus()

    def say(self, text: str) -> None:
        """Show a sentence in place of the totals."""
        self.query_one("#replay-sum", Static).update(message(fmt.with_moments(text)))

    def clear_message(self) -> None:
        """Remove the sentence."""
        self.say("")

    def action_back(self) -> None:
        """Cancel the replay under way, or close the window."""
        if self._work is None:
            self.dismiss()
        else:
            self._work.cancel()
            self.say(self._work.status_line())

    def _summary(self) -> Text:
        every = self._tables[-1]
        if every.hidden[0] or not int(every.rows["meters"].iloc[0]):
            return Text(HIDDEN if every.hidden[0] else fmt.NOTHING)
        row = every.rows.iloc[0]
        currency = self.headend.engine.rules.currency
        return Text(
            f"{fmt.count(int(row['meters']))} meters: {fmt.count(int(row['more']))} pay more, "
            f"{fmt.count(int(row['less']))} less, {fmt.count(int(row['same']))} the same · "
            f"{_money(row['current'])} now, {_money(row['proposed'])} proposed, "
            f"{_money(row['change'], sign=True)} in total; amounts in {currency} with tax"
            + (f" · {self._note}" if self._note else "")
        )

    def _show(self) -> None:
        by, rows, hidden = self._tables[self._at]
        columns = [Column(key, _NAMES[key], False) for key in by] or [Column("all", "group", False)]
        columns += [Column(name, title, True) for name, title in _TITLES.items()]
        cells = []
        for row, out in zip(rows.to_dict("records"), hidden, strict=True):
            line = [visible(str(row[key])) or "(none)" for key in by] or ["all meters"]
            for name in _TITLES:
                if out:
                    line.append(HIDDEN)
                elif name in _MONEY:
                    line.append(_money(row[name], sign=name in ("change", "median")))
                else:
                    line.append(fmt.count(int(row[name])))
            cells.append(line)
        self.query_one(SortedTable).show(columns, cells)
        self._draw()

    @on(SortedTable.RowHighlighted)
    def _draw(self) -> None:
        if not self._tables:
            return
        by, rows, hidden = self._tables[self._at]
        at = self.query_one(SortedTable).cursor_row
        chart = self.query_one("#replay-chart", Static)
        if not 0 <= at < len(rows):
            chart.update("")
            return
        row = rows.iloc[at]
        name = " · ".join(visible(str(row[key])) or "(none)" for key in by) or "all meters"
        text = Text(f"Change per meter in {self.headend.engine.rules.currency}: {name}\n", "dim")
        if hidden[at]:
            text.append(HIDDEN)
        else:
            values = [int(row["median" if tenth == 5 else f"p{tenth}0"]) for tenth in _QUANTILES]
            labels = [f"{'half (median)' if tenth == 5 else f'{tenth}0% of meters'}: at most" for tenth in _QUANTILES]
            inks = [ink(self.app.theme_variables, colour) for colour in ("accent", "primary")]
            texts = [_money(value, sign=True) for value in values]
            text.append_text(deciles(labels, values, texts, max(30, chart.size.width - 2), inks))
        chart.update(text)

    def action_by(self) -> None:
        """Show the next breakdown."""
        if self._tables:
            self._at = (self._at + 1) % len(self._tables)
            self._show()


def _replayed(
    frozen: Frozen, headend: HeadEnd, file: Path, days: tuple[date, date], rule: Rule | None, progress: Progress
) -> tuple[list[_Table], str]:
    """Return a table for each breakdown in _BY, and the note of the replay.

    Raises MeterError, and what `progress` raises.
    """
    current = headend.engine.tariffs.current()
    if current is None:
        raise MeterError("There is no tariffs.csv in the data folder to compare with.")
    proposed = tariffs.load_tariffs(file)
    if proposed is None:
        raise MeterError(f"There is no file {file}.")
    found = replay_tariffs(frozen, current, proposed.backdated(days[0]), *days, progress=progress)
    return [_Table(by, found.table(by), _hidden(frozen, found, by, rule)) for by in _BY], found.note


def _hidden(frozen: Frozen, found: Replay, by: tuple[str, ...], rule: Rule | None) -> list[bool]:
    """Return which groups of the table are small, or would reveal a small one."""
    if rule is None:
        return [False] * (len(found.table(by)) if by else 1)
    if not by:
        largest = int(found.usage.max(initial=0))
        return [rule.is_small(int((found.usage > 0).sum()), int(found.usage.sum()), largest)]
    usage = pd.DataFrame({key: getattr(found, key) for key in by} | {"usage_wh": found.usage})
    usage["drawing"] = found.usage > 0
    grouped = usage.groupby(list(by), sort=True)
    table = grouped.agg(usage_wh=("usage_wh", "sum"), drawing=("drawing", "sum"), largest_wh=("usage_wh", "max"))
    out = disclosure.hide_rows(table.reset_index(), list(by), rule, disclosure.group_sizes(frozen, list(by)))
    return [bool(cell) for cell in out.cells]


def _money(cents: object, *, sign: bool = False) -> str:
    amount = int(str(cents))
    return fmt.price_change(amount) if sign else fmt.money(amount)
