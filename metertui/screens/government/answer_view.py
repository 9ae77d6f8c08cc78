"""The view of an answer about many meters: its total in a line, a chart, and a table by pages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final

import pandas as pd
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.markup import escape
from textual.widget import Widget

from metertui.engine.base import Progress, SiteZone
from metertui.engine.columns import Frozen
from metertui.engine.reports import Findings, Rule, SavedReport, report
from metertui.screens.charts import NO_CURSOR, Picture, PictureView, picture
from metertui.screens.shell import OnDesk, Steady, Waiting
from metertui.screens.tables import MOST_COPIED, PAGE, SortedTable, copy_rows, matcher
from metertui.text import answers, message

_MAP: Final = 80
"""The width of a heat map of the week with three columns per hour."""
_BESIDE: Final = 110
"""The width from which chart and table are side by side."""
EXTREME: Final = 10
"""The rows of a table of the highest or the lowest ones."""
_EXTREMES: Final = ("", "top", "bottom")


@dataclass(frozen=True, eq=False)
class Answer:
    """A question with its findings and its chart."""

    saved: SavedReport
    found: Findings
    picture: Picture

    def with_title_of(self, saved: SavedReport) -> Answer:
        """Return this answer under the title of a saved question."""
        return replace(self, saved=saved)

    def drawn_as(self, saved: SavedReport, zone: SiteZone) -> Answer:
        """Return this answer with the chart of the same question. Any thread."""
        return replace(self, saved=saved, picture=picture(self.found, saved.chart, zone))


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
    found = report.answer_inquiry(frozen, saved.inquiry_of(frozen), rule, progress=progress)
    return Answer(saved, found, picture(found, saved.chart, zone)), (oldest, newest)


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
        self.extreme = ""
        """Which rows are shown: `top`, `bottom` or, if empty, all."""
        self._table: pd.DataFrame | None = None
        """The rows shown, in their order; None until there are any."""
        self._wanted = ""
        """What the rows shown contain; empty if it may be anything."""
        self._first_keys: tuple[str, ...] = ()
        """The keys of the row that the cursor was on when the answer was shown."""
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
        return -1 if self._table is None else self.query_one(SortedTable).place

    def clear(self) -> None:
        """Show nothing."""
        self.answer, self.sort, self._table, self.extreme = None, "", None, ""
        self.query_one(PictureView).show(None)
        self.query_one(SortedTable).show([], [])
        self.query_one("#summary", Steady).show("")
        self.show_current()

    def show_answer(self, answer: Answer, rule: Rule | None, at: int = 0) -> None:
        """Show an answer and the page of its table with row `at`. `rule` is the one that hid small groups."""
        self.answer, self._rule, self._table = answer, rule, None
        self._draw(answer.picture)
        self._show_table(at)

    def show_picture(self, answer: Answer) -> None:
        """Show another chart of the same answer."""
        self.answer = answer
        self._show_table(max(0, self.at))

    def _draw(self, shown: Picture) -> None:
        chart = self.query_one(PictureView)
        chart.border_title = escape(f"{shown.unit}, {shown.note}" if shown.note else shown.unit)
        chart.show(shown)
        self.set_class(shown.kind == "heat", "-heat")

    def _picture_of(self, answer: Answer, table: pd.DataFrame) -> Picture:
        """Return the chart of the rows that are shown. Of their shares, a part of the whole would be missing."""
        if len(table) == len(answer.found.table):
            return answer.picture
        chart = "bars" if answer.saved.chart == "shares" else answer.saved.chart
        drawn = picture(replace(answer.found, table=table.sort_index()), chart, self.zone)
        which = self._which_rows if self.extreme else f"{len(table)} rows"
        return drawn._replace(note=", ".join(filter(None, [drawn.note, f"{which} alone"])))

    @property
    def _which_rows(self) -> str:
        """Return in words which rows are shown where not all are."""
        return f"the {EXTREME} {'highest' if self.extreme == 'top' else 'lowest'}"

    def show_next_extreme(self) -> str:
        """Show the highest rows, the lowest ones, or all, in turn; return which: `top`, `bottom` or empty for all."""
        assert self.answer is not None
        if len(self.answer.found.table) > EXTREME:
            self.extreme = _EXTREMES[(_EXTREMES.index(self.extreme) + 1) % len(_EXTREMES)]
            self._show_table()
        return self.extreme

    @property
    def order_and_limit(self) -> tuple[str, int]:
        """Return the order in which the rows shown are found, and how many of the first they are; 0 for all."""
        if not self.extreme:
            return self.sort, 0
        assert self.answer is not None
        figure = answers.ranked_by(self.answer.found, self.sort)
        return f"{'-' * (self.extreme == 'top')}{figure}", EXTREME

    def _rows(self) -> pd.DataFrame:
        """Return the rows to show, in their order."""
        assert self.answer is not None
        if self.extreme:
            return answers.extreme(self.answer.found, self.sort, self.extreme, EXTREME)
        return answers.ordered(self.answer.found, self.sort)

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
            message(f"Dimmed: the answer to {answers.sentence(self.answer.saved, self.answer.found)}")
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
        assert self._table is not None
        return answers.keys_of(self.answer.found, self._table, at)

    def _show_table(self, at: int = 0) -> None:
        assert self.answer is not None
        rows = self._rows()
        if self._wanted:
            self._filter(self.answer, rows, at)
        else:
            self.workers.cancel_group(self, "filter")
            self._take_table(rows, self._picture_of(self.answer, rows), at)

    def _take_table(self, table: pd.DataFrame, drawn: Picture, at: int) -> None:
        self._table = table
        self._draw(drawn)
        self._show_page(at)
        self._first_keys = self.keys_at(self.at) if self.at >= 0 else ()

    @work(exclusive=True, group="filter")
    async def _filter(self, answer: Answer, table: pd.DataFrame, at: int) -> None:
        """Show the rows that contain the text of the filter, which are sought and drawn in a thread."""
        ended = threading.Event()
        contains = matcher(self._wanted)

        def sought() -> tuple[pd.DataFrame, Picture]:
            found = answers.containing(answer.found, table, self.zone, contains, ended.is_set)
            return found, answer.picture if ended.is_set() else self._picture_of(answer, found)

        try:
            found, drawn = await asyncio.to_thread(sought)
        finally:
            ended.set()
        if self.answer is not None and self.answer.found is answer.found:
            self._take_table(found, drawn, at)

    @on(SortedTable.FilterAsked)
    def _filtered(self, event: SortedTable.FilterAsked) -> None:
        event.stop()
        self._wanted = event.text
        if self.answer is not None:
            self._show_table()

    def _show_page(self, at: int) -> None:
        assert self.answer is not None
        assert self._table is not None
        at = max(0, min(at, len(self._table) - 1))
        first = at // PAGE * PAGE
        columns, cells = answers.page(self.answer.found, self._table.iloc[first : first + PAGE], self.zone)
        table = self.query_one(SortedTable)
        feet = answers.feet(self.answer.found, self._table, self.zone)
        table.show(columns, cells, self.sort, first, len(self._table), feet, len(self.answer.found.table))
        table.move_cursor_to(at)
        self._arrange()
        summary = answers.summary(self.answer.found, self._rule)
        if self.extreme:
            summary += f" · {self._which_rows} shown, n for others"
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
            most = room - _MAP if self.has_class("-heat") else room * 2 // 3
            side.styles.width = max(34, min(self.query_one(SortedTable).needed_width, most))

    def on_resize(self) -> None:
        self._arrange()

    # -- one cursor on chart and table ---------------------------------------------------------------------------------

    @on(SortedTable.RowHighlighted)
    def _point_at_row(self) -> None:
        """Point at the row under the cursor in the chart, once the cursor has been moved."""
        chart = self.query_one(PictureView)
        if self.answer is None or chart.picture is None or self.at < 0 or chart.has_focus:
            return
        keys = self.keys_at(self.at)
        if (place := chart.picture.cells.get(keys)) and (keys != self._first_keys or chart.is_pointing):
            chart.point_at(*place)

    @on(PictureView.CursorMoved)
    def _go_to_row(self, event: PictureView.CursorMoved) -> None:
        """Go to the first row of the table that is under the cursor of the chart."""
        event.stop()
        chart = event.chart
        if self.answer is None or self._table is None or chart.picture is None:
            return
        cells, wanted = chart.picture.cells, (chart.cursor, chart.across)
        by = self.answer.found.inquiry.question.by
        for at, keys in enumerate(self._table[list(by)].itertuples(index=False, name=None) if by else [()]):
            label, series = cells.get(keys, (NO_CURSOR, NO_CURSOR))
            if label == wanted[0] and wanted[1] in (NO_CURSOR, series):
                if at // PAGE != self.at // PAGE:
                    self._show_page(at)
                self.query_one(SortedTable).move_cursor_to(at)
                return

    @on(SortedTable.CopyAsked)
    def _copy(self, event: SortedTable.CopyAsked) -> None:
        """Copy the rows of all pages, as far as a clipboard has room."""
        event.stop()
        if self.answer is not None and self._table is not None:
            columns, cells = answers.page(self.answer.found, self._table.head(MOST_COPIED), self.zone)
            copy_rows(self.query_one(SortedTable), [each.title for each in columns], cells, len(self._table))

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
