"""Government: questions about many meters, put together by keys, and their answers as a chart and a table."""

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
from metertui.engine.reports import CHARTS, COMPARES, MEASURES, Rule, Saved
from metertui.screens.fields import TypedLine
from metertui.screens.government import drill_down
from metertui.screens.government.answer_view import Answer, AnswerView, answered
from metertui.screens.government.question_form import Builder, charted
from metertui.screens.government.saved_questions import QuestionsScreen
from metertui.screens.government.tariff_replay import ReplayScreen
from metertui.screens.shell import Cancelled, GatedScreen, Steady, UnderWay, export, told
from metertui.screens.tables import SortedTable
from metertui.text import answers, fmt, message

T = TypeVar("T")

_PATIENCE: Final = 0.2
"""Seconds that an answer may take before the screen says that it is worked out: most are there sooner."""

_ROOMY: Final = 140
"""Columns from which on the form stands beside the answer from the start."""


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
        "with what was asked. What takes long says how far it is, and escape ends it. t replays the period under a "
        "proposed tariff: who would pay more, who less.\n\n"
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
        self._trail: list[_Step] = []
        self._asking: Worker[None] | None = None
        self._question: UnderWay | None = None
        """The question that is waited for."""
        self._writing: UnderWay | None = None
        """The file that is written."""
        self._role = ""
        self._reach: tuple[date, date] | None = None

    def inside(self) -> ComposeResult:
        yield Steady(id="question")
        with Horizontal(id="desk"):
            yield Builder(id="builder", classes="hidden")
            yield AnswerView(id="findings")
        yield TypedLine(id="line")

    @property
    def _view(self) -> AnswerView:
        return self.query_one(AnswerView)

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
        self.set_focus(self.query_one(SortedTable))
        self.action_ask()

    def _forget(self) -> None:
        self._trail, self._saved = [], Saved()
        self._view.forget()

    def action_ask(self) -> None:
        """Ask the question that is put together, of the readings as they are now."""
        self._asking = self._ask(self._saved)

    @work(exclusive=True, group="government")
    async def _ask(self, saved: Saved, at: int = 0) -> None:
        """Ask; the question before, if it is under way, is ended by this one."""
        work = self._question = UnderWay("Reckoning")
        spinner = self.set_timer(_PATIENCE, lambda: self._wait(work, saved))
        try:
            answer, self._reach = await self.headend.ask(answered, saved, self._rule, work.tell)
        except MeterError as error:
            self._waited(work)
            self.warn(str(error))
        else:
            self._waited(work)
            self._show(answer, at)
        finally:
            work.end()
            spinner.stop()
            self._waited(work)

    def _wait(self, work: UnderWay, saved: Saved) -> None:
        """Say what takes its time."""
        if self._question is work:
            engine = self.headend.engine
            stored = f"from {fmt.count(len(engine.readings))} readings of {fmt.count(len(engine.directory))} meters"
            self._view.wait(["Working out", answers.sentence(saved, None), stored], lambda: work.share)

    def _waited(self, work: UnderWay) -> None:
        """A question is waited for no more, unless another has taken its place."""
        if self._question is work:
            self._question = None
            self._view.waited()

    def _show(self, answer: Answer | None, at: int) -> None:
        self.query_one("#desk").set_class(answer is None, "hidden")
        if answer is None:
            self.set_focus(None)
            self._view.forget()
            self._describe()
            self.say("Nothing is stored yet, so there is nothing to ask about. Ctrl+R looks again.")
            return
        self._view.show(answer, self._rule, self.zone, at)
        if self.focused is None:
            self.query_one(SortedTable).focus()
        self._describe()

    def _describe(self) -> None:
        answer = self._view.answer
        deep = f"{' ›' * len(self._trail)} " if self._trail else ""
        said = answers.sentence(self._saved, answer.found if answer and answer.saved == self._saved else None)
        text = Text(f"{deep}", style="bold", no_wrap=True, overflow="ellipsis")
        text.append_text(message(said))
        self.query_one("#question", Steady).show(text)
        self._show_form()

    def _show_form(self) -> None:
        form = self.query_one(Builder)
        if not form.has_class("hidden"):
            form.show(self._saved, self.headend.engine.directory.groups, single_meters=self._rule is None)

    # -- changing the question -------------------------------------------------------------------------------------

    def _change(self, saved: Saved) -> None:
        if saved.by != self._saved.by or saved.measure != self._saved.measure or saved.compare != self._saved.compare:
            self._view.sort = ""
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
        elif self.focused is not None and form in self.focused.ancestors:
            self._leave_form()
        else:
            form.query_one("#period").focus()

    def _leave_form(self) -> None:
        if self.size.width < _ROOMY:
            self.query_one(Builder).add_class("hidden")
        self.query_one("#table-side").remove_class("hidden")
        self.query_one(SortedTable).focus()

    def action_turn(self, what: str) -> None:
        """The next chart, measure or comparison."""
        if what == "chart":
            self._change(charted(self._saved, _after(CHARTS, self._saved.chart)))
        elif what == "measure":
            self._change(replace(self._saved, measure=_after(MEASURES, self._saved.measure)))
        else:
            self._change(replace(self._saved, compare=_after(COMPARES, self._saved.compare)))

    @on(SortedTable.RowSelected)
    def _deeper(self) -> None:
        view = self._view
        at, answer = view.at, view.answer
        if answer is None or answer.saved != self._saved or at < 0:
            return
        question = answer.found.inquiry.question
        try:
            saved = drill_down.deeper(self._saved, question, view.keys_at(at), single_meters=self._rule is None)
        except MeterError as error:
            self.say(str(error))
            return
        self._trail.append(_Step(self._saved, view.sort, at))
        self._change(saved)

    def action_back(self) -> None:
        """Leave what is open, one thing at a time: a file that is written, the line, a long question, form, level."""
        if self._writing is not None:
            self._writing.end()
            self.say(self._writing.line())
        elif self.query_one(TypedLine).asks:
            self._close_line()
        elif self._question is not None and self._asking is not None:
            self._question.end()
            self._asking.cancel()
            self._waited(self._question)
            before = "" if self._view.answer is None else "; the answer shown is of the question before"
            self.say(f"Cancelled{before}. Ctrl+R asks this one again.")
        elif self.focused is not None and self.query_one(Builder) in self.focused.ancestors:
            self._leave_form()
        elif self._trail:
            step = self._trail.pop()
            self._saved, self._view.sort = step.saved, step.sort
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
            await self.headend.reports.save(saved, self.desk.sessions.email)
        except MeterError as error:
            self.warn(str(error))
            return
        self._saved = saved
        if self._view.answer is not None:
            self._view.answer = self._view.answer.named(saved)
        self.say(f"Kept as “{title}”; o opens it again.")

    # -- the line to type on -----------------------------------------------------------------------------------------

    def _open_line(self, what: str, hint: str, value: str) -> None:
        self.query_one(TypedLine).ask(what, hint, value)

    def _close_line(self) -> None:
        self.query_one(TypedLine).close()
        self.hush()
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
            self.app.push_screen(ReplayScreen(self.headend, file, days, self._rule))
        elif event.what == "export" and answer is not None and self._writing is None:
            self._export(answer, self._view.sort, Path(event.text).expanduser().absolute())

    # -- a proposed tariff -------------------------------------------------------------------------------------------

    def action_replay(self) -> None:
        """Ask for the file of a proposed tariff."""
        if self._view.answer is None or self._view.answer.found.table.empty:
            self.warn("There is no usage to replay.")
            return
        self._open_line("replay", "a proposed tariff, like tariffs.csv, then enter; escape leaves", "")

    # -- export ------------------------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Ask for a file to write the table to."""
        answer = self._view.answer
        if answer is None or answer.found.table.empty:
            self.warn("There is no table to write.")
        elif self._writing is not None:
            self.warn("A file is being written; escape cancels it.")
        else:
            question = answer.found.inquiry.question
            by = f"-by-{'-'.join(question.by)}" if question.by else ""
            name = f"usage-{question.first}-{question.last}{by}.csv"
            self._open_line("export", "a file that ends in .csv, .parquet or .xlsx, then enter; escape leaves", name)
            self.say(f"Enter writes it into {Path.cwd()}; a name in .xlsx makes a workbook. Escape leaves.")

    @work(exclusive=True, group="export")
    async def _export(self, answer: Answer, sort: str, path: Path) -> None:
        who = self.desk.sessions.email
        self.say(f"Writing {path.name} …")
        try:
            with told(self, f"Writing {path.name}") as self._writing:
                count = await export(self.headend, answer.found, sort, self._rule, who, path, self._writing.tell)
        except Cancelled:
            self.say(f"Cancelled; {path.name} was not written.")
        except MeterError as error:
            self.warn(str(error))
        else:
            self._close_line()
            self.say(f"{fmt.count(count)} {'row' if count == 1 else 'rows'} written to {path}")
            self.headend.audit(
                who, "export", str(path), f"{count} rows: {answers.sentence(answer.saved, answer.found)}"
            )
        finally:
            self._writing = None


def _after(values: Sequence[T], value: T) -> T:
    return values[(values.index(value) + 1) % len(values)]
