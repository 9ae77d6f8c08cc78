"""The government screen: questions about many meters, and their answers as a chart and a table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from textual import on, work
from textual.binding import Binding, BindingType

from metertui.engine.errors import MeterError
from metertui.engine.reports import COMPARES, MEASURES, SavedReport
from metertui.screens.charts import next_chart, what_others_need
from metertui.screens.fields import TypedLine, typed_path
from metertui.screens.government import drill_down
from metertui.screens.government.answer import EXTREME, Answer, answer_paper
from metertui.screens.government.answer_view import AnswerView
from metertui.screens.government.asking import AskingScreen, Level
from metertui.screens.government.question_form import QuestionForm
from metertui.screens.government.readings_list import ReadingsScreen
from metertui.screens.government.saved_questions import SavedQuestionsScreen
from metertui.screens.government.tariff_replay import ReplayScreen
from metertui.screens.papers import SUFFIXES
from metertui.screens.shell import Cancelled, CommandScreen, export, show_progress
from metertui.screens.tables import SortedTable
from metertui.text import NO_READINGS, answer_words, answers, fmt, query_line

T = TypeVar("T")

_HIDES_NOTHING: Final = "The command hides no small groups: whoever may read the folder may see them."
_NO_ANSWER: Final = "There is no answer yet. Wait for it, or press ctrl+r to run the question again."


class GovernmentScreen(AskingScreen):
    """A question, the form that changes it, and its answer."""

    help_text = (
        "Usage of many meters. f opens the form: period, meters, breakdown, measure and comparison. Left and right "
        "change a field; enter lists its values. c goes through the charts that can draw the question, m and v change "
        "measure and comparison directly. □ marks a period that is not over, that the question cuts or that has a "
        "gap, also one before. While another question is worked out, the answer before it is dimmed.\n\n"
        "Enter drills down into a row, at last into its readings; escape goes back. r lists the readings behind a row "
        "at once, R those behind the whole answer; of the row of a meter, l opens Lookup, b its bill, x its "
        "exceptions. s sorts by the next column, S reverses the order, n shows the ten highest rows, the ten lowest, "
        "or all. tab goes to the chart, whose cursor is that of the table; the keys of the table work there too. The "
        "small line of each row is its use per day over time; its heading says by what. It runs from 0 to its own "
        "highest, or from its own lowest if that is above half of the highest; the steadier a row, the flatter its "
        "line, and ▁ is 0 alone. K keeps the question, o opens one, also from a file; q shows the command line that "
        "gives the same answer. ctrl+e exports the table with its question to a .csv, .parquet or .xlsx file, or with "
        "its chart to a picture (.svg) or text (.txt). Long work shows its progress, and escape cancels it. t replays "
        "the period under a proposed tariff: who would pay more and who less.\n\n"
        "Periods such as last month count from the day of the newest reading, not from today. A meter that moved "
        "counts in the region where it was at the time. Mean and median are of whole periods. For the role "
        "government, small groups are hidden (settings small_group_meters and small_group_share), with the cells that "
        "would reveal them; operators see them. This protects tables and exports, not Lookup, which anyone at this "
        "terminal can use."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc"),
        Binding("f", "build", "Form"),
        Binding("r", "readings('row')", "Readings", tooltip="List the readings behind a row"),
        Binding("R", "readings('')", "All readings", show=False, tooltip="List the readings behind the answer"),
        Binding("l", "meter('lookup')", "Lookup", tooltip="Show the meter of a row in Lookup"),
        Binding("b", "meter('billing')", "Bill", show=False, tooltip="Show the bill of the meter of a row"),
        Binding("x", "meter('exceptions')", "Exceptions", show=False, tooltip="Show the exceptions of its meter"),
        Binding("c", "next_choice('chart')", "Chart"),
        Binding("m", "next_choice('measure')", "Measure", show=False),
        Binding("n", "extreme", "Top and bottom", show=False, tooltip="Show the ten highest or lowest rows"),
        Binding("v", "next_choice('compare')", "Compare", show=False),
        Binding("o", "open", "Open", tooltip="Open a saved question, or one from a file"),
        Binding("K,w", "keep", "Keep", show=False, key_display="K", tooltip="Keep this question under a title"),
        Binding("q", "command", "Command", show=False, tooltip="Show the command line of this answer"),
        Binding("t", "replay", "Tariff", show=False, tooltip="Replay a proposed tariff"),
        Binding("ctrl+e", "export", "Export", priority=True),
        Binding("ctrl+r", "ask", "Run again", show=False, priority=True),
    ]

    def key_name(self, action: str, name: str) -> str:
        """Return the name of a key for the line of keys: going back, and readings, where one can have them."""
        if action == "readings('row')" and self._rule is not None:
            return ""
        return name if action != "back" or self._levels or self._form_is_open else ""

    @property
    def _form_is_open(self) -> bool:
        return not self.query_one(QuestionForm).has_class("hidden")

    # -- changing the question -------------------------------------------------------------------------------------

    def _change(self, saved: SavedReport) -> None:
        if saved.by != self._saved.by or saved.measure != self._saved.measure or saved.compare != self._saved.compare:
            self._view.sort = self._view.extreme = ""
        self._saved = saved
        self._show_form()  # the title stays that of the answer below until one sees that it takes time
        self.clear_message()
        if self._is_answered and self._question is None:
            self._draw(saved)
        else:
            self.action_ask()

    @work(exclusive=True, group="draw")
    async def _draw(self, saved: SavedReport) -> None:
        """Draw another chart of the answer shown."""
        answer = self._view.answer
        if answer is not None:
            drawn = await asyncio.to_thread(answer.drawn_as, saved, self.zone)
            if answer is self._view.answer:
                self._view.show_picture(drawn)

    @on(QuestionForm.Changed)
    def _take_question(self, event: QuestionForm.Changed) -> None:
        self._change(event.saved)

    def action_build(self) -> None:
        """Open the form and focus it, or close it."""
        form = self.query_one(QuestionForm)
        if self.query_one("#desk").has_class("hidden"):
            self.warn(NO_READINGS)
        elif form.has_class("hidden"):
            form.remove_class("hidden")
            self._show_form()
            self.query_one("#table-side").set_class(self.size.width < 110, "hidden")  # the chart remains
            self._view.set_class(self.size.width < 110, "-alone")
            form.query_one("#period").focus()
        elif self.focused is not None and form in self.focused.ancestors:
            self._leave_form()
        else:
            form.query_one("#period").focus()

    def _leave_form(self) -> None:
        self.query_one(QuestionForm).add_class("hidden")
        self.query_one("#table-side").remove_class("hidden")
        self._view.remove_class("-alone")
        self.query_one(SortedTable).focus()

    def action_next_choice(self, what: str) -> None:
        """Choose the next chart, measure or comparison."""
        if what == "chart":
            saved = self._saved
            chart = next_chart(saved.chart, saved.by, saved.measure)
            self._change(replace(saved, chart=chart))
            if chart == saved.chart:
                self.say(f"There is no other chart for this question: {what_others_need(saved.by, saved.measure)}.")
        elif what == "measure":
            self._change(replace(self._saved, measure=_after(MEASURES, self._saved.measure)))
        else:
            self._change(replace(self._saved, compare=_after(COMPARES, self._saved.compare)))

    @on(SortedTable.RowSelected)
    def _drill_down(self) -> None:
        view = self._view
        at, answer = view.at, view.answer
        if answer is None or not self._is_answered or at < 0:
            self.warn(_NO_ANSWER)
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
        name = drill_down.step_name(question, view.keys_at(at))
        self._levels.append(Level(self._saved, view.sort, view.extreme, at, name))
        self._drilled = saved
        self._change(saved)

    def action_extreme(self) -> None:
        """Show the ten highest rows, the ten lowest, or all, in turn."""
        answer = self._view.answer
        if answer is None or not self._is_answered:
            self.warn(_NO_ANSWER)
        elif answer.found.table[answers.ranked_by(answer.found, self._view.sort)].isna().all():
            self.warn("No row has a figure to be ranked by.")
        elif not self._view.show_next_extreme() and len(answer.found.table) <= EXTREME:
            self.say(f"All of {fmt.counted(len(answer.found.table), 'row')} are shown.")

    def action_command(self) -> None:
        """Show the command line that gives the answer shown."""
        answer = self._view.answer
        if answer is None or not self._is_answered:
            self.warn(_NO_ANSWER)
            return
        line = query_line(
            self.desk.command, str(self.headend.engine.folder), answer.found.inquiry, *self._view.order_and_limit
        )

        def copied(done: bool | None) -> None:
            if done:
                self.say("Copied the command line.")

        self.app.push_screen(CommandScreen(line, "" if self._rule is None else _HIDES_NOTHING), copied)

    def action_readings(self, what: str) -> None:
        """List the readings behind the row under the cursor (`row`), or behind the whole answer."""
        view = self._view
        answer, at = view.answer, view.at
        if self._rule is not None:
            self.warn("Single readings would show one household: this role sees groups. Press f for another breakdown.")
        elif answer is None or not self._is_answered or at < 0:
            self.warn(_NO_ANSWER)
        else:
            question = answer.found.inquiry.question
            row = dict(zip(question.by, view.keys_at(at), strict=True)) if what else {}
            self.app.push_screen(ReadingsScreen(question, row))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the other screens on the row of a meter."""
        return bool(self._meter) if action == "meter" else super().check_action(action, parameters)

    @property
    def _meter(self) -> str:
        """Return the meter of the row under the cursor; "" if the row is not about one."""
        if not self.query(AnswerView):
            return ""
        view = self._view
        if view.answer is None or not self._is_answered or view.at < 0:
            return ""
        return dict(zip(view.answer.found.inquiry.question.by, view.keys_at(view.at), strict=True)).get("meter", "")

    async def action_meter(self, place: str) -> None:
        """Show the meter of the row under the cursor on another screen, from which escape comes back."""
        if self._meter:
            await self.desk.open_meter(place, self._meter)

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
            self._end_wait()
            self.say("Cancelled. Press ctrl+r to run it again.")
        elif self.focused is not None and self.query_one(QuestionForm) in self.focused.ancestors:
            self._leave_form()
        elif self._levels:
            step = self._levels.pop()
            self._drilled = step.saved
            self._saved, self._view.sort, self._view.extreme = step.saved, step.sort, step.extreme
            self.clear_message()
            self._show_form()
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
        if self.read_only:
            self.warn(self.read_only)
            return
        self.query_one(TypedLine).ask("keep", "what to call this question; escape cancels", self._saved.title)

    @work(exclusive=True, group="keep")
    async def _keep(self, title: str) -> None:
        saved = replace(self._saved, title=title)
        try:
            await self.headend.reports.save(saved, self.who)
        except MeterError as error:
            self.warn(str(error))
            return
        answer = self._view.answer
        if answer is not None and self._is_answered:
            self._view.answer = answer.with_title_of(saved)
        self._saved = saved
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
            file = typed_path(event.text)
            self.app.push_screen(ReplayScreen(file, days, self._rule))
        elif event.what == "export" and answer is not None and self._writing is None:
            self._export(answer, self._view.sort, typed_path(event.text))

    # -- a proposed tariff -------------------------------------------------------------------------------------------

    def action_replay(self) -> None:
        """Ask for the file of a proposed tariff."""
        answer = self._view.answer
        if answer is None or answer.found.table.empty:
            self.warn("There is no usage in this period to replay.")
            return
        if not self._is_answered:
            self.warn(_NO_ANSWER)
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
        elif not self._is_answered:
            self.warn(_NO_ANSWER)
        elif self._writing is not None:
            self.warn("An export is under way; escape cancels it.")
        else:
            question = answer.found.inquiry.question
            by = f"-by-{'-'.join(question.by)}" if question.by else ""
            name = f"usage-{question.first}-{question.last}{by}.csv"
            self.query_one(TypedLine).ask(
                "export", "name ending in .csv, .parquet, .xlsx, .svg or .txt, then enter; escape cancels", name
            )
            self.say(f"The file will be written to the folder {Path.cwd()}. A name ending in .svg makes a picture.")

    @work(exclusive=True, group="export")
    async def _export(self, answer: Answer, sort: str, path: Path) -> None:
        who, draw = self.who, None
        if path.suffix in SUFFIXES:
            now = self.headend.engine.clock.now()
            draw = partial(answer_paper, answer.saved, sort, self._rule, who, now, self.zone, path.suffix)
        self.say(f"Writing {path.name} …")
        try:
            with show_progress(self, f"Writing {path.name}") as self._writing:
                count = await export(
                    self.headend, answer.found, sort, self._rule, who, path, self._writing.report_progress, draw
                )
        except Cancelled:
            self.say(f"Cancelled; {path.name} was not written.")
        except MeterError as error:
            self.warn(str(error))
        else:
            self._close_line()
            self.say(f"{fmt.counted(count, 'row')} written to {path}")
            asked = answer_words.sentence(answer.saved, answer.found)
            self.headend.audit(who, "export", str(path), f"{fmt.counted(count, 'row')}: {asked}")
        finally:
            self._writing = None


def _after(values: Sequence[T], value: T) -> T:
    return values[(values.index(value) + 1) % len(values)]
