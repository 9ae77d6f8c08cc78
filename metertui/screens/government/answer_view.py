"""The view of an answer about many meters: its total in a line, a chart, and a table by pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final

import pandas as pd
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widget import Widget

from metertui.engine.base import Progress
from metertui.engine.columns import Frozen
from metertui.engine.reports import Findings, Rule, SavedReport, report
from metertui.screens.charts import Picture, PictureView, picture
from metertui.screens.shell import OnDesk, Steady, Waiting
from metertui.screens.tables import PAGE, SortedTable
from metertui.text import answers, message

_MAP: Final = 80
"""The width of a heat map of the week with three columns per hour."""
_BESIDE: Final = 110
"""The width of the terminal from which chart and table are side by side."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A question with its findings and its chart."""

    saved: SavedReport
    found: Findings
    picture: Picture

    def with_title_of(self, saved: SavedReport) -> Answer:
        """Return this answer under the title of a saved question."""
        return replace(self, saved=saved)


def answer_question(
    frozen: Frozen, saved: SavedReport, rule: Rule | None, progress: Progress
) -> tuple[Answer | None, tuple[date, date] | None]:
    """Return the answer to a question and the first and last day with readings; (None, None) without readings.

    `progress` gets the share done; an exception from it ends the work. Raises MeterError.
    """
    if not len(frozen.curve):
        return None, None
    time, zone = frozen.curve.time, frozen.zone
    oldest, newest = zone.day(int(time.min()) - 1), zone.day(int(time.max()))
    found = report.answer_inquiry(frozen, saved.inquiry(oldest, newest), rule, progress=progress)
    return Answer(saved, found, picture(found, saved.chart, zone, newest)), (oldest, newest)


class _Chart(PictureView):
    """A chart whose place says what is being worked out until it is there."""

    waiting: Callable[[], Waiting]

    def get_loading_widget(self) -> Widget:
        return self.waiting()


class AnswerView(OnDesk, Vertical):
    """Chart and table, side by side where both fit. Sorts the rows of the table."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answer: Answer | None = None
        self.sort = ""
        """The sort column, `-column` for descending order, empty for the natural order of the keys."""
        self._table: pd.DataFrame | None = None
        self._rule: Rule | None = None

    def compose(self) -> ComposeResult:
        yield Steady(id="summary")
        with Container(id="answer"):
            yield _Chart(id="government-chart")
            with Vertical(id="table-side"):
                yield SortedTable(id="government-table")

    @property
    def at(self) -> int:
        """Return the index of the row under the cursor among all rows; -1 if there is none."""
        return self.query_one(SortedTable).place

    def clear(self) -> None:
        """Show nothing."""
        self.answer, self.sort, self._table = None, "", None
        self.query_one(PictureView).show(None)
        self.query_one(SortedTable).show([], [])
        self.query_one("#summary", Steady).show("")

    def show_answer(self, answer: Answer, rule: Rule | None, at: int = 0) -> None:
        """Show an answer and the page of its table with row `at`. `rule` is the one that hid small groups."""
        self.answer, self._rule = answer, rule
        chart = self.query_one(PictureView)
        chart.border_title = answer.picture.unit + (f", {answer.picture.note}" if answer.picture.note else "")
        chart.show(answer.picture)
        self.set_class(answer.picture.kind == "heat", "-heat")
        self._show_table(at)

    def show_wait(self, lines: Sequence[str], share: Callable[[], float]) -> None:
        """Say in place of the chart what is being worked out, with its progress. The table keeps the focus."""
        chart = self.query_one(_Chart)
        chart.loading, chart.waiting = False, partial(Waiting, lines, share)
        chart.loading = True

    def end_wait(self) -> None:
        """Show the chart again."""
        chart = self.query_one(_Chart)
        if chart.loading:
            chart.loading = False

    def keys_at(self, at: int) -> tuple[str, ...]:
        """Return the keys of a row."""
        assert self.answer is not None
        assert self._table is not None
        return answers.keys_of(self.answer.found, self._table, at)

    def _show_table(self, at: int = 0) -> None:
        assert self.answer is not None
        self._table = answers.ordered(self.answer.found, self.sort)
        self._show_page(at)

    def _show_page(self, at: int) -> None:
        assert self.answer is not None
        assert self._table is not None
        at = max(0, min(at, len(self._table) - 1))
        first = at // PAGE * PAGE
        columns, cells = answers.page(self.answer.found, self._table.iloc[first : first + PAGE], self.zone)
        table = self.query_one(SortedTable)
        table.show(columns, cells, self.sort, first, len(self._table))
        table.move_cursor_to(at)
        self._arrange()
        summary = answers.summary(self.answer.found, self._rule)
        if running := self.answer.picture.running_names():
            summary = f"{summary} · {running} not over yet"
        self.query_one("#summary", Steady).show(
            message(f"{summary} · {table.page_note}" if table.page_note else summary)
        )

    def _arrange(self) -> None:
        """Give the table beside a chart the width that it needs, up to two thirds, and the chart the rest."""
        side = self.query_one("#table-side")
        if self.app.size.width < _BESIDE:
            side.styles.width = None
        elif self.answer is not None:
            room = self.size.width
            most = room - _MAP if self.answer.saved.chart == "heat" else room * 2 // 3
            side.styles.width = max(34, min(self.query_one(SortedTable).needed_width, most))

    def on_resize(self) -> None:
        self._arrange()

    @on(SortedTable.PageAsked)
    def _turned(self, event: SortedTable.PageAsked) -> None:
        event.stop()
        if self._table is not None:
            self._show_page(event.first)

    @on(SortedTable.SortAsked)
    def _sorted(self, event: SortedTable.SortAsked) -> None:
        event.stop()
        if self.answer is None:
            return
        if event.step:
            orders = answers.orders(self.answer.found.inquiry, compared=bool(self.answer.found.compared))
            bare = [order.removeprefix("-") for order in orders]
            name = self.sort.removeprefix("-")
            self.sort = orders[(bare.index(name) + 1) % len(orders) if name in bare else 0]
        elif self.sort:
            self.sort = self.sort.removeprefix("-") if self.sort.startswith("-") else f"-{self.sort}"
        self._show_table()
