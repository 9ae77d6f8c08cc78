"""Billing runs and the tariff file of a running head-end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from metertui.engine.base.limits import former_limits
from metertui.engine.base.progress import no_progress
from metertui.engine.billing.tariffs import COLUMNS
from metertui.engine.errors import DataError, MeterError
from metertui.engine.storage.manifest import sha256_of
from metertui.headend.billing import Billing
from metertui.headend.jobs import Jobs
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
    assert audit.count("\tada\tissue\t2025-02\t1 bill, 0 adjustments\n") == 1


async def test_what_is_due_before_anything_is_written_is_done_before_bills_are(desk: HeadEnd) -> None:
    await read(desk, "5", "2025-02-01T00:00")
    await read(desk, "15", "2025-03-01T00:00")
    await desk.billing.save_tariffs(TARIFFS, None, "ada")

    def refuse() -> None:
        raise MeterError("not now")

    jobs = Jobs(desk.engine, before_writing=refuse)
    billing = Billing(jobs)
    run = await billing.compute_run("2025-02", no_progress)
    with pytest.raises(MeterError, match="not now"):
        await billing.issue(run, "ada")
    assert not desk.engine.bills.issued_months()
    await jobs.stop()


@pytest.mark.parametrize("months", [("2025-02", "2025-02"), ("2025-01", "2025-02")])
async def test_runs_issued_at_once_are_stored_one_after_the_other(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch, months: tuple[str, str]
) -> None:
    for number in (1, 2, 3):
        await read(desk, str(5 * number), f"2025-0{number}-01T00:00")
    await desk.billing.save_tariffs(TARIFFS, None, "ada")
    runs = [await desk.billing.compute_run(month, no_progress) for month in months]
    compute, inside = desk._jobs.compute_at_once, [0, 0]

    async def counted(function: Callable[..., Any], *args: object) -> Any:
        inside[0] += 1
        inside[1] = max(inside)
        await asyncio.sleep(0)
        try:
            return await compute(function, *args)
        finally:
            inside[0] -= 1

    monkeypatch.setattr(desk._jobs, "compute_at_once", counted)
    issued = await asyncio.gather(*(desk.billing.issue(run, "ada") for run in runs), return_exceptions=True)
    assert inside == [0, 1]
    if months[0] == months[1]:
        assert issued[0] == 1
        assert str(issued[1]).startswith("2025_02.csv has changed since the run began")
    else:
        assert issued == [1, 1]
    bills = desk.engine.bills
    for month in set(months):
        assert len(bills.ledger_of_month(month).bills) == 1
        entry = bills.manifest.read_entries()[bills.path_of_month(month).name]
        assert entry.sha256 == sha256_of(bills.path_of_month(month).read_bytes())


async def test_a_run_whose_caller_leaves_is_issued_and_audited(desk: HeadEnd) -> None:
    await read(desk, "5", "2025-02-01T00:00")
    await read(desk, "15", "2025-03-01T00:00")
    await desk.billing.save_tariffs(TARIFFS, None, "ada")
    issuing = asyncio.create_task(desk.billing.issue(await desk.billing.compute_run("2025-02", no_progress), "ada"))
    await asyncio.sleep(0)
    issuing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await issuing
    await desk.stop()
    assert "\tada\tissue\t2025-02\t1 bill, 0 adjustments\n" in (desk.engine.folder / "audit.log").read_text()


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
    assert "\tbob\ttariffs\ttariffs.csv\t1 tariff, 1 price\n" in (desk.engine.folder / "audit.log").read_text()


async def test_tariffs_that_cannot_be_read_are_not_saved(desk: HeadEnd) -> None:
    with pytest.raises(DataError):
        await desk.billing.save_tariffs(b"no tariffs\n", None, "ada")
    assert not desk.engine.tariffs.path.exists()


async def test_a_start_says_what_the_rules_change_in_issued_bills(
    desk: HeadEnd, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def started() -> list[str]:
        caplog.clear()
        desk.billing.start_rules_check()
        await asyncio.gather(*desk._jobs.background)
        return caplog.messages

    assert await started() == []  # nothing was issued
    for kwh, at in (("0", "00:00"), ("1500.2", "00:30"), ("1500.7", "01:00")):
        await read(desk, kwh, f"2025-02-01T{at}")
    await desk.billing.save_tariffs(TARIFFS, None, "ada")
    with monkeypatch.context() as before:
        before.setattr(desk.engine.directory, "site_limits", lambda _: former_limits(100_000))
        await desk.billing.issue(await desk.billing.compute_run("2025-02", no_progress), "ada")
    await read(desk, "1500.7", "2025-02-01T01:30")  # so that the view is made again
    assert await started() == []  # by today's rules, as far as the mark says
    mark = desk.engine.bills.rules_path
    mark.unlink()
    [told] = await started()
    assert not mark.exists()
    assert told.startswith("the rules of this version alone change issued bills of 1 meter, by -1500.2 kWh")
    desk.engine.tariffs.path.unlink()
    [told] = await started()
    assert told.startswith("what the rules of this version change in issued bills is not known: there is no tariffs")


async def test_a_start_marks_a_folder_whose_bills_are_the_same_by_both_rules(desk: HeadEnd) -> None:
    await read(desk, "0", "2025-02-01T00:00")
    await read(desk, "2", "2025-02-01T01:00")
    await desk.billing.save_tariffs(TARIFFS, None, "ada")
    await desk.billing.issue(await desk.billing.compute_run("2025-02", no_progress), "ada")
    mark = desk.engine.bills.rules_path
    mark.unlink()
    await read(desk, "1", "2025-02-01T00:15")  # a late reading moves energy, but not between bills
    await read(desk, "3", "2025-02-01T02:00")
    desk.billing.start_rules_check()
    await asyncio.gather(*desk._jobs.background)
    assert not mark.exists()  # as long as anything differs
    await desk.billing.issue(await desk.billing.compute_run("2025-02", no_progress), "ada")
    mark.unlink()
    desk.billing.start_rules_check()
    await asyncio.gather(*desk._jobs.background)
    assert mark.read_text().endswith(",start\n")
