"""Billing runs and the tariff file, beside ingest."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Final

from metertui.engine.base import Progress, counted
from metertui.engine.billing import BillingRun, find_waiting, tariffs
from metertui.engine.errors import MeterError
from metertui.engine.storage import durable
from metertui.headend.jobs import Jobs

_logger: Final = logging.getLogger(__name__)


class Billing:
    """Computes and issues billing runs, and saves tariffs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._changing = asyncio.Lock()
        """Held while files of bills are written: a run takes one thread of several, and writes more than one file."""

    def start_rules_check(self) -> None:
        """Log in the background what today's rules change in issued bills, unless they are accepted.

        If they change nothing, there is nothing to accept, and the folder is marked as billed by them.
        """
        self._jobs.start_background(self._check_rules(), "rules")

    async def _check_rules(self) -> None:
        engine = self._jobs.engine
        try:
            if not await self._jobs.compute(engine.bills.waits_for_acceptance):
                return
            waiting = await self._jobs.ask(find_waiting, engine.terms(), engine.bills)
            if not waiting.by_meter and not waiting.others:
                async with self._changing:
                    await self._jobs.write(engine.bills.mark_rules, engine.zone.iso(engine.clock.now()), "start")
        except (MeterError, OSError) as error:  # it costs this line, and each billing run says the same
            _logger.warning("what the rules of this version change in issued bills is not known: %s", error)
            return
        if sentence := waiting.sentence(max(engine.bills.issued_months())):
            _logger.warning("%s", sentence)

    async def compute_run(self, month: str, progress: Progress, *, accept_rules: bool = False) -> BillingRun:
        """Return the billing run of a month, computed in a thread, which calls `progress`; see `BillingRun`.

        Raises MeterError, DataError, NoTariffError, and what `progress` raises.
        """
        engine = self._jobs.engine
        compute = partial(BillingRun, accept_rules=accept_rules)
        return await self._jobs.ask(compute, month, engine.terms(), engine.bills, progress)

    async def issue(self, run: BillingRun, by: str) -> int:
        """Store the bills and adjustments of a run for good; return how many were new. Raises MeterError.

        Of runs that are issued at once, one is stored after the other, or refused if it no longer holds. Runs to
        completion even if the caller is cancelled.
        """
        self._jobs.begin_to_write()
        return await self._jobs.run_to_completion(self._issue(run, by))

    async def _issue(self, run: BillingRun, by: str) -> int:
        new, changes = run.new_with_data, run.changes
        by_rules = run.by_rules
        async with self._changing:
            count = await self._jobs.compute_at_once(run.issue, self._jobs.engine.clock.now(), by)
        if run.accepts_rules:
            self._jobs.audit(
                by, "accept-rules", run.month, f"{counted(by_rules, 'adjustment')} because of the rules alone"
            )
        if count:
            self._jobs.audit(by, "issue", run.month, f"{counted(new, 'bill')}, {counted(changes, 'adjustment')}")
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
        self._jobs.audit(
            by, "tariffs", path.name, f"{counted(len(found.tariffs), 'tariff')}, {counted(len(found.rates), 'price')}"
        )
