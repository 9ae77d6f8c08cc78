"""Recurring tasks: they survive failures, and stop."""

from __future__ import annotations

import asyncio

import pytest

from metertui.engine.errors import StorageError
from metertui.headend.recurring import Recurring
from tests.patience import PATIENCE


async def test_a_failed_run_is_logged_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    faults: list[Exception | None] = [StorageError("the disk is full"), ZeroDivisionError("a defect"), None]
    done, failures = asyncio.Event(), []

    async def do() -> None:
        fault = faults.pop(0)
        if not faults:
            done.set()
            await asyncio.Event().wait()
        if fault is not None:
            raise fault

    clock = Recurring(do, "the clock", lambda: failures.append(len(faults)))
    clock.start(0)
    await asyncio.wait_for(done.wait(), PATIENCE)
    await clock.stop()
    assert [record.getMessage() for record in caplog.records] == ["the clock: the disk is full", "the clock failed"]
    assert failures == [1]
    assert len(asyncio.all_tasks()) == 1


async def test_stopping_before_the_start_does_nothing() -> None:
    await Recurring(lambda: asyncio.sleep(0), "nothing").stop()
