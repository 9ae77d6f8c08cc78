"""Government: questions about many meters, put together by keys, and their answers as a chart and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import ClassVar, Final, TypeVar

import pandas as pd
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Input
from textual.worker import Worker

from metertui.engine import inquiry
from metertui.engine.columns import Frozen
from metertui.engine.counters import LiveSnapshot
from metertui.engine.disclosure import Rule
from metertui.engine.errors import MeterError
from metertui.engine.inquiry import COMPARES, MEASURES, Findings
from metertui.engine.saved import CHARTS, Saved
from metertui.screens import answers, drill, fmt
from metertui.screens.exporting import export
from metertui.screens.pictures import Picture, picture
from metertui.screens.plain import message
from metertui.screens.questions import QuestionsScreen
from metertui.screens.replay import ReplayScreen
from metertui.screens.widgets.builder import Builder, charted
from metertui.screens.widgets.login import GatedScreen
from metertui.screens.widgets.picture import PictureView
from metertui.screens.widgets.sorted_table import PAGE, SortedTable
from metertui.screens.widgets.steady import Steady

T = TypeVar("T")

_PATIENCE: Final = 0.2
"""Seconds that an answer may take before there is a spinner: most are there sooner."""

_MAP: Final = 80
"""Columns that a map of the week takes with three to an hour."""
_ROOMY: Final = 140
"""Columns from which on the form stands beside the answer from the start."""


@dataclass(frozen=True, eq=False)
class _Answer:
    """What a question gave, as it is shown."""

    saved: Saved
    found: Findings
    picture: Picture


@dataclass(frozen=True, slots=True)
class _Step:
    """Where one was before going deeper."""

    saved: Saved
    sort: str
    at: int


class GovernmentScreen(GatedScreen):
    """A question, the form that it is put together in, and its answer."""

    place = "government"
    roles = ("government", "operator")
    explains = (
        "Usage of many meters. b opens the form: when, which meters, by what the answer is broken down, what is "
        "measured and what it is compared with; left and right change a field, enter lists what it can be. c, m and v "
        "change chart, measure and comparison without it.\n\n"
        "Enter on a row goes deeper into it, escape comes back. s sorts by the next column, S the other way round. "
        "o opens a question that was kept, w keeps this one. ctrl+e writes the table to a .csv, .parquet or .xlsx, "
        "with what was asked. t replays the period under a proposed tariff: who would pay more, who less.\n\n"
        "Named periods are counted back from the newest reading. A meter that moved counts where it stood at the time. "
        "For the role government, small groups are hidden (settings small_group_meters and small_group_share), and so "
        "is what would give them away; operators see them."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "build", "Build"),
        Binding("c", "turn('chart')", "Chart"),
        Binding("m", "turn('measure')", "Measure", show=False),
        Binding("v", "turn('compare')", "Compare", show=False),
        Binding("o", "open", "Open"),
        Binding("w", "keep", "Keep", show=False),
        Binding("t", "replay", "Tariff", show=False),
        Binding("ctrl+e", "export", "Export", priority=True),
        Binding("ctrl+r", "ask", "Ask again", show=False, priority=True),
        Binding("escape", "back", "Back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._saved = Saved()
        self._sort = ""
        self._answer: _Answer | None = None
        self._table: pd.DataFrame | None = None
        self._trail: list[_Step] = []
        self._asking: Worker[None] | None = None
        self._waiting = False
        self._line = ""
        self._role = ""
        self._reach: tuple[date, date] | None = None

    def inside(self) -> ComposeResult:
        yield Steady(id="question")
        with Horizontal(id="desk"):
            yield Builder(id="builder", classes="hidden")
            with Vertical(id="findings"):
                yield Steady(id="summary")
                with Container(id="answer"):
                    yield PictureView(id="government-chart")
                    with Vertical(id="table-side"):
                        yield SortedTable(id="government-table")
        with Horizontal(id="line", classes="hidden"):
            yield Input(id="line-text", compact=True)

    # -- asking --------------------------------------------------------------------------------------------------

    @property
    def _rule(self) -> Rule | None:
        """What small groups are, for who is logged in; None where they may be seen."""
        settings = self.desk.settings
        if self.desk.sessions.role == "operator" or not settings.small_group_meters:
            return None
        return Rule(settings.small_group_meters, settings.small_group_share)

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        self._follow_role()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._follow_role()

    def _follow_role(self) -> None:
        """Someone of another role may have logged in at another screen's gate."""
        role = self.desk.sessions.role
        if self._open and role in self.roles and role != self._role:
            self.entered()

    def entered(self) -> None:
        role = self.desk.sessions.role
        if role != self._role:  # what one role saw is not for the other
            self._forget()
            self._role = role
        self.query_one(Builder).set_class(self.size.width < _ROOMY, "hidden")
        self.query_one(SortedTable).focus()
        self.action_ask()

    def _forget(self) -> None:
        self._answer, self._table, self._trail, self._sort = None, None, [], ""
        self._saved = Saved()
        self.query_one(PictureView).show(None)
        self.query_one(SortedTable).show([], [])
        self.query_one("#summary", Steady).show("")

    def action_ask(self) -> None:
        """Ask the question that is put together, of the readings as they are now."""
        self._asking = self._ask(self._saved)

    @work(exclusive=True, group="government")
    async def _ask(self, saved: Saved, at: int = 0) -> None:
        self._waiting = True
        spinner = self.set_timer(_PATIENCE, self._spin)
        try:
            answer = await self.headend.ask(_answered, saved, self._rule)
        except MeterError as error:
            self.warn(str(error))
        else:
            self._reach = answer[1]
            self._show(answer[0], at)
        finally:
            spinner.stop()
            if self._asking is None or self._asking.is_finished or self._saved == saved:
                self._wait_no_more()

    def _spin(self) -> None:
        if self._waiting:
            self.query_one(PictureView).loading = True  # the table keeps the keys meanwhile

    def _wait_no_more(self) -> None:
        self._waiting = False
        chart = self.query_one(PictureView)
        if chart.loading:
            chart.loading = False

    def _show(self, answer: _Answer | None, at: int) -> None:
        self._answer = answer
        self.query_one("#desk").set_class(answer is None, "hidden")
        self._describe()
        if answer is None:
            self.say("Nothing is stored yet, so there is nothing to ask about. Ctrl+R looks again.")
            return
        chart = self.query_one(PictureView)
        chart.border_title = answer.picture.unit + (f", {answer.picture.note}" if answer.picture.note else "")
        chart.show(answer.picture)
        self._show_table(at)

    def _show_table(self, at: int = 0) -> None:
        """The rows in their order, and of them the page that row `at` is on."""
        assert self._answer is not None
        self._table = answers.ordered(self._answer.found, self._sort)
        self._show_page(at)

    def _show_page(self, at: int) -> None:
        assert self._answer is not None
        assert self._table is not None
        at = max(0, min(at, len(self._table) - 1))
        first = at // PAGE * PAGE
        columns, cells = answers.page(self._answer.found, self._table.iloc[first : first + PAGE], self.zone)
        table = self.query_one(SortedTable)
        table.show(columns, cells, self._sort, first, len(self._table))
        table.point(at)
        self._share_out()
        self._describe()

    def _share_out(self) -> None:
        """Side by side, the table takes what it needs, up to the half, and the chart what is left."""
        side = self.query_one("#table-side")
        if self.size.width < 110:
            side.styles.width = None
        else:
            form = 0 if self.query_one(Builder).has_class("hidden") else 38
            room = self.size.width - form
            most = room - _MAP if self._saved.chart == "heat" else room * 3 // 5
            side.styles.width = max(34, min(self.query_one(SortedTable).needs, most))

    def on_resize(self) -> None:
        if self._answer is not None:
            self._share_out()

    def _describe(self) -> None:
        answer = self._answer
        deep = f"{' ›' * len(self._trail)} " if self._trail else ""
        said = answers.sentence(self._saved, answer.found if answer and answer.saved == self._saved else None)
        text = Text(f"{deep}", style="bold", no_wrap=True, overflow="ellipsis")
        text.append_text(message(said))
        self.query_one("#question", Steady).show(text)
        summary = answers.summary(answer.found, self._rule) if answer else ""
        part = self.query_one(SortedTable).part
        self.query_one("#summary", Steady).show(message(f"{summary} · {part}" if part else summary))
        self._show_form()

    def _show_form(self) -> None:
        form = self.query_one(Builder)
        if not form.has_class("hidden"):
            form.show(self._saved, self.headend.engine.directory.groups, single_meters=self._rule is None)

    @on(SortedTable.PageAsked)
    def _turned(self, event: SortedTable.PageAsked) -> None:
        if self._table is not None:
            self._show_page(event.first)

    # -- changing the question -------------------------------------------------------------------------------------

    def _change(self, saved: Saved) -> None:
        if saved.by != self._saved.by or saved.measure != self._saved.measure or saved.compare != self._saved.compare:
            self._sort = ""
        self._saved = saved
        self._describe()
        self.hush()
        self.action_ask()

    @on(Builder.Changed)
    def _built(self, event: Builder.Changed) -> None:
        self._change(event.saved)

    def action_build(self) -> None:
        """Show the form, and go into it; or put it away."""
        form = self.query_one(Builder)
        if form.has_class("hidden"):
            form.remove_class("hidden")
            self._show_form()
            self.query_one("#table-side").set_class(self.size.width < 110, "hidden")  # the chart answers meanwhile
            form.query_one("#period").focus()
            self.on_resize()
        elif self.focused is not None and form in self.focused.ancestors:
            self._leave_form()
        else:
            form.query_one("#period").focus()

    def _leave_form(self) -> None:
        if self.size.width < _ROOMY:
            self.query_one(Builder).add_class("hidden")
        self.query_one("#table-side").remove_class("hidden")
        self.query_one(SortedTable).focus()
        self.on_resize()

    def action_turn(self, what: str) -> None:
        """The next chart, measure or comparison."""
        if what == "chart":
            self._change(charted(self._saved, _after(CHARTS, self._saved.chart)))
        elif what == "measure":
            self._change(replace(self._saved, measure=_after(MEASURES, self._saved.measure)))
        else:
            self._change(replace(self._saved, compare=_after(COMPARES, self._saved.compare)))

    @on(SortedTable.SortAsked)
    def _sorted(self, event: SortedTable.SortAsked) -> None:
        if self._answer is None:
            return
        if event.step:
            orders = answers.orders(self._answer.found.inquiry, compared=bool(self._answer.found.compared))
            bare = [order.removeprefix("-") for order in orders]
            name = self._sort.removeprefix("-")
            self._sort = orders[(bare.index(name) + 1) % len(orders) if name in bare else 0]
        elif self._sort:
            self._sort = self._sort.removeprefix("-") if self._sort.startswith("-") else f"-{self._sort}"
        self._show_table()

    @on(SortedTable.RowSelected)
    def _deeper(self) -> None:
        table = self.query_one(SortedTable)
        at = table.at
        if self._answer is None or self._answer.saved != self._saved or self._table is None or at < 0:
            return
        found = self._answer.found
        row = answers.keys_of(found, self._table, at)
        try:
            saved = drill.deeper(self._saved, found.inquiry.question, row, single_meters=self._rule is None)
        except MeterError as error:
            self.say(str(error))
            return
        self._trail.append(_Step(self._saved, self._sort, at))
        self._change(saved)

    def action_back(self) -> None:
        """Leave what is open, one thing at a time: the line, a question that takes long, the form, a level."""
        if self._line:
            self._close_line()
        elif self._waiting and self._asking is not None:
            self._asking.cancel()
            self._wait_no_more()
            self.say("Cancelled; the answer shown is of the question before. Ctrl+R asks this one again.")
        elif self.focused is not None and self.query_one(Builder) in self.focused.ancestors:
            self._leave_form()
        elif self._trail:
            step = self._trail.pop()
            self._saved, self._sort = step.saved, step.sort
            self.hush()
            self._describe()
            self._asking = self._ask(step.saved, step.at)

    # -- questions that are kept -------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Pick one of the questions that are kept."""

        def opened(saved: Saved | None) -> None:
            if saved is not None:
                self._trail.clear()
                self._change(saved)

        self.app.push_screen(QuestionsScreen(self.headend, self.desk.sessions.email), opened)

    def action_keep(self) -> None:
        """Ask for a title to keep the question under."""
        self._open_line("keep", "a title for this question, then enter; escape leaves", self._saved.title)

    @work(exclusive=True, group="keep")
    async def _keep(self, title: str) -> None:
        saved = replace(self._saved, title=title)
        try:
            await self.headend.keep_question(saved, self.desk.sessions.email)
        except MeterError as error:
            self.warn(str(error))
            return
        self._saved = saved
        if self._answer is not None:
            self._answer = replace(self._answer, saved=saved)
        self.say(f"Kept as “{title}”; o opens it again.")

    # -- a line to type on -------------------------------------------------------------------------------------------

    def _open_line(self, what: str, hint: str, value: str) -> None:
        self._line = what
        self.query_one("#line").remove_class("hidden")
        text = self.query_one("#line-text", Input)
        text.placeholder, text.value = hint, value
        text.focus()

    def _close_line(self) -> None:
        self._line = ""
        self.query_one("#line").add_class("hidden")
        self.query_one(SortedTable).focus()

    @on(Input.Submitted, "#line-text")
    def _typed(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if not text:
            return
        if self._line == "keep":
            self._close_line()
            self._keep(text)
        elif self._line == "replay" and self._answer is not None:
            self._close_line()
            question = self._answer.found.inquiry.question
            days = question.first, min(question.last, self._reach[1] if self._reach else question.last)
            file = Path(text).expanduser().absolute()
            self.app.push_screen(ReplayScreen(self.headend, file, days, self._rule))
        elif self._line == "export" and self._answer is not None:
            self._export(self._answer, Path(text).expanduser().absolute())

    # -- a proposed tariff -------------------------------------------------------------------------------------------

    def action_replay(self) -> None:
        """Ask for the file of a proposed tariff."""
        if self._answer is None or self._answer.found.table.empty:
            self.warn("There is no usage to replay.")
            return
        self._open_line("replay", "a proposed tariff, like tariffs.csv, then enter; escape leaves", "")

    # -- export ------------------------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Ask for a file to write the table to."""
        if self._answer is None or self._answer.found.table.empty:
            self.warn("There is no table to write.")
            return
        question = self._answer.found.inquiry.question
        by = f"-by-{'-'.join(question.by)}" if question.by else ""
        name = f"usage-{question.first}-{question.last}{by}.csv"
        self._open_line("export", "a file that ends in .csv, .parquet or .xlsx, then enter; escape leaves", name)

    @work(exclusive=True, group="export")
    async def _export(self, answer: _Answer, path: Path) -> None:
        who = self.desk.sessions.email
        self.say(f"Writing {path.name} …")
        try:
            count = await export(self.headend, answer.found, self._sort, self._rule, who, path)
        except MeterError as error:
            self.warn(str(error))
            return
        self._close_line()
        self.say(f"{fmt.count(count)} {'row' if count == 1 else 'rows'} written to {path}")
        self.headend.note(who, "export", str(path), f"{count} rows: {answers.sentence(answer.saved, answer.found)}")


def _answered(frozen: Frozen, saved: Saved, rule: Rule | None) -> tuple[_Answer | None, tuple[date, date] | None]:
    """A question's answer and its chart, and from which day to which there are readings; none without any."""
    if not len(frozen.curve):
        return None, None
    time, zone = frozen.curve.time, frozen.zone
    oldest, newest = zone.day(int(time.min()) - 1), zone.day(int(time.max()))
    found = inquiry.find(frozen, saved.inquiry(oldest, newest), rule)
    return _Answer(saved, found, picture(found, saved.chart, zone)), (oldest, newest)


def _after(values: Sequence[T], value: T) -> T:
    return values[(values.index(value) + 1) % len(values)]
