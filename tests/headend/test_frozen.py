"""Whatever a worker thread works on stays as it was when it was asked, while meters register and send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest

from metertui.engine.billing.billing_run import BillingRun
from metertui.engine.core.decision_check import Decision
from metertui.engine.index.views import View
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Question
from metertui.headend.service import HeadEnd
from tests.desk import RULES, read
from tests.headend.test_billing import TARIFFS

ZONE = RULES.zone


@pytest.fixture
async def busy(desk: HeadEnd) -> AsyncIterator[HeadEnd]:
    """A desk with two months of a meter and, from now on, another meter whenever a worker has got what it works on."""
    await read(desk, "5", "2025-01-01T00:00")
    await read(desk, "15", "2025-02-01T00:00")
    await read(desk, "28", "2025-03-01T00:00")
    await desk.billing.save_tariffs(TARIFFS, None, "ada")
    loop, number = asyncio.get_running_loop(), count()

    async def meanwhile() -> None:
        meter = f"0new-{next(number)}"
        await desk.accounts.register(meter, {"region": f"{meter}'s own"}, "test")
        await desk.store_reading(meter, "7", "2025-03-12T08:00", "test")
        await desk.store_reading(meter, "6", "2025-03-12T09:00", "test")
        note = Decision("accept", meter, ZONE.parse("2025-03-12T09:00"), "seen")
        await desk.corrections.apply([note], "ada")

    def interrupted(work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(self: View, *args: object) -> Any:
            found = work(self, *args)
            asyncio.run_coroutine_threadsafe(meanwhile(), loop).result(60)
            return found

        return wrapped

    with (
        patch.object(View, "frozen", interrupted(View.frozen)),
        patch.object(View, "history_and_tail", interrupted(View.history_and_tail)),
    ):
        yield desk


async def test_a_month_is_issued_while_meters_register(busy: HeadEnd) -> None:
    for new in (1, 2):  # the meter that came during the first run has no bill of January yet
        run = await busy.billing.compute_run("2025-01", lambda share: None)
        assert (len(run), run.new) == (new, 1)
        assert [row[0] for row in run.rows()] == ["0new-0", "m"][-new:]
        assert await busy.billing.issue(run, "ada") == 1


async def test_adjustments_are_found_while_meters_register(busy: HeadEnd) -> None:
    await busy.billing.issue(await busy.billing.compute_run("2025-01", lambda share: None), "ada")
    run: BillingRun = await busy.billing.compute_run("2025-02", lambda share: None)
    assert (len(run), run.changes) == (2, 0)


async def test_exceptions_are_counted_while_meters_register(busy: HeadEnd) -> None:
    for known in (0, 1, 2):
        found = await busy.worklist.exceptions()
        assert found.open_counts.get("suspect", 0) == 0, "those of the new meters are accepted"
        assert found.counts.get("suspect", 0) == 0
        assert sum("0new" in region for region in found.regions) == 0
        assert len(busy.engine.accounts) == known + 2


async def test_completeness_is_counted_while_meters_register(busy: HeadEnd) -> None:
    for known in (1, 2, 3):
        board = await busy.worklist.completeness()
        assert board.total.meters == known


async def test_questions_are_answered_while_meters_register(busy: HeadEnd) -> None:
    question = Question(date(2025, 1, 1), date(2025, 3, 12), by=("region", "meter"))
    for known in (1, 2):
        table = await busy.ask(usage_table, question)
        assert len(table) == known
