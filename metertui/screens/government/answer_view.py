"""The view of an answer about many meters: its total in a line, a chart, and a table by pages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.markup import escape
from textual.widget import Widget

from metertui.engine.reports import Rule
from metertui.screens.charts import NO_CURSOR, Picture, PictureView
from metertui.screens.government.answer import EXTREME, Answer, Choice, ShownRows, shown_rows
from metertui.screens.shell import DeskScreen, OnDesk, Steady, Waiting
from metertui.screens.tables import MOST_COPIED, PAGE, SortedTable, copy_rows
from metertui.text import KEYS, Column, answer_words, answers, message

_MAP: Final = 80
"""The width of a heat map of the week with three columns per hour."""
_CHART: Final = 56
"""The least width that a chart keeps beside a table with the courses of its rows."""
_BESIDE: Final = 110
"""The width from which chart and table are side by side."""
_AT_ONCE: Final = 1000
"""Rows that are sorted and drawn on the event loop, in some 5 ms; more are in a thread."""
_EXTREMES: Final = ("", "top", "bottom")


class _Chart(PictureView):
    """A chart whose place says what is being worked out until it is there."""

    waiting: Callable[[], Waiting]

    def get_loading_widget(self) -> Widget:
        return self.waiting()


class AnswerView(OnDesk, Vertical):
    """Chart and table, side by side where both fit. Sorts the rows of the table.

    In the chart, keys of the table work too.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Drill down", key_display="⏎"),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="Show only the rows that contain a text"),
        Binding("s", "sort(1)", "Sort", tooltip="Sort by the next column"),
        Binding("S", "sort(0)", "Reverse", show=False, tooltip="Reverse the order"),
    ]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answer: Answer | None = None
        self.sort = ""
        """The sort column, `-column` for descending order, empty for the natural order of the keys."""
        self.extreme = ""
        """Which rows are shown: `top`, `bottom` or, if empty, all."""
        self._shown: ShownRows | None = None
        """The rows shown; None until there are any."""
        self._wanted = ""
        """What the rows shown contain; empty if it may be anything."""
        self._choice = Choice()
        """Which these are."""
        self._rule: Rule | None = None

    def compose(self) -> ComposeResult:
        yield Steady(id="stale", classes="hidden")
        yield Steady(id="summary")
        with Container(id="answer"):
            yield _Chart(id="government-chart")
            with Vertical(id="table-side"):
                yield SortedTable(enter="Drill down", id="government-table")

    @property
    def at(self) -> int:
        """Return the place of the row under the cursor among those shown; -1 if there is none."""
        return -1 if self._shown is None else self.query_one(SortedTable).place

    def clear(self) -> None:
        """Show nothing."""
        self.answer, self.sort, self._shown, self.extreme = None, "", None, ""
        self.query_one(PictureView).show(None)
        self.query_one(SortedTable).show([], [])
        self.query_one("#summary", Steady).show("")
        self.show_current()

    def show_answer(self, answer: Answer, rule: Rule | None, at: int = 0) -> None:
        """Show an answer and the page of its table with row `at`. `rule` is the one that hid small groups."""
        self.answer, self._rule, self._shown = answer, rule, None
        self._draw(answer.picture)
        self._show_rows(at)

    def show_picture(self, answer: Answer) -> None:
        """Show another chart of the same answer."""
        self.answer = answer
        self._show_rows(max(0, self.at))

    def _draw(self, shown: Picture) -> None:
        chart = self.query_one(PictureView)
        chart.border_title = escape(f"{shown.unit}, {shown.note}" if shown.note else shown.unit)
        chart.show(shown)
        self.set_class(shown.kind == "heat", "-heat")

    def show_next_extreme(self) -> str:
        """Show the highest rows, the lowest ones, or all, in turn; return which: `top`, `bottom` or empty for all."""
        assert self.answer is not None
        if len(self.answer.found.table) > EXTREME:
            self.extreme = _EXTREMES[(_EXTREMES.index(self.extreme) + 1) % len(_EXTREMES)]
            self._show_rows()
        return self.extreme

    @property
    def order_and_limit(self) -> tuple[str, int]:
        """Return the order in which the rows shown are found, and how many of the first they are; 0 for all."""
        if not self.extreme:
            return self.sort, 0
        assert self.answer is not None
        figure = answers.ranked_by(self.answer.found, self.sort)
        return f"{'-' * (self.extreme == 'top')}{figure}", EXTREME

    def show_wait(self, lines: Sequence[str], share: Callable[[], float]) -> None:
        """Say in place of the first chart what is being worked out, with its progress. The table keeps the focus."""
        chart = self.query_one(_Chart)
        chart.loading, chart.waiting = False, partial(Waiting, lines, share)
        chart.loading = True

    def end_wait(self) -> None:
        """Show the chart again."""
        chart = self.query_one(_Chart)
        if chart.loading:
            chart.loading = False

    def show_stale(self) -> None:
        """Dim the answer, and say which question it answers: another one stands above."""
        assert self.answer is not None
        self.query_one("#stale", Steady).show(
            message(f"Dimmed: the answer to {answer_words.sentence(self.answer.saved, self.answer.found)}")
        )
        self._mark_stale(True)

    def show_current(self) -> None:
        """Show the answer undimmed: it is that of the question above."""
        self._mark_stale(False)

    def _mark_stale(self, stale: bool) -> None:
        self.query_one("#stale").set_class(not stale, "hidden")
        self.set_class(stale, "-stale")

    def keys_at(self, at: int) -> tuple[str, ...]:
        """Return the keys of a row."""
        assert self.answer is not None
        assert self._shown is not None
        return answers.keys_of(self.answer.found, self._shown.table, at)

    def _show_rows(self, at: int = 0) -> None:
        """Show the rows that are chosen: few at once, many when a thread has sorted, sought and drawn them."""
        assert self.answer is not None
        choice = Choice(self.sort, self.extreme, self._wanted)
        if choice.wanted or len(self.answer.found.table) > _AT_ONCE:
            if self._shown is None:  # those in view are of another question
                self.query_one(SortedTable).show([], [])
            self._arrange_rows(self.answer, choice, at)
        else:
            self.workers.cancel_group(self, "rows")
            self._take_rows(shown_rows(self.answer, choice, self.zone), choice, at)

    def _take_rows(self, shown: ShownRows, choice: Choice, at: int) -> None:
        self._shown, self._choice = shown, choice
        self._draw(shown.picture)
        self._show_page(at)

    @work(exclusive=True, group="rows")
    async def _arrange_rows(self, answer: Answer, choice: Choice, at: int) -> None:
        ended = threading.Event()
        try:
            shown = await asyncio.to_thread(shown_rows, answer, choice, self.zone, ended.is_set)
        finally:
            ended.set()
        if self.answer is not None and self.answer.found is answer.found:
            self._take_rows(shown, choice, at)

    @on(SortedTable.FilterAsked)
    def _filtered(self, event: SortedTable.FilterAsked) -> None:
        event.stop()
        self._wanted = event.text
        if self.answer is not None:
            self._show_rows()

    def _show_page(self, at: int) -> None:
        assert self.answer is not None
        assert self._shown is not None
        rows, found, choice = self._shown.table, self.answer.found, self._choice
        at = max(0, min(at, len(rows) - 1))
        first = at // PAGE * PAGE
        page = rows.iloc[first : first + PAGE]
        columns, cells = answers.page(found, page, self.zone)
        if self.answer.courses:
            columns.append(Column("course", f"by {KEYS[self.answer.course_key]}", False, spare=True))
            for row, keys in zip(cells, page[list(found.inquiry.question.by)].itertuples(index=False), strict=True):
                row.append(self.answer.courses.get(tuple(keys), ""))
        table = self.query_one(SortedTable)
        table.show(columns, cells, choice.sort, first, len(rows), self._shown.feet, len(found.table))
        table.move_cursor_to(at)
        self._arrange()
        summary = answer_words.summary(found, self._rule)
        if choice.extreme:
            summary += f" · {choice.name} shown, n for others"
        self.query_one("#summary", Steady).show(
            message(f"{summary} · {table.page_note}" if table.page_note else summary)
        )

    def _arrange(self) -> None:
        """Give the table beside a chart the width that it needs, up to two thirds, and the chart the rest."""
        side, room = self.query_one("#table-side"), self.size.width
        self.set_class(room < _BESIDE, "-stacked")
        if room < _BESIDE:
            side.styles.width = None
        elif self.answer is not None:
            table = self.query_one(SortedTable)
            most = room - _MAP if self.has_class("-heat") else room * 2 // 3
            wished = table.wished_width
            fits = wished <= min(most, room - _CHART)
            side.styles.width = max(34, wished if fits else min(table.needed_width, most))

    def on_resize(self) -> None:
        self._arrange()

    # -- keys of the table in the chart ------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the keys of the table where the chart has the focus."""
        if action in ("select_cursor", "filter", "sort"):
            return self.is_mounted and self.query_one(_Chart).has_focus and self.at >= 0
        return super().check_action(action, parameters)

    def action_select_cursor(self) -> None:
        """Drill down into the row that the cursor of the chart is on, if there is one."""
        chart, desk = self.query_one(_Chart), self.screen
        if not chart.is_pointing or self._row_at(chart) is not None:
            self.query_one(SortedTable).action_select_cursor()
        elif isinstance(desk, DeskScreen):
            desk.warn("There is no data at the cursor to drill down into.")

    def action_filter(self) -> None:
        """Let a filter of the table be typed."""
        table = self.query_one(SortedTable)
        self.screen.set_focus(table)  # at once: the next key may have arrived with this one
        table.action_filter()

    def action_sort(self, step: int) -> None:
        """Sort the table by the next column, or reverse its order (0)."""
        self.query_one(SortedTable).action_sort(step)

    # -- one cursor on chart and table ---------------------------------------------------------------------------------

    @on(SortedTable.RowHighlighted)
    def _point_at_row(self) -> None:
        """Point at the row under the cursor in the chart."""
        chart = self.query_one(PictureView)
        if self.answer is None or chart.picture is None or self.at < 0 or chart.has_focus:
            return
        chart.point_at(*chart.picture.cells.get(self.keys_at(self.at), (NO_CURSOR, NO_CURSOR)))

    @on(PictureView.CursorMoved)
    def _go_to_row(self, event: PictureView.CursorMoved) -> None:
        """Go to the row of the table that the cursor of the chart is on."""
        event.stop()
        if (at := self._row_at(event.chart)) is not None:
            if at // PAGE != self.at // PAGE:
                self._show_page(at)
            self.query_one(SortedTable).move_cursor_to(at)

    def _row_at(self, chart: PictureView) -> int | None:
        """Return the place of the row that the cursor of the chart is on, of the series of the row before."""
        places = {} if self._shown is None else self._shown.places
        series = chart.lead if chart.across == NO_CURSOR else chart.across
        return places.get((chart.cursor, series), places.get((chart.cursor, NO_CURSOR)))

    @on(SortedTable.CopyAsked)
    def _copy(self, event: SortedTable.CopyAsked) -> None:
        """Copy the rows of all pages, as far as a clipboard has room."""
        event.stop()
        if self.answer is not None and self._shown is not None:
            rows = self._shown.table
            columns, cells = answers.page(self.answer.found, rows.head(MOST_COPIED), self.zone)
            copy_rows(self.query_one(SortedTable), [each.title for each in columns], cells, len(rows))

    @on(SortedTable.PageAsked)
    def _turned(self, event: SortedTable.PageAsked) -> None:
        event.stop()
        if self._shown is not None:
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
        self._show_rows()
