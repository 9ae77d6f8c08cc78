"""Decisions about the cases of a list, and their undoing: checked, previewed, and made with a reason."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from textual import work

from metertui.engine.core import Decision, Effect
from metertui.engine.errors import MeterError
from metertui.engine.vee import Edit
from metertui.engine.worklist import ExceptionRow
from metertui.screens.decisions import PURPOSE, DecisionScreen, decision_choices
from metertui.screens.shell import DeskScreen, as_operator


class DecidingScreen(DeskScreen):
    """A screen with cases, some of which are selected."""

    @abstractmethod
    def selected_rows(self) -> list[ExceptionRow]:
        """Return the selected rows, or the one under the cursor if none is selected."""

    @abstractmethod
    async def members(self, row: ExceptionRow) -> Sequence[ExceptionRow]:
        """Return the cases that a row stands for."""

    @abstractmethod
    def after_decision(self) -> None:
        """Show the cases as they are after a decision."""

    def with_cases(self, do: Callable[[list[ExceptionRow]], None]) -> None:
        """Do something with the selected cases: those that the selected rows stand for."""
        rows = self.selected_rows()
        if all(row.count == 1 for row in rows):
            do(rows)
        else:
            self._with_members(rows, do)

    @work(exclusive=True, group="members")
    async def _with_members(self, rows: Sequence[ExceptionRow], do: Callable[[list[ExceptionRow]], None]) -> None:
        cases = [case for row in rows for case in await self.members(row)]
        if self.is_current:  # a window for them must not open over another screen, shown meanwhile
            do(cases)

    def action_decide(self, what: str) -> None:
        """Show what a decision about the selected cases would change, and ask for the reason."""
        self.with_cases(lambda rows: self._propose_for(what, rows))

    def _propose_for(self, what: str, rows: Sequence[ExceptionRow]) -> None:
        try:
            decisions = decision_choices.decisions(what, rows)
        except MeterError as error:
            if self.read_only:  # no other decision is made here either
                self.warn("This decision does not apply to the case, and this desk only reads.")
            else:
                self._refuse(error)
        else:
            as_operator(self.app, PURPOSE, lambda: self._propose(decisions))

    def action_undo(self) -> None:
        """Undo the decisions about the selected cases, or else the last decision of the person logged in."""
        self.with_cases(self._undo_of)

    def _undo_of(self, rows: Sequence[ExceptionRow]) -> None:
        events = [row.decided for row in rows if row.decided is not None]
        if events:
            self.undo(events)
            return
        about = "The selected cases have" if len(rows) > 1 else "This case has"
        note = f"{about} no decision. This undoes your own last one." if rows else "This undoes your own last decision."
        as_operator(self.app, PURPOSE, lambda: self._undo_now(self.headend.engine.events.last_edits_by(self.who), note))

    def undo(self, events: Sequence[Edit]) -> None:
        """Undo decisions about cases."""
        as_operator(self.app, PURPOSE, lambda: self._undo_now(events))

    def _undo_now(self, events: Sequence[Edit], note: str = "") -> None:
        try:
            undoing = decision_choices.undo_decisions(events, self.headend.engine.events.edits_of_meter)
        except MeterError as error:
            self._refuse(error)
        else:
            self._propose(undoing, note)

    def _propose(self, decisions: Sequence[Decision], note: str = "") -> None:
        try:
            screen = DecisionScreen(decisions, note)
        except MeterError as error:
            self._refuse(error)
            return
        self.clear_message()
        self.app.push_screen(screen, self._decided)

    def _refuse(self, error: MeterError) -> None:
        self.warn(f"{str(error)[0].upper()}{str(error)[1:]}.")

    def _decided(self, effects: Sequence[Effect] | None) -> None:
        if effects:
            self.say(decision_choices.result_sentence(effects[0].event.kind, sum(len(each.events) for each in effects)))
            self.after_decision()
