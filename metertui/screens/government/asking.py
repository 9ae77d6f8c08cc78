"""The half of the government screen that asks: which question is worked out, and whose answer is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.worker import Worker

from metertui.engine.core import LiveSnapshot
from metertui.engine.errors import MeterError
from metertui.engine.reports import Rule, SavedReport
from metertui.screens.fields import TypedLine
from metertui.screens.government.answer import Answer, answer_question
from metertui.screens.government.answer_view import AnswerView
from metertui.screens.government.drill_down import origin_name
from metertui.screens.government.question_form import QuestionForm, channels_of
from metertui.screens.shell import GatedScreen, Steady, Work, show_progress
from metertui.screens.tables import SortedTable
from metertui.text import NO_READINGS, answer_words, fmt, message

_PATIENCE: Final = 0.2
"""Seconds before the screen says that an answer is being worked out; most take less."""


@dataclass(frozen=True, slots=True)
class Level:
    """A question above the current one: the order and choice of its rows, its row, and the name of that."""

    saved: SavedReport
    sort: str
    extreme: str
    at: int
    name: str


class AskingScreen(GatedScreen):
    """Asks a question at a time. An answer stands under its own question, dimmed while that is not the one asked."""

    AUTO_FOCUS = ""  # Textual would focus a field of the form, which is hidden, while there is no answer
    place = "government"
    roles = ("government", "operator")

    def __init__(self) -> None:
        super().__init__()
        self._saved = SavedReport()
        self._levels: list[Level] = []
        self._drilled = SavedReport()
        """The question that the last step led to."""
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
        self.set_focus(self.query_one(SortedTable))
        self.action_ask()

    def _clear(self) -> None:
        self._levels, self._saved = [], SavedReport()
        self._view.clear()
        self._describe()

    def action_ask(self) -> None:
        """Ask the current question about the readings as they are now."""
        self._asking = self._ask(self._saved)

    @work(exclusive=True, group="government")
    async def _ask(self, saved: SavedReport, at: int = 0) -> None:
        """Ask a question, and cancel the one before if it is under way."""
        try:
            with show_progress(self, "Working out the answer") as work:
                self._question = work
                patience = self.set_timer(_PATIENCE, lambda: self._show_wait(work, saved))
                try:
                    answer, self._reach = await self.headend.ask(
                        answer_question, saved, self._rule, work.report_progress
                    )
                finally:
                    patience.stop()
        except MeterError as error:
            self._end_wait()
            self.warn(str(error))
        else:
            self._question = None
            self._view.end_wait()
            self._show(answer, at)

    def _show_wait(self, work: Work, saved: SavedReport) -> None:
        """Say what is being worked out, in place of the first answer or above the dimmed one of another question."""
        if self._question is not work:
            return
        if self._view.answer is None:
            engine = self.headend.engine
            stored = f"from {fmt.count(len(engine.readings))} readings of {fmt.count(engine.directory.meters)} meters"
            self._view.show_wait(["Working out", answer_words.sentence(saved, None), stored], lambda: work.share)
        self._describe()

    def _end_wait(self) -> None:
        """End the wait for a question that is not answered."""
        self._question = None
        self._view.end_wait()
        self._describe()

    def _show(self, answer: Answer | None, at: int) -> None:
        self.query_one("#desk").set_class(answer is None, "hidden")
        if answer is None:
            self.set_focus(None)
            self._view.clear()
            self._describe()
            self.say(NO_READINGS)
            return
        self._view.show_answer(answer, self._rule, at)
        if self.focused is None:
            self.query_one(SortedTable).focus()
        self._describe()

    def _describe(self) -> None:
        """Show the question that is asked. An answer to another one is dimmed, under its own question."""
        view = self._view
        answer, asked = view.answer, answer_words.sentence(self._saved, None)
        if answer is None or self._is_answered:
            view.show_current()
            asked = answer_words.sentence(self._saved, None if answer is None else answer.found)
        else:
            view.show_stale()
            asked = f"Working out {asked}" if self._question else f"Not worked out: {asked}. Press ctrl+r to run it."
        text = Text(no_wrap=True, overflow="ellipsis")
        if self._levels and self._saved.selects_same(self._drilled):
            steps = [origin_name(self._levels[0].saved), *(level.name for level in self._levels)]
            text.append(f"{' › '.join(steps)}\n", style="bold")
        text.append_text(message(asked if asked.startswith("kWh") else f"{asked[:1].upper()}{asked[1:]}"))
        self.query_one("#question", Steady).show(text)
        self._show_form()
        self.refresh_bindings()  # some keys are only for some answers

    @property
    def _is_answered(self) -> bool:
        """Return whether the answer shown is that of the question asked."""
        answer = self._view.answer
        return answer is not None and answer.saved.asks_same(self._saved)

    def _show_form(self) -> None:
        form = self.query_one(QuestionForm)
        if not form.has_class("hidden"):
            directory = self.headend.engine.directory
            form.show_question(
                self._saved, directory.groups, channels_of(directory.ids), single_meters=self._rule is None
            )
