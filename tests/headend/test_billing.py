"""Billing runs and the tariff file of a running head-end."""

from __future__ import annotations

import asyncio

import pytest

from metertui.engine.base.progress import no_progress
from metertui.engine.billing.tariffs import COLUMNS
from metertui.engine.errors import DataError, MeterError
from metertui.headend.service import HeadEnd
from tests.desk import read

TARIFFS = (",".join(COLUMNS) + "\n2025-01-01,,,,,20,9\n").encode()


async def test_a_run_is_computed_and_issued_once(desk: HeadEnd) -> None:
    await read(desk, "5", "2025-02-01T00:00")
    await read(desk, "15", "2025-03-01T00:00")
    await desk.billing.save_tariffs(TARIFFS, None, "ada")
    shares: list[float] = []
    run = await desk.billing.compute_run("2025-02", shares.append)
    assert (len(run), run.new, shares[-1]) == (1, 1, 1.0)
    assert await desk.billing.issue(run, "ada") == 1
    again = await desk.billing.compute_run("2025-02", no_progress)
    assert (again.new, await desk.billing.issue(again, "ada")) == (0, 0)
    await desk.stop()
    audit = (desk.engine.folder / "audit.log").read_text()
    assert audit.count("\tada\tissue\t2025-02\t1 bills, 0 adjustments\n") == 1


async def test_progress_that_raises_ends_a_run(desk: HeadEnd) -> None:
    def give_up(share: float) -> None:
        raise MeterError("given up")

    await read(desk, "5", "2025-02-01T00:00")
    await desk.billing.save_tariffs(TARIFFS, None, "ada")
    with pytest.raises(MeterError, match="given up"):
        await desk.billing.compute_run("2025-02", give_up)


async def test_tariffs_are_saved_only_over_what_was_read(desk: HeadEnd) -> None:
    path = desk.engine.tariffs.path
    await desk.billing.save_tariffs(TARIFFS, None, "ada")
    with pytest.raises(MeterError, match="has changed since it was opened"):
        await desk.billing.save_tariffs(TARIFFS, None, "bob")
    later = TARIFFS.replace(b"2025-01-01", b"2025-02-01")
    await desk.billing.save_tariffs(later, TARIFFS, "bob")
    assert path.read_bytes() == later
    await asyncio.wrap_future(desk._jobs.append(bool))
    assert "\tbob\ttariffs\ttariffs.csv\t1 tariffs, 1 prices\n" in (desk.engine.folder / "audit.log").read_text()


async def test_tariffs_that_cannot_be_read_are_not_saved(desk: HeadEnd) -> None:
    with pytest.raises(DataError):
        await desk.billing.save_tariffs(b"no tariffs\n", None, "ada")
    assert not desk.engine.tariffs.path.exists()
