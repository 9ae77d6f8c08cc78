"""The head-end: turns, group commit, what a refusing disk costs, the day close beside ingest, midnight."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from metertui.engine.core import Engine
from metertui.engine.deciding import Decision
from metertui.engine.errors import BusyError, MeterError, StorageError
from metertui.engine.ingest import Batch
from metertui.engine.outcome import Outcome
from metertui.engine.rules import Rules
from metertui.engine.zone import SiteZone
from metertui.headend import HeadEnd
from tests.clock import FakeClock

RULES = Rules(zone=SiteZone("Asia/Singapore"))


class ScriptLane:
    """A lane that has its requests ready."""

    def __init__(self, requests: list[tuple[str, str, str | None]]) -> None:
        self._requests = requests
        self.outcomes: list[Outcome] = []
        self.batches: list[int] = []
        self.answered = asyncio.Event()
        self.dropped = asyncio.Event()
        self.due = 0
        self.arrived: float | None = 0.0
        self._taken = 0

    def backlog(self) -> int:
        return max(1, len(self._requests))

    def collect(self, budget: int) -> int:
        self._taken = min(budget, len(self._requests))
        return self._taken

    def perform(self, batch: Batch) -> None:
        taken, self._requests = self._requests[: self._taken], self._requests[self._taken :]
        self.batches.append(id(batch))
        self.outcomes += [batch.read(*request) for request in taken]

    def reply(self, failure: Outcome | None) -> None:
        if failure is not None:
            self.outcomes = [failure if outcome.stored else outcome for outcome in self.outcomes]
        self.answered.set()

    def drop(self) -> None:
        self.dropped.set()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[HeadEnd]:
    headend = HeadEnd(Engine.open(tmp_path, RULES, FakeClock("2025-03-12T10:40:00")))
    await headend.start()
    await headend.register("m", {"region": "East"}, "test")
    yield headend
    if headend.engine._lock is not None:
        await headend.stop()


async def read(desk: HeadEnd, kwh: str, time: str) -> Outcome:
    return await desk.upload("m", kwh, time, "test")


async def test_what_arrives_together_shares_one_write_and_one_sync(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = []
    append = desk.engine.log.append
    monkeypatch.setattr(desk.engine.log, "append", lambda data, sync: (syncs.append(sync), append(data, sync=sync)))
    lanes = [ScriptLane([("m", str(i), f"2025-03-12T0{i}:00:00")]) for i in range(10)]
    for lane in lanes:
        desk.submit(lane)
        desk.submit(lane)  # saying so twice does not make it two turns
    await asyncio.gather(*(lane.answered.wait() for lane in lanes))
    assert len({batch for lane in lanes for batch in lane.batches}) == 1
    assert [outcome.kind for lane in lanes for outcome in lane.outcomes] == ["ok"] * 10
    assert syncs == [True]


async def test_a_line_goes_before_those_that_pour(desk: HeadEnd) -> None:
    pouring = [ScriptLane([("nobody", "1", None)] * 10_000) for _ in range(200)]
    for lane in pouring:
        desk.submit(lane)
    meter = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    desk.submit(meter)
    await meter.answered.wait()
    assert sum(len(lane.batches) for lane in pouring) <= 2 * 1024 // 64


async def test_a_concentrator_is_not_put_off_by_the_many_that_ask_and_wait(desk: HeadEnd) -> None:
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


async def test_nothing_is_answered_before_it_is_on_disk(desk: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    append = desk.engine.log.append

    def slow(data: bytes, *, sync: bool) -> None:
        release.wait(10)
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


async def test_a_disk_that_refuses_is_told_and_forgiven(desk: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("metertui.engine.log.files.write_all", full)
        outcome = await read(desk, "1", "2025-03-12T01:00:00")
        assert (outcome.code, outcome.kind) == ("storage", "refused")
        assert "No space left on device" in desk.live().storage_error
    assert (await read(desk, "1", "2025-03-12T01:00:00")).kind == "ok"
    assert desk.live().storage_error == ""


async def test_a_lane_with_much_leaves_room_for_the_others(desk: HeadEnd) -> None:
    flood = ScriptLane([("m", str(i), None) for i in range(50_000)])
    small = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    desk.submit(flood)
    desk.submit(small)
    await small.answered.wait()
    assert len(flood.outcomes) < 20_000


@pytest.mark.parametrize("step", ["collect", "reply"])
async def test_a_defect_in_one_lane_costs_that_lane(desk: HeadEnd, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
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
        patched.setattr(desk.engine, where, defect)
        desk.submit(lane)
        await lane.dropped.wait()
    assert not lane.answered.is_set()
    assert (await read(desk, "2", "2025-03-12T02:00:00")).kind == "ok"


async def test_a_defect_in_a_batch_refuses_it_and_no_other(desk: HeadEnd) -> None:
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


async def test_ingest_goes_on_beside_a_day_close(desk: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    await read(desk, "1", "2025-03-11T01:00:00")
    gate = threading.Event()
    write_day_files = desk.engine.write_day_files

    def slow(count: int, progress: Callable[[float], None]) -> int:
        gate.wait(10)
        return write_day_files(count, progress)

    monkeypatch.setattr(desk.engine, "write_day_files", slow)
    closing = asyncio.create_task(desk.close_day("test"))
    while desk.live().day_state != "writing day files":
        await asyncio.sleep(0)
    assert (await read(desk, "2", "2025-03-12T01:00:00")).kind == "ok"
    assert (await read(desk, "2", "2025-03-12T01:00:00")).kind == "duplicate"
    assert (await read(desk, "1", "2025-03-11T01:00:00")).kind == "duplicate"
    with pytest.raises(BusyError, match="running already"):
        await desk.close_day("another")
    live = desk.live()
    assert (live.closing_by, live.closing_readings, live.progress) == ("test", 1, 0.0)
    gate.set()
    close = await closing
    assert (desk.live().closing_by, desk.live().closing_readings) == ("", 0)
    assert (close.readings, close.files, close.by) == (1, 1, "test")
    live = desk.live()
    assert (live.stored, live.in_log, live.day_state, live.progress) == (2, 1, "open", None)
    assert live.last_close == close
    assert (desk.engine.folder / "log.txt").read_text() == "m,2025-03-12T01:00:00+08:00,2\n"


async def test_a_close_tells_what_came_in_late_and_is_known_after_a_restart(desk: HeadEnd) -> None:
    await read(desk, "1", "2025-03-10T01:00:00")
    first = await desk.close_day("test")
    assert (first.files, first.late) == (1, None)  # what was over before is not known
    await read(desk, "1", "2025-03-11T23:30:00")
    await read(desk, "2", "2025-03-12T00:00:00")
    await read(desk, "1", "2025-03-10T00:00:00")
    second = await desk.close_day("test")
    assert (second.readings, second.files, second.late, second.late_files) == (3, 3, 2, 2)
    assert desk.engine.day_files == (3, 3)
    desk._writer.submit(lambda: None).result()  # the audit trail is written meanwhile
    again = HeadEnd(desk.engine, close_at_midnight=False)
    kept = again.live().last_close
    assert kept is not None
    assert (kept.readings, kept.files, kept.late, kept.late_files, kept.by) == (3, 3, 2, 2, "test")


async def test_an_empty_log_closes_nothing(desk: HeadEnd) -> None:
    close = await desk.close_day("test")
    assert (close.readings, close.files) == (0, 0)


async def test_a_close_that_the_disk_stopped_is_taken_up_by_the_next(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read(desk, "1", "2025-03-11T01:00:00")
    with monkeypatch.context() as patched:
        patched.setattr(desk.engine, "write_day_files", _refuse)
        with pytest.raises(StorageError):
            await desk.close_day("test")
    await read(desk, "2", "2025-03-12T01:00:00")
    close = await desk.close_day("test")
    assert (close.readings, close.files) == (2, 2)
    assert not (desk.engine.folder / "log.sealed.txt").exists()
    assert desk.live().in_log == 0


def _refuse(*_: object) -> int:
    raise StorageError("the disk is full")


async def test_an_account_that_moves_during_a_close_is_where_it_says(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = desk.engine
    await read(desk, "1", "2025-03-12T10:00:00")
    await read(desk, "2", "2025-03-12T10:45:00")  # five minutes ahead, as it may be
    rebuild = engine.readings.rebuild
    loop = asyncio.get_running_loop()
    moved = False

    def rebuild_while_moving(count: int) -> object:
        nonlocal moved
        if not moved:
            moved = True
            asyncio.run_coroutine_threadsafe(desk.modify("m", {"region": "West"}, "test"), loop).result(10)
        return rebuild(count)

    monkeypatch.setattr(engine.readings, "rebuild", rebuild_while_moving)
    await desk.close_day("test")
    east, west = (engine.directory.matching(region=region) for region in ("East", "West"))
    assert len(engine.readings.index.select(groups=east)) == 1
    assert len(engine.readings.index.select(groups=west)) == 1


async def test_midnight_closes_the_day_and_opens_the_file_of_the_next(desk: HeadEnd) -> None:
    await read(desk, "1", "2025-03-12T10:00:00")
    clock = desk.engine.clock
    assert isinstance(clock, FakeClock)
    clock.set("2025-03-12T23:59:59")
    await desk.tick()
    assert desk.live().in_log == 1
    clock.set("2025-03-13T00:00:00")
    await desk.tick()
    while desk.closing or desk.live().in_log:
        await asyncio.sleep(0)
    assert (desk.engine.folder / "archive/2025/03_13.csv").read_text() == "identifier,timestamp,usage\n"
    assert len((desk.engine.folder / "archive/2025/03_12.csv").read_text().splitlines()) == 2
    clock.set("2025-03-12T23:59:59")  # the clock jumps back, and midnight comes again
    await desk.tick()
    clock.set("2025-03-13T00:00:01")
    await read(desk, "2", "2025-03-13T00:00:00")
    assert desk.live().in_log == 1
    await desk.tick()
    while desk.closing or desk.live().in_log:
        await asyncio.sleep(0)
    assert len((desk.engine.folder / "archive/2025/03_13.csv").read_text().splitlines()) == 2


async def test_midnight_may_be_left_to_others(tmp_path: Path) -> None:
    clock = FakeClock("2025-03-12T23:59:00")
    headend = HeadEnd(Engine.open(tmp_path, RULES, clock), close_at_midnight=False)
    await headend.start()
    await headend.register("m", {}, "test")
    await headend.upload("m", "1", None, "test")
    clock.set("2025-03-13T00:00:01")
    await headend.tick()
    await asyncio.sleep(0)
    assert headend.live().in_log == 1
    await headend.stop()


async def test_questions_see_what_is_stored_now(desk: HeadEnd) -> None:
    assert await desk.ask(len) == 0
    await read(desk, "1", "2025-03-12T01:00:00")
    assert await desk.ask(len) == 1
    await read(desk, "0.5", "2025-03-12T02:00:00")
    found = await desk.exceptions()
    assert found.counts == {"suspect": 1}
    assert found.rows[0].why == "0.5 kWh is lower than the 1 kWh counted at 2025-03-12T01:00:00+08:00"


async def test_the_rate_is_of_the_last_two_seconds(desk: HeadEnd) -> None:
    clock = desk.engine.clock
    assert isinstance(clock, FakeClock)
    for second in range(4):
        if second == 2:
            lane = ScriptLane([("m", str(i), None) for i in range(60)])
            desk.submit(lane)
            await lane.answered.wait()
        clock.advance(1)
        await desk.tick()
    live = desk.live()
    assert live.rate == 30
    assert live.history[-3:] == (0, 60, 0)
    assert len(live.arrivals) == 60
    assert live.arrivals[0].wh == 59_000


async def test_stopping_answers_what_has_arrived_and_gives_the_folder_back(desk: HeadEnd) -> None:
    lane = ScriptLane([("m", "1", "2025-03-12T01:00:00")])
    desk.submit(lane)
    await desk.stop()
    assert lane.answered.is_set()
    Engine.open(desk.engine.folder, RULES, desk.engine.clock).close()


async def test_who_did_what_is_kept(desk: HeadEnd) -> None:
    await desk.modify("m", {"address": "12 Elm Street"}, "ada@example.com")
    await desk.deactivate("m", "ada@example.com")
    assert (await read(desk, "1", "2025-03-12T01:00:00")).code == "deactivated"
    await desk.reactivate("m", "ada@example.com")
    await desk.stop()
    lines = (desk.engine.folder / "audit.log").read_text().splitlines()
    assert [line.split("\t")[1:3] for line in lines] == [
        ["test", "register"],
        ["ada@example.com", "modify"],
        ["ada@example.com", "deactivate"],
        ["ada@example.com", "reactivate"],
    ]


async def test_decisions_are_kept_audited_and_seen_at_once(desk: HeadEnd) -> None:
    for kwh, time in (("100", "2025-03-12T08:00"), ("101", "2025-03-12T09:00"), ("3", "2025-03-12T10:00")):
        await read(desk, kwh, time)
    at = desk.engine.zone.parse("2025-03-12T10:00")
    decision = Decision("exchange", "m", at, "worn out", 102_000, 3_000)
    assert (await desk.effects([decision], "ann"))[0].total_after == 2000
    assert await desk.ask(lambda frozen: int(frozen.curve.energy[-1])) == 1000
    [effect] = await desk.decide([decision], "ann")
    assert (effect.total_before, effect.total_after) == (1000, 2000)
    assert await desk.ask(lambda frozen: int(frozen.curve.energy[-1])) == 2000
    assert (await read(desk, "3.5", "2025-03-12T10:30")).kind == "ok"
    with pytest.raises(MeterError, match="declared already"):
        await desk.decide([decision], "ann")
    await desk.stop()
    audit = (desk.engine.folder / "audit.log").read_text()
    assert "\tann\texchange\tm\tat=2025-03-12T10:00:00+08:00 final=102 initial=3: worn out\n" in audit


async def test_a_decision_that_nobody_waits_for_any_more_is_finished(desk: HeadEnd) -> None:
    await read(desk, "100", "2025-03-12T08:00")
    at = desk.engine.zone.parse("2025-03-12T08:00")
    deciding = asyncio.create_task(desk.decide([Decision("void", "m", at, "misread")], "ann"))
    await asyncio.sleep(0)
    deciding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deciding
    await asyncio.gather(*desk._background)
    made = desk.engine.events.of("m")
    assert made is not None
    assert list(made.voids) == [at]
    assert "void" in (desk.engine.folder / "events.csv").read_text()


async def test_turns_that_took_long_are_followed_by_smaller_ones(desk: HeadEnd) -> None:
    turns = desk._turns
    for _ in range(9):
        turns._pace(0.2)
    assert turns._room == 64
    for _ in range(9):
        turns._pace(0.001)
    assert turns._room == 1024
