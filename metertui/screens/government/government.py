"""The government screen: questions about many meters, and their answers as a chart and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.worker import Worker

from metertui.engine.core import LiveSnapshot
from metertui.engine.errors import MeterError
from metertui.engine.reports import CHARTS, COMPARES, MEASURES, Rule, SavedReport
from metertui.screens.fields import TypedLine
from metertui.screens.government import drill_down
from metertui.screens.government.answer_view import Answer, AnswerView, answer_question
from metertui.screens.government.question_form import QuestionForm, with_chart
from metertui.screens.government.readings_list import ReadingsScreen
from metertui.screens.government.saved_questions import SavedQuestionsScreen
from metertui.screens.government.tariff_replay import ReplayScreen
from metertui.screens.shell import Cancelled, GatedScreen, Steady, Work, export, show_progress
from metertui.screens.tables import SortedTable
from metertui.text import answers, fmt, message

T = TypeVar("T")

_PATIENCE: Final = 0.2
"""Seconds before the screen says that an answer is being worked out; most take less."""

_ROOMY: Final = 140
"""The width from which the form is shown beside the answer from the start."""


@dataclass(frozen=True, slots=True)
class _Level:
    """A question above the current one: its sort column and its row."""

    saved: SavedReport
    sort: str
    at: int


class GovernmentScreen(GatedScreen):
    """A question, the form that changes it, and its answer."""

    place = "government"
    roles = ("government", "operator")
    help_text = (
        "Usage of many meters. b opens the form: period, meters, breakdown, measure and comparison. Left and right "
        "change a field; enter lists its values. c, m and v change chart, measure and comparison directly.\n\n"
        "Enter drills down into a row, at last into its readings; escape goes back. r lists the readings behind a row "
        "at once, R those behind the whole answer. s sorts by the next column, S reverses the order. o opens a saved "
        "question, w saves this one. ctrl+e exports the table with its question to a .csv, .parquet or .xlsx file. "
        "Long work shows its progress, and escape cancels it. t replays the period under a proposed tariff: who would "
        "pay more and who less.\n\n"
        "Periods such as last month count from the day of the newest reading, not from today. A meter that moved "
        "counts in the region where it was at the time. For the role government, small groups are hidden (settings "
        "small_group_meters and small_group_share), with the cells that would reveal them; operators see them. This "
        "protects tables and exports, not Lookup, which anyone at this terminal can use."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "build", "Form"),
        Binding("r", "readings('row')", "Readings", tooltip="List the readings behind a row"),
        Binding("R", "readings('')", "All readings", show=False, tooltip="List the readings behind the answer"),
        Binding("c", "next_choice('chart')", "Chart"),
        Binding("m", "next_choice('measure')", "Measure", show=False),
        Binding("v", "next_choice('compare')", "Compare", show=False),
        Binding("o", "open", "Open", tooltip="Open a saved question"),
        Binding("w", "keep", "Save", show=False, tooltip="Save this question"),
        Binding("t", "replay", "Tariff", show=False, tooltip="Replay a proposed tariff"),
        Binding("ctrl+e", "export", "Export", priority=True),
        Binding("ctrl+r", "ask", "Run again", show=False, priority=True),
        Binding("escape", "back", "Back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._saved = SavedReport()
        self._levels: list[_Level] = []
        self._asking: Worker[None] | None = None
        self._question: Work | None = None
        """The question being worked out."""
        self._writing: Work | None = None
        """The export under way."""
        self._role = ""
        self._reach: tuple[date, date] | None = None

    def inside(self) -> ComposeResult:
        yield Steady(id="question")
        with Horizontal(id="desk"):
            yield QuestionForm(id="builder", classes="hidden")
            yield AnswerView(id="findings")
        yield TypedLine(id="line")

    @property
    def _view(self) -> AnswerView:
        return self.query_one(AnswerView)

    # -- asking --------------------------------------------------------------------------------------------------

    @property
    def _rule(self) -> Rule | None:
        """Return the rule for small groups for the current login; None if they may be seen."""
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
        """Start again if someone with another role has logged in on another screen."""
        role = self.desk.sessions.role
        if self._open and role in self.roles and role != self._role:
            self.entered()

    def entered(self) -> None:
        role = self.desk.sessions.role
        if role != self._role:  # one role must not see the answers of the other
            self._clear()
            self._role = role
        self.query_one(QuestionForm).set_class(self.size.width < _ROOMY, "hidden")
        self.set_focus(self.query_one(SortedTable))
        self.action_ask()

    def _clear(self) -> None:
        self._levels, self._saved = [], SavedReport()
        self._view.clear()

    def action_ask(self) -> None:
        """Ask the current question about the readings as they are now."""
        self._asking = self._ask(self._saved)

    @work(exclusive=True, group="government")
    async def _ask(self, saved: SavedReport, at: int = 0) -> None:
        """Ask a question, and cancel the one before if it is under way."""
        work = self._question = self.works.begin("Calculating the answer", self.place)
        spinner = self.set_timer(_PATIENCE, lambda: self._show_wait(work, saved))
        try:
            answer, self._reach = await self.headend.ask(answer_question, saved, self._rule, work.report_progress)
        except MeterError as error:
            self._end_wait(work)
            self.warn(str(error))
        else:
            self._end_wait(work)
            self._show(answer, at)
        finally:
            self.works.end(work)
            spinner.stop()
            self._end_wait(work)

    def _show_wait(self, work: Work, saved: SavedReport) -> None:
        """Say what is being worked out."""
        if self._question is work:
            engine = self.headend.engine
            stored = f"from {fmt.count(len(engine.readings))} readings of {fmt.count(len(engine.directory))} meters"
            self._view.show_wait(["Working out", answers.sentence(saved, None), stored], lambda: work.share)

    def _end_wait(self, work: Work) -> None:
        """End the wait for a question, unless another has replaced it."""
        if self._question is work:
            self._question = None
            self._view.end_wait()

    def _show(self, answer: Answer | None, at: int) -> None:
        self.query_one("#desk").set_class(answer is None, "hidden")
        if answer is None:
            self.set_focus(None)
            self._view.clear()
            self._describe()
            self.say("There are no readings yet. Press ctrl+r to look again.")
            return
        self._view.show_answer(answer, self._rule, at)
        if self.focused is None:
            self.query_one(SortedTable).focus()
        self._describe()

    def _describe(self) -> None:
        answer = self._view.answer
        deep = f"{' ›' * len(self._levels)} " if self._levels else ""
        said = answers.sentence(self._saved, answer.found if answer and answer.saved == self._saved else None)
        text = Text(f"{deep}", style="bold", no_wrap=True, overflow="ellipsis")
        text.append_text(message(said))
        self.query_one("#question", Steady).show(text)
        self._show_form()

    def _show_form(self) -> None:
        form = self.query_one(QuestionForm)
        if not form.has_class("hidden"):
            form.show_question(self._saved, self.headend.engine.directory.groups, single_meters=self._rule is None)

    # -- changing the question -------------------------------------------------------------------------------------

    def _change(self, saved: SavedReport) -> None:
        if saved.by != self._saved.by or saved.measure != self._saved.measure or saved.compare != self._saved.compare:
            self._view.sort = ""
        self._saved = saved
        self._describe()
        self.clear_message()
        self.action_ask()

    @on(QuestionForm.Changed)
    def _take_question(self, event: QuestionForm.Changed) -> None:
        self._change(event.saved)

    def action_build(self) -> None:
        """Open the form and focus it, or close it."""
        form = self.query_one(QuestionForm)
        if form.has_class("hidden"):
            form.remove_class("hidden")
            self._show_form()
            self.query_one("#table-side").set_class(self.size.width < 110, "hidden")  # the chart remains
            form.query_one("#period").focus()
        elif self.focused is not None and form in self.focused.ancestors:
            self._leave_form()
        else:
            form.query_one("#period").focus()

    def _leave_form(self) -> None:
        if self.size.width < _ROOMY:
            self.query_one(QuestionForm).add_class("hidden")
        self.query_one("#table-side").remove_class("hidden")
        self.query_one(SortedTable).focus()

    def action_next_choice(self, what: str) -> None:
        """Choose the next chart, measure or comparison."""
        if what == "chart":
            self._change(with_chart(self._saved, _after(CHARTS, self._saved.chart)))
        elif what == "measure":
            self._change(replace(self._saved, measure=_after(MEASURES, self._saved.measure)))
        else:
            self._change(replace(self._saved, compare=_after(COMPARES, self._saved.compare)))

    @on(SortedTable.RowSelected)
    def _drill_down(self) -> None:
        view = self._view
        at, answer = view.at, view.answer
        if answer is None or answer.saved != self._saved or at < 0:
            return
        question = answer.found.inquiry.question
        try:
            saved = drill_down.question_below(self._saved, question, view.keys_at(at), single_meters=self._rule is None)
        except drill_down.NoFinerLevel as error:
            if self._rule is None:
                self.action_readings("row")
            else:
                self.warn(str(error))
            return
        self._levels.append(_Level(self._saved, view.sort, at))
        self._change(saved)

    def action_readings(self, what: str) -> None:
        """List the readings behind the row under the cursor (`row`), or behind the whole answer."""
        view = self._view
        answer, at = view.answer, view.at
        if self._rule is not None:
            self.warn("Single readings would show one household: this role sees groups. Press b for another breakdown.")
        elif answer is None or answer.saved != self._saved or at < 0:
            self.warn("There is no answer yet. Wait for it, or press ctrl+r to run the question again.")
        else:
            question = answer.found.inquiry.question
            row = dict(zip(question.by, view.keys_at(at), strict=True)) if what else {}
            self.app.push_screen(ReadingsScreen(question, row))

    def action_back(self) -> None:
        """Go one step back: cancel an export, close the line, cancel a question, leave the form, or go up a level."""
        if self._writing is not None:
            self._writing.cancel()
            self.say(self._writing.status_line())
        elif self.query_one(TypedLine).asks:
            self._close_line()
        elif self._question is not None and self._asking is not None:
            self._question.cancel()
            self._asking.cancel()
            self._end_wait(self._question)
            self.say(
                "Cancelled. Press ctrl+r to run it again."
                if self._view.answer is None
                else "Cancelled. The answer shown is that of the previous question. Press ctrl+r to run the new one."
            )
        elif self.focused is not None and self.query_one(QuestionForm) in self.focused.ancestors:
            self._leave_form()
        elif self._levels:
            step = self._levels.pop()
            self._saved, self._view.sort = step.saved, step.sort
            self.clear_message()
            self._describe()
            self._asking = self._ask(step.saved, step.at)

    # -- saved questions --------------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Choose a saved question."""

        def opened(saved: SavedReport | None) -> None:
            if saved is not None:
                self._levels.clear()
                self._change(saved)

        self.app.push_screen(SavedQuestionsScreen(), opened)

    def action_keep(self) -> None:
        """Ask for a title and save the question."""
        self.query_one(TypedLine).ask("keep", "title of this question, then enter; escape cancels", self._saved.title)

    @work(exclusive=True, group="keep")
    async def _keep(self, title: str) -> None:
        saved = replace(self._saved, title=title)
        try:
            await self.headend.reports.save(saved, self.who)
        except MeterError as error:
            self.warn(str(error))
            return
        self._saved = saved
        if self._view.answer is not None:
            self._view.answer = self._view.answer.with_title_of(saved)
        self.say(f"Saved as “{title}”. Press o to open it again.")

    # -- the line of input -------------------------------------------------------------------------------------------

    def _close_line(self) -> None:
        self.query_one(TypedLine).close()
        self.clear_message()
        self.query_one(SortedTable).focus()

    @on(TypedLine.Typed)
    def _typed(self, event: TypedLine.Typed) -> None:
        answer = self._view.answer
        if event.what == "keep":
            self._close_line()
            self._keep(event.text)
        elif event.what == "replay" and answer is not None:
            self._close_line()
            question = answer.found.inquiry.question
            days = question.first, min(question.last, self._reach[1] if self._reach else question.last)
            file = Path(event.text).expanduser().absolute()
            self.app.push_screen(ReplayScreen(file, days, self._rule))
        elif event.what == "export" and answer is not None and self._writing is None:
            self._export(answer, self._view.sort, Path(event.text).expanduser().absolute())

    # -- a proposed tariff -------------------------------------------------------------------------------------------

    def action_replay(self) -> None:
        """Ask for the file of a proposed tariff."""
        if self._view.answer is None or self._view.answer.found.table.empty:
            self.warn("There is no usage in this period to replay.")
            return
        self.query_one(TypedLine).ask(
            "replay", "path of a proposed tariff, in the form of tariffs.csv; escape cancels", ""
        )

    # -- export ------------------------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Ask for the name of a file and export the table."""
        answer = self._view.answer
        if answer is None or answer.found.table.empty:
            self.warn("There is no table to export.")
        elif self._writing is not None:
            self.warn("An export is under way; escape cancels it.")
        else:
            question = answer.found.inquiry.question
            by = f"-by-{'-'.join(question.by)}" if question.by else ""
            name = f"usage-{question.first}-{question.last}{by}.csv"
            self.query_one(TypedLine).ask(
                "export", "file name ending in .csv, .parquet or .xlsx, then enter; escape cancels", name
            )
            self.say(f"The file will be written to the folder {Path.cwd()}. A name ending in .xlsx makes a workbook.")

    @work(exclusive=True, group="export")
    async def _export(self, answer: Answer, sort: str, path: Path) -> None:
        who = self.who
        self.say(f"Writing {path.name} …")
        try:
            with show_progress(self, f"Writing {path.name}") as self._writing:
                count = await export(
                    self.headend, answer.found, sort, self._rule, who, path, self._writing.report_progress
                )
        except Cancelled:
            self.say(f"Cancelled; {path.name} was not written.")
        except MeterError as error:
            self.warn(str(error))
        else:
            self._close_line()
            self.say(f"{fmt.counted(count, 'row')} written to {path}")
            self.headend.audit(
                who, "export", str(path), f"{fmt.counted(count, 'row')}: {answers.sentence(answer.saved, answer.found)}"
            )
        finally:
            self._writing = None


def _after(values: Sequence[T], value: T) -> T:
    return values[(values.index(value) + 1) % len(values)]
