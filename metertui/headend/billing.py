"""Billing runs and the tariff file, beside ingest."""

from __future__ import annotations

from metertui.engine.base import Progress
from metertui.engine.billing import BillingRun, tariffs
from metertui.engine.errors import MeterError
from metertui.engine.storage import durable
from metertui.headend.jobs import Jobs


class Billing:
    """Computes and issues billing runs, and saves tariffs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def compute_run(self, month: str, progress: Progress) -> BillingRun:
        """Return the billing run of a month, computed in a thread, which calls `progress`.

        Raises MeterError, DataError, NoTariffError, and what `progress` raises.
        """
        engine = self._jobs.engine
        return await self._jobs.ask(BillingRun, month, engine.terms(), engine.bills, progress)

    async def issue(self, run: BillingRun, by: str) -> int:
        """Store the bills and adjustments of a run for good; return how many were new. Raises MeterError."""
        self._jobs.check_writable()
        new, changes = run.new, run.changes
        count = await self._jobs.compute(run.issue, self._jobs.engine.clock.now())
        if count:
            self._jobs.audit(by, "issue", run.month, f"{new} bills, {changes} adjustments")
        return count

    async def save_tariffs(self, data: bytes, before: bytes | None, by: str) -> None:
        """Replace the tariff file, if it still has the content `before` (None: no file).

        Raises DataError for invalid tariffs, MeterError if the file has changed meanwhile, StorageError.
        """
        path = self._jobs.engine.tariffs.path
        found = tariffs.parse_tariffs(data, path)

        def save() -> None:
            if durable.read_data_file(path) != before:
                raise MeterError(f"{path.name} has changed since it was opened; open it again")
            durable.replace_file(path, data)

        await self._jobs.write(save)
        self._jobs.audit(by, "tariffs", path.name, f"{len(found.tariffs)} tariffs, {len(found.rates)} prices")
