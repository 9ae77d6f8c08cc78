"""The window with the readings behind an answer, or behind one row of its table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static
from textual.worker import Worker, get_current_worker

from metertui.engine.errors import MeterError
from metertui.engine.index import ReadingList
from metertui.engine.usage import JudgedList, Question
from metertui.screens.explain import ExplainScreen
from metertui.screens.fields import TypedLine, typed_path
from metertui.screens.government.list_table import ListTable
from metertui.screens.papers import SUFFIXES, Paper, as_file
from metertui.screens.shell import Cancelled, LastingWindow, Steady, Work, export_list, export_text, show_progress
from metertui.text import answer_words, answers, fmt, message, plain

_LOOK_SECONDS: Final = 1.0
"""How often the window looks whether readings have come, and whether the login still holds."""
_KEYS: Final = "/ filter · s S sort · ⏎ explain · l look up · b bill · ^e export · esc back"


class ReadingsScreen(LastingWindow):
    """A list of readings as of the moment when it was made. Escape cancels what is under way, then closes."""

    place = "government"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", key_display="esc"),
        Binding("l", "open('lookup')", "Lookup"),
        Binding("b", "open('billing')", "Bill"),
        Binding("x", "open('exceptions')", "Exceptions"),
        Binding("ctrl+e", "export", "Export", priority=True),
        Binding("ctrl+r", "find", "List again", priority=True),
    ]

    def __init__(self, question: Question, row: Mapping[str, str] | None = None) -> None:
        """List the readings of a question, or those of the row of its table that has these values of its keys."""
        super().__init__()
        self._question = question
        self._row = dict(row or {})
        self._role = ""
        self._listed = (0, 0)
        """When the list was made (µs UTC), and how many readings were stored then."""
        self._tells_state = False
        """Whether the line below the title shows the state of the list, and not something else."""
        self._every: ReadingList | None = None
        """The list without its filter, in the same order."""
        self._judged: JudgedList | None = None
        """Usage and status of all of them, once a filter was asked for and they are known."""
        self._judging: Worker[None] | None = None
        """Works them out, or has done so."""
        self._work: Work | None = None
        """The search, sorting or export under way."""

    @property
    def busy(self) -> bool:
        return self._work is not None

    def on_unmount(self) -> None:
        """Let go of the readings: a closed window refers to itself, and is freed late."""
        self._every = None
        self._forget_judged()

    def compose(self) -> ComposeResult:
        with Vertical(id="list"):
            yield Static(self._title(), id="list-title")
            yield Steady(id="list-state")
            yield ListTable(id="list-table")
            yield TypedLine(id="line")
            yield Static(Text(_KEYS, style="dim", no_wrap=True, overflow="ellipsis"), id="list-keys")

    def on_mount(self) -> None:
        self._role = self.desk.sessions.role
        self.query_one(ListTable).focus()
        self.set_interval(_LOOK_SECONDS, self._look)
        self.action_find()

    def _title(self) -> Text:
        text = Text("Readings  ", style="bold", no_wrap=True, overflow="ellipsis")
        return text.append_text(plain(answer_words.rows_sentence(self._question, self._row), style="not bold"))

    def _look(self) -> None:
        """Close the window when the login has ended, and say how many readings have come."""
        if self not in self.app.screen_stack:
            return  # it is kept while another screen is shown
        if self.desk.sessions.role != self._role:
            self.dismiss()
        elif self._tells_state and self._work is None:
            self.clear_message()

    # -- the line of the state -----------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Show a sentence in place of the state, until something else is done."""
        self._tells_state = False
        self.query_one("#list-state", Steady).show(message(fmt.with_moments(text)))

    def clear_message(self) -> None:
        """Show how many readings there are, in which order, and as of when."""
        found = self.query_one(ListTable).found
        if found is None:
            return
        at, stored = self._listed
        since = len(self.headend.engine.readings) - stored
        every = fmt.counted(len(found if self._every is None else self._every), "reading")
        some = f"{fmt.count(len(found))} of " if self.query_one(ListTable).filter_text else ""
        parts = [f"{some}{every}", answers.order_of_list(self.query_one(ListTable).sort)]
        parts.append(f"as of {fmt.moment(at, self.zone)}")
        if since > 0:
            parts.append(f"{fmt.count(since)} stored since")
        self.say(" · ".join(parts))
        self._tells_state = True

    # -- finding and sorting -------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """List the readings as they are now, in the present order."""
        if self._work is None:
            self._find()

    @work(exclusive=True, group="list")
    async def _find(self) -> None:
        table, engine = self.query_one(ListTable), self.headend.engine
        table.loading = table.found is None
        self._forget_judged()
        self.say("Finding the readings …")
        listed = engine.clock.now(), len(engine.readings)
        try:
            with show_progress(self, "Finding the readings") as work:
                self._work = work
                found = await self.headend.readings.find(self._question, self._row, work.report_progress)
                self._every, chosen, _ = await self.headend.readings.arrange_round(
                    found, table.sort, table.filter_text, None, work.report_progress
                )
        except Cancelled:
            self.say("Cancelled. ctrl+r lists again, escape goes back.")
        except MeterError as error:
            self.say(f"! {error}")
        else:
            self._listed = listed
            if table.filter_text:
                self._begin_to_judge()
            self._show(chosen, table.sort, table.cursor_row if table.found is not None else 0)
        finally:
            table.loading = False
            table.focus()
            self._end(work)

    @on(ListTable.SortAsked)
    def _sort_asked(self, event: ListTable.SortAsked) -> None:
        if self._work is None:
            self._arrange("Sorting", event.sort)

    @on(ListTable.FilterAsked)
    def _filter_asked(self, event: ListTable.FilterAsked) -> None:
        event.stop()
        self._arrange("Filtering", self.query_one(ListTable).sort)
        self._begin_to_judge()

    def _begin_to_judge(self) -> None:
        """Work out usage and status of all readings, once for all keys that are typed into the filter."""
        if self._judging is None and self._every is not None:
            self._judging = self._judge_all(self._every)

    @work(group="judge")
    async def _judge_all(self, every: ReadingList) -> None:
        """Judge all readings, and filter by usage and status as well then."""
        worker = get_current_worker()

        def check_wanted(_: float) -> None:
            if worker.is_cancelled:
                raise Cancelled

        self._judged = await self.headend.readings.judge_all(every, check_wanted)
        table = self.query_one(ListTable)
        if table.filter_text:
            self._arrange("Filtering", table.sort)

    def _forget_judged(self) -> None:
        if self._judging is not None:
            self._judging.cancel()
        self._judging = self._judged = None

    @work(exclusive=True, group="list")
    async def _arrange(self, what: str, sort: str) -> None:
        """Show the readings in another order, or those that contain another text; the next key typed cancels that."""
        table, every = self.query_one(ListTable), self._every
        if every is None or table.found is None:
            return
        row = (
            table.found.row(table.cursor_row) if table.cursor_row > 0 else None
        )  # at the top, one wants to see the top
        try:
            with show_progress(self, what) as work:
                self._work = work
                text, judged = table.filter_text, self._judged
                more = None if judged is None or not text else judged.finder(text, fmt.status)
                ordered, chosen, cursor = await self.headend.readings.arrange_round(
                    every, sort, text, row, work.report_progress, more
                )
        except Cancelled:
            self.say("Cancelled; the list is as before.")
        else:
            self._every = ordered
            self._show(chosen, sort, cursor)
        finally:
            self._end(work)

    def _end(self, work: Work) -> None:
        """Forget work that has ended, unless other work has replaced it."""
        if self._work is work:
            self._work = None

    def _show(self, found: ReadingList, sort: str, cursor: int) -> None:
        every = found if self._every is None else self._every
        self.query_one(ListTable).show_list(found, sort, cursor, len(every))
        self.clear_message()

    @on(ListTable.PageAsked)
    def _page_asked(self, event: ListTable.PageAsked) -> None:
        found = self.query_one(ListTable).found
        if found is not None:
            self._judge(found, *event.rows)

    @work(exclusive=True, group="page")
    async def _judge(self, found: ReadingList, start: int, stop: int) -> None:
        table = self.query_one(ListTable)  # first: the window may be closed meanwhile
        table.take_page(found, start, await self.headend.readings.judge(found, start, stop))

    # -- keys ------------------------------------------------------------------------------------------------------

    async def action_open(self, place: str) -> None:
        """Show the meter of the reading under the cursor on another screen; the list is there again afterwards."""
        table = self.query_one(ListTable)
        if table.row_count:
            await self.desk.open_meter(place, table.meter_at(table.cursor_row))

    @on(ListTable.RowSelected)
    def _explain_interval(self, event: ListTable.RowSelected) -> None:
        """Explain the usage of the interval that ends at the selected reading."""
        found = self.query_one(ListTable).interval_at(event.row)
        if found is None:
            self.say("No interval ends at this reading: it is the first of its meter, or it is not counted.")
        else:
            self.app.push_screen(ExplainScreen(*found))

    def action_back(self) -> None:
        """Cancel what is under way, else close the line for the file name, else the window."""
        line = self.query_one(TypedLine)
        if self._work is not None:
            self._work.cancel()
            self.say(self._work.status_line())
        elif line.asks:
            self._close_line()
        else:
            self.dismiss()

    def _close_line(self) -> None:
        self.query_one(TypedLine).close()
        self.query_one(ListTable).focus()

    # -- export ----------------------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Ask for the name of a file and export the list."""
        found = self.query_one(ListTable).found
        if not found:
            self.say("There are no readings to export.")
        elif self._work is not None:
            self.say("Something else is under way; escape cancels it.")
        else:
            name = f"readings-{self._question.first}-{self._question.last}.csv"
            hint = "name ending in .csv, .parquet, .xlsx, .svg or .txt, then enter; escape cancels"
            self.query_one(TypedLine).ask("export", hint, name)

    @on(TypedLine.Typed)
    def _typed(self, event: TypedLine.Typed) -> None:
        found = self.query_one(ListTable).found
        if found and self._work is None:
            self._export(found, typed_path(event.text))

    @work(exclusive=True, group="export")
    async def _export(self, found: ReadingList, path: Path) -> None:
        table, who = self.query_one(ListTable), self.who
        what = answer_words.rows_sentence(self._question, self._row)
        asked = answers.list_definition(self._question, self._row, table.sort, self.zone)
        asked["asked_at"] = self.zone.iso(self.headend.engine.clock.now())
        if table.filter_text:
            asked["containing"] = table.filter_text
        try:
            with show_progress(self, f"Writing {path.name}") as self._work:
                if path.suffix in SUFFIXES:
                    paper = Paper(what, asked, [await table.part(found)])
                    await export_text(path, as_file(paper, path.suffix))
                else:
                    await export_list(self.headend, found, asked, path, self._work.report_progress)
        except Cancelled:
            self.say(f"Cancelled; {path.name} was not written.")
        except MeterError as error:
            self.say(f"! {error}")
        else:
            self._close_line()
            self.say(f"{fmt.counted(len(found), 'reading')} written to {path}")
            self.headend.audit(who, "export", str(path), f"{fmt.counted(len(found), 'reading')}: {what}")
        finally:
            self._work = None
