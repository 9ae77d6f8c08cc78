"""The work lists: exceptions, and which meters have sent their readings."""

from __future__ import annotations

from metertui.engine.worklist import Board, ExceptionQuestion, Exceptions, completeness, exception_list
from metertui.headend.jobs import Jobs


class WorkList:
    """Computes work lists in a thread."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self.open_cases: int | None = None
        """How many cases were open when all of them were counted last; None before the first time."""

    def basis(self) -> tuple[object, ...]:
        """Return a value that changes with what the list of exceptions rests on, apart from the time."""
        engine = self._jobs.engine
        refused = engine.ingest.counters.refused.total()
        return len(engine.readings), len(engine.events), refused, len(engine.ingest.active), len(engine.accounts)

    def count_meters(self) -> int:
        """Return how many active meters are watched, however many registers each has."""
        directory, active = self._jobs.engine.directory, self._jobs.engine.ingest.active
        return len(active) - sum(directory.ids[code] in active for code in directory.further_registers())

    async def exceptions(self, question: ExceptionQuestion | None = None) -> Exceptions:
        """Return the exceptions, counted by cause, with one page of them. Raises MeterError for an unknown cause."""
        question = question or ExceptionQuestion()
        found = await self._jobs.ask(exception_list.find_exceptions, self._jobs.engine.site_state(), question)
        if not question.meter and question.region is None and question.window == ExceptionQuestion().window:
            self.open_cases = sum(found.open_counts.values())
        return found

    async def count_open(self) -> int:
        """Count the open cases, without listing any."""
        state = self._jobs.engine.site_state()
        found = await self._jobs.ask(exception_list.find_exceptions, state, ExceptionQuestion(limit=0))
        self.open_cases = sum(found.open_counts.values())
        return self.open_cases

    async def completeness(self) -> Board:
        """Return which of the expected readings have come."""
        engine = self._jobs.engine
        view, state, zone = engine.view(), engine.site_state(), engine.zone
        return await self._jobs.compute(lambda: completeness.completeness_board(*view.history_and_tail(), state, zone))
