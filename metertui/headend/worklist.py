"""The work lists: exceptions, and which meters have sent their readings."""

from __future__ import annotations

from metertui.engine.worklist import Board, Exceptions, Question, completeness, exception_list
from metertui.headend.jobs import Jobs


class WorkList:
    """Computes work lists in a thread."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def exceptions(self, question: Question | None = None) -> Exceptions:
        """Return the exceptions, counted by cause, with one page of them. Raises MeterError for an unknown cause."""
        return await self._jobs.ask(exception_list.find, self._jobs.engine.beside(), question or Question())

    async def completeness(self) -> Board:
        """Return which of the expected readings have come."""
        engine = self._jobs.engine
        view, beside, zone = engine.view(), engine.beside(), engine.zone
        return await self._jobs.compute(lambda: completeness.board(*view.parts(), beside, zone))
