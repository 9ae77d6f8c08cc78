"""The commit loop: group commit, the order of lanes, disk errors and defects."""

from __future__ import annotations

import asyncio
import threading

import pytest

from metertui.engine.base.outcome import Outcome
from metertui.engine.core.batch import Batch
from metertui.headend.service import HeadEnd
from tests.desk import ScriptLane, read
from tests.patience import PATIENCE


async def test_requests_that_arrive_together_share_one_write_and_one_sync(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = []
    append = desk.engine.log.append
    monkeypatch.setattr(desk.engine.log, "append", lambda data, sync: (syncs.append(sync), append(data, sync=sync)))
    lanes = [ScriptLane([("m", str(i), f"2025-03-12T0{i}:00:00")]) for i in range(10)]
    for lane in lanes:
        desk.submit(lane)
        desk.submit(lane)  # a lane that is queued already is not queued again
    await asyncio.gather(*(lane.answered.wait() for lane in lanes))
    assert len({batch for lane in lanes for batch in lane.batches}) == 1
    assert [outcome.kind for lane in lanes for outcome in lane.outcomes] == ["ok"] * 10
    assert syncs == [True]


async def test_a_single_line_goes_before_connections_that_flood(desk: HeadEnd) -> None:
    pouring = [ScriptLane([("nobody", "1", None)] * 10_000) for _ in range(200)]
    for lane in pouring:
        desk.submit(lane)
    meter = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    desk.submit(meter)
    await meter.answered.wait()
    assert sum(len(lane.batches) for lane in pouring) <= 2 * 1024 // 64


async def test_a_concentrator_is_served_beside_thousands_that_send_and_wait(desk: HeadEnd) -> None:
    concentrator = ScriptLane([("m", str(i), f"2025-03-12T01:00:00.{i:06}") for i in range(1000)])
    asked = 0

    class Asking(ScriptLane):
        def reply(self, failure: Outcome | None) -> None:
            nonlocal asked
            asked += 1
            if not concentrator.outcomes:
                self._requests = [("nobody", "1", None)]
                desk.submit(self)

    for _ in range(3000):
        desk.submit(Asking([("nobody", "1", None)]))
    desk.submit(concentrator)
    await concentrator.answered.wait()
    assert asked < 2 * 3000


async def test_no_reply_is_sent_before_the_sync(desk: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    append = desk.engine.log.append

    def slow(data: bytes, *, sync: bool) -> None:
        assert release.wait(PATIENCE)
        append(data, sync=sync)

    monkeypatch.setattr(desk.engine.log, "append", slow)
    lane = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    desk.submit(lane)
    for _ in range(20):
        await asyncio.sleep(0)
    assert lane.batches
    assert not lane.answered.is_set()
    assert len(desk.engine.readings) == 0
    release.set()
    await lane.answered.wait()
    assert len(desk.engine.readings) == 1


async def test_a_disk_error_is_reported_until_a_write_succeeds(desk: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("metertui.engine.storage.wal.durable.write_all", full)
        outcome = await read(desk, "1", "2025-03-12T01:00:00")
        assert (outcome.code, outcome.kind) == ("storage", "refused")
        assert "No space left on device" in desk.live().storage_error
    assert (await read(desk, "1", "2025-03-12T01:00:00")).kind == "ok"
    assert desk.live().storage_error == ""


async def test_a_large_lane_leaves_room_for_the_others(desk: HeadEnd) -> None:
    flood = ScriptLane([("m", str(i), None) for i in range(50_000)])
    small = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    desk.submit(flood)
    desk.submit(small)
    await small.answered.wait()
    assert len(flood.outcomes) < 20_000


@pytest.mark.parametrize("step", ["collect", "reply"])
async def test_a_defect_in_a_lane_drops_that_lane_only(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def defect(*_: object) -> int:
        raise RuntimeError("a defect")

    broken, whole = (ScriptLane([("m", str(n), f"2025-03-12T0{n}:00:00")]) for n in (1, 2))
    monkeypatch.setattr(broken, step, defect)
    desk.submit(broken)
    desk.submit(whole)
    await asyncio.gather(broken.dropped.wait(), whole.answered.wait())
    assert not broken.answered.is_set()
    assert [outcome.kind for outcome in whole.outcomes] == ["ok"]
    assert (await read(desk, "3", "2025-03-12T03:00:00")).kind == "ok"


@pytest.mark.parametrize("where", ["apply", "write_notes"])
async def test_a_defect_after_the_write_is_answered_neither_ok_nor_err(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def defect(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    lane = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    with monkeypatch.context() as patched:
        patched.setattr(desk.engine.ingest, where, defect)
        desk.submit(lane)
        await lane.dropped.wait()
    assert not lane.answered.is_set()
    assert (await read(desk, "2", "2025-03-12T02:00:00")).kind == "ok"


async def test_a_defect_in_a_batch_refuses_that_batch_only(desk: HeadEnd) -> None:
    class Broken(ScriptLane):
        def perform(self, batch: Batch) -> None:
            super().perform(batch)
            raise RuntimeError("a defect")

    broken = Broken([("m", "9", "2025-03-12T02:00:00")])
    broken.collect(1)
    desk.submit(broken)
    await broken.answered.wait()
    assert [outcome.code for outcome in broken.outcomes] == ["storage"]
    assert (await read(desk, "1", "2025-03-12T03:00:00")).kind == "ok"
    assert len(desk.engine.readings) == 1


@pytest.mark.parametrize("step", ["collect", "reply", "apply"])
async def test_a_lane_that_cannot_even_be_dropped_does_not_end_ingest(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def defect(*_: object) -> int:
        raise RuntimeError("a defect")

    class Undroppable(ScriptLane):
        def drop(self) -> None:
            super().drop()
            raise RuntimeError("another defect")

    lane = Undroppable([("m", "1", "2025-03-12T01:00:00")])
    beside = ScriptLane([("m", "2", "2025-03-12T02:00:00")])
    with monkeypatch.context() as patched:
        patched.setattr(desk.engine.ingest if step == "apply" else lane, step, defect)
        desk.submit(lane)
        desk.submit(beside)
        await asyncio.gather(lane.dropped.wait(), (beside.dropped if step == "apply" else beside.answered).wait())
    assert (await read(desk, "3", "2025-03-12T03:00:00")).kind == "ok"


@pytest.mark.parametrize("what", ["begin", "roll_back"])
async def test_a_round_that_fails_drops_its_lanes_and_the_next_one_goes_on(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    def defect(*_: object) -> None:
        raise RuntimeError("a defect")

    lane = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    with monkeypatch.context() as patched:
        patched.setattr(desk.engine.ingest, what, defect)
        patched.setattr(lane, "perform", defect)
        desk.submit(lane)
        await lane.dropped.wait()
    assert "a round of ingest failed" in caplog.text
    assert (await read(desk, "2", "2025-03-12T02:00:00")).kind == "ok"


async def test_batches_that_took_long_are_followed_by_smaller_ones(desk: HeadEnd) -> None:
    commit_loop = desk._jobs.commit_loop
    for _ in range(9):
        commit_loop._adapt_limit(0.2)
    assert commit_loop._batch_limit == 64
    for _ in range(9):
        commit_loop._adapt_limit(0.001)
    assert commit_loop._batch_limit == 1024
