"""The lane of an import: its batches, a disk that fails, and its end when it is cancelled."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from metertui.engine.base.outcome import Outcome, refused
from metertui.engine.core.batch import Batch
from metertui.engine.errors import StorageError
from metertui.formats import readers
from metertui.headend.import_lane import ImportLane
from metertui.headend.service import HeadEnd


def lane_of(desk: HeadEnd, folder: Path, count: int) -> tuple[ImportLane, list[float]]:
    """Return a lane with so many readings of the meter `m`, and the shares that it reports."""
    file = folder / "x.csv"
    rows = [f"m,2025-03-11T10:00:{second:02},{second + 1}" for second in range(count)]
    file.write_text("\n".join(["identifier,timestamp,usage", *rows, ""]))
    frozen = desk.engine.view().frozen()
    importing = readers.read_import(frozen, desk.engine.events.frozen(), [file], None, desk.engine.clock.now())
    importing.plan(desk.engine.accounts, desk.engine.clock.now())
    shares: list[float] = []
    (reads,) = importing.parts_of_reads()
    return ImportLane(importing, reads, desk.engine.ingest, desk._jobs.commit_loop, shares.append), shares


async def test_all_readings_are_stored_and_the_progress_ends_at_1(desk: HeadEnd, tmp_path: Path) -> None:
    lane, shares = lane_of(desk, tmp_path, 30)
    await lane.run()
    assert (lane.done, len(desk.engine.readings), shares[-1]) == (30, 30, 1.0)


async def test_a_budget_splits_the_readings(desk: HeadEnd, tmp_path: Path) -> None:
    lane, _ = lane_of(desk, tmp_path, 30)
    assert (lane.backlog(), lane.collect(20)) == (30, 20)
    batch = desk.engine.ingest.begin()
    lane.perform(batch)
    lane.reply(None)
    assert len(batch) == 20
    assert (lane.done, lane.backlog(), lane.collect(20)) == (20, 10, 10)


@pytest.mark.parametrize("how", ["reply", "drop"])
async def test_a_failed_batch_ends_the_import(desk: HeadEnd, tmp_path: Path, how: str) -> None:
    class Failing(ImportLane):
        def reply(self, failure: Outcome | None) -> None:
            if how == "reply":
                super().reply(refused("storage", "no space"))
            else:
                raise ZeroDivisionError

    lane, _ = lane_of(desk, tmp_path, 3)
    lane.__class__ = Failing
    with pytest.raises(StorageError, match="no space" if how == "reply" else "failed at this import"):
        await lane.run()
    assert lane.done == 0


async def test_a_cancelled_lane_submits_no_more(desk: HeadEnd, tmp_path: Path) -> None:
    collected: list[int] = []

    class Slow(ImportLane):
        def collect(self, budget: int) -> int:
            collected.append(super().collect(1))
            return collected[-1]

        def perform(self, batch: Batch) -> None:
            super().perform(batch)
            running.cancel()

    lane, _ = lane_of(desk, tmp_path, 30)
    lane.__class__ = Slow
    running = asyncio.create_task(lane.run())
    with pytest.raises(asyncio.CancelledError):
        await running
    await desk.store_reading("m", "100", "2025-03-12T10:00", "test")  # a later batch
    assert sum(collected) <= 2
    assert len(desk.engine.readings) == sum(collected) + 1


@pytest.mark.parametrize("how", ["reply", "fail", "drop"])
async def test_an_import_cancelled_in_the_turn_of_its_last_reply_ends_quietly(
    desk: HeadEnd, tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    class Cancelled(ImportLane):
        def reply(self, failure: Outcome | None) -> None:
            running.cancel()  # the task does not get to know it before this turn ends
            if how == "drop":
                self.drop()
            else:
                super().reply(refused("storage", "no space") if how == "fail" else failure)

    lane, _ = lane_of(desk, tmp_path, 5)
    lane.__class__ = Cancelled
    running = asyncio.create_task(lane.run())
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await desk.store_reading("m", "100", "2025-03-12T10:00", "test")).kind == "ok"
    assert lane.done == (5 if how == "reply" else 0)
    assert not caplog.records
