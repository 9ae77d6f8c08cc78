"""Jobs: threads, work that runs to completion, and the refusal to write."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from metertui.engine.errors import OwnedError
from metertui.headend import memory
from metertui.headend.jobs import Jobs
from metertui.headend.service import HeadEnd
from tests.desk import ScriptLane, read
from tests.patience import PATIENCE

SENTENCE = "read-only: process 1 owns this folder"


@pytest.fixture
def reader(desk: HeadEnd) -> Jobs:
    """Return jobs that may not write."""
    return Jobs(desk.engine, lambda: SENTENCE)


async def test_jobs_that_may_not_write_refuse_every_way_to_do_it(reader: Jobs) -> None:
    done: list[int] = []
    with pytest.raises(OwnedError, match=SENTENCE):
        reader.submit(ScriptLane([]))
    with pytest.raises(OwnedError, match=SENTENCE):
        await reader.write(done.append, 1)
    with pytest.raises(OwnedError, match=SENTENCE):
        await reader.write_between_batches(done.append, 1)
    with pytest.raises(OwnedError, match=SENTENCE):
        async with reader.between_batches():
            done.append(1)
    outcome = await reader.commit_request(lambda batch: batch.add_reading("m", "1", None))
    assert (outcome.kind, outcome.code, outcome.text) == ("refused", "denied", SENTENCE)
    assert not done
    await reader.stop()


async def test_jobs_that_may_not_write_still_read_and_append_to_logs(reader: Jobs) -> None:
    assert await reader.compute(lambda number: number + 1, 1) == 2
    assert await reader.ask(len) == 0
    assert await asyncio.wrap_future(reader.append(lambda: "appended")) == "appended"
    await reader.stop()


async def test_heavy_work_releases_its_memory_also_when_it_fails(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def fail() -> None:
        steps.append("work")
        raise ZeroDivisionError

    monkeypatch.setattr(memory, "release_freed", lambda: steps.append("release"))
    await desk._jobs.compute(steps.append, "work")
    with pytest.raises(ZeroDivisionError):
        await desk._jobs.compute(fail)
    assert steps == ["work", "release"] * 2


async def test_writes_are_run_one_after_another(desk: HeadEnd) -> None:
    threads = [await desk._jobs.write(threading.get_ident) for _ in range(3)]
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


async def test_no_batch_is_written_between_batches(desk: HeadEnd) -> None:
    lane = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    async with desk._jobs.between_batches():
        desk.submit(lane)
        for _ in range(10):
            await asyncio.sleep(0)
        assert not lane.batches
    await lane.answered.wait()


async def test_work_runs_to_completion_though_its_caller_is_cancelled(desk: HeadEnd) -> None:
    begun, go, done = asyncio.Event(), asyncio.Event(), []

    async def work() -> None:
        begun.set()
        await go.wait()
        done.append(True)

    caller = asyncio.create_task(desk._jobs.run_to_completion(work()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go.set()
    await asyncio.gather(*desk._jobs.background)
    assert done == [True]


async def test_a_search_stops_when_its_caller_is_cancelled(desk: HeadEnd) -> None:
    begun, ended = threading.Event(), threading.Event()

    def search(*, stop: Callable[[], bool]) -> bool:
        begun.set()
        while not stop():
            pass
        ended.set()
        return True

    caller = asyncio.create_task(desk.look_up(search))
    await asyncio.to_thread(begun.wait, PATIENCE)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await asyncio.to_thread(ended.wait, PATIENCE)


async def test_questions_that_take_long_keep_nobody_from_login_accounts_and_day_close(desk: HeadEnd) -> None:
    await read(desk, "1", "2025-03-12T01:00")
    go_on = threading.Event()
    asked = [asyncio.create_task(desk._jobs.compute(go_on.wait, PATIENCE)) for _ in range(9)]
    try:
        await desk.staff.create_first("ada@example.com", "a long password")
        assert await desk.staff.log_in("ada@example.com", "a long password") == "operator"
        await desk.accounts.modify("m", {"region": "East"}, "ada@example.com")
        assert (await desk.day_close.close("ada@example.com")).readings == 1
        assert not any(each.done() for each in asked)
    finally:
        go_on.set()
        await asyncio.gather(*asked)
