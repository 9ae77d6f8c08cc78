"""The day close on a running head-end, on request and at midnight."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from metertui.engine.attributes import Group
from metertui.engine.core.engine import Engine
from metertui.engine.errors import BusyError, StorageError
from metertui.engine.index.reading_store import Mark, Rebuilt
from metertui.headend.service import HeadEnd
from tests.clock import FakeClock
from tests.desk import RULES, read
from tests.patience import PATIENCE, until


async def test_ingest_continues_during_a_day_close(desk: HeadEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    await read(desk, "1", "2025-03-11T01:00:00")
    gate = threading.Event()
    write_day_files = desk.engine.day_close.write_day_files

    def slow(count: Mark, progress: Callable[[float], None]) -> set[date]:
        assert gate.wait(PATIENCE)
        return write_day_files(count, progress)

    monkeypatch.setattr(desk.engine.day_close, "write_day_files", slow)
    closing = asyncio.create_task(desk.day_close.close("test"))
    await until(lambda: desk.live().day_state == "writing day files")
    assert (await read(desk, "2", "2025-03-12T01:00:00")).kind == "ok"
    assert (await read(desk, "2", "2025-03-12T01:00:00")).kind == "duplicate"
    assert (await read(desk, "1", "2025-03-11T01:00:00")).kind == "duplicate"
    with pytest.raises(BusyError, match="running already"):
        await desk.day_close.close("another")
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


async def test_a_day_close_counts_late_readings_and_is_known_after_a_restart(desk: HeadEnd) -> None:
    await read(desk, "1", "2025-03-10T01:00:00")
    first = await desk.day_close.close("test")
    assert (first.files, first.late) == (1, None)  # what was over before is not known
    await read(desk, "1", "2025-03-11T23:30:00")
    await read(desk, "2", "2025-03-12T00:00:00")
    await read(desk, "1", "2025-03-10T00:00:00")
    second = await desk.day_close.close("test")
    assert (second.readings, second.files, second.late, second.late_files) == (3, 3, 2, 2)
    assert desk.engine.day_close.day_files == (3, 3)
    desk._jobs.append(bool).result()  # the audit trail is written meanwhile
    again = HeadEnd(desk.engine, close_at_midnight=False)
    kept = again.live().last_close
    assert kept is not None
    assert (kept.readings, kept.files, kept.late, kept.late_files, kept.by) == (3, 3, 2, 2, "test")


async def test_a_day_close_of_an_empty_log_moves_nothing(desk: HeadEnd) -> None:
    close = await desk.day_close.close("test")
    assert (close.readings, close.files) == (0, 0)


async def test_a_day_close_completes_one_that_the_disk_interrupted(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read(desk, "1", "2025-03-11T01:00:00")
    with monkeypatch.context() as patched:
        patched.setattr(desk.engine.day_close, "write_day_files", _refuse)
        with pytest.raises(StorageError):
            await desk.day_close.close("test")
    await read(desk, "2", "2025-03-12T01:00:00")
    close = await desk.day_close.close("test")
    assert (close.readings, close.files) == (2, 2)
    assert not (desk.engine.folder / "log.sealed.txt").exists()
    assert desk.live().in_log == 0


def _refuse(*_: object) -> int:
    raise StorageError("the disk is full")


async def test_accounts_that_move_during_a_day_close_are_indexed_in_their_groups(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However steadily they do: one index is built."""
    engine = desk.engine
    await read(desk, "1", "2025-03-12T10:00:00")
    await read(desk, "2", "2025-03-12T10:45:00")  # five minutes ahead, as it may be
    rebuild = engine.readings.rebuild_history
    loop = asyncio.get_running_loop()
    regions = iter(("West", "North", "South", "East", "West", "North"))
    rebuilds = 0

    def move() -> None:
        moving = desk.accounts.modify("m", {"region": next(regions)}, "test")
        asyncio.run_coroutine_threadsafe(moving, loop).result(PATIENCE)

    def rebuild_while_moving(count: Mark, *parts: Any) -> Rebuilt:
        nonlocal rebuilds
        rebuilds += 1
        move()
        rebuilt = rebuild(count, *parts)
        move()
        return rebuilt

    monkeypatch.setattr(engine.readings, "rebuild_history", rebuild_while_moving)
    await desk.day_close.close("test")
    found = {
        region: len(engine.view().find(groups=engine.directory.groups_matching(Group(region))))
        for region in ("East", "West", "North")
    }
    assert (found, rebuilds) == ({"East": 1, "West": 0, "North": 1}, 1)


async def test_midnight_closes_the_day_and_creates_the_next_day_file(desk: HeadEnd) -> None:
    await read(desk, "1", "2025-03-12T10:00:00")
    clock = desk.engine.clock
    assert isinstance(clock, FakeClock)
    clock.set("2025-03-12T23:59:59")
    await desk.tick()
    assert desk.live().in_log == 1
    clock.set("2025-03-13T00:00:00")
    await desk.tick()
    await until(lambda: not (desk.day_close.running or desk.live().in_log or desk._jobs.background))
    assert (desk.engine.folder / "archive/2025/03_13.csv").read_text() == "identifier,timestamp,usage\n"
    assert len((desk.engine.folder / "archive/2025/03_12.csv").read_text().splitlines()) == 2
    clock.set("2025-03-12T23:59:59")  # the clock jumps back, and midnight comes again
    await desk.tick()
    clock.set("2025-03-13T00:00:01")
    await read(desk, "2", "2025-03-13T00:00:00")
    assert desk.live().in_log == 1
    await desk.tick()
    await until(lambda: not (desk.day_close.running or desk.live().in_log))
    assert len((desk.engine.folder / "archive/2025/03_13.csv").read_text().splitlines()) == 2


async def test_midnight_closes_the_day_when_the_next_day_file_cannot_be_created(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await read(desk, "1", "2025-03-12T10:00:00")
    monkeypatch.setattr(desk.engine.archive, "ensure_day", _refuse)
    assert isinstance(desk.engine.clock, FakeClock)
    desk.engine.clock.set("2025-03-13T00:00:00")
    await desk.tick()
    await until(lambda: not (desk.day_close.running or desk.live().in_log or desk._jobs.background))
    assert len((desk.engine.folder / "archive/2025/03_12.csv").read_text().splitlines()) == 2
    assert "the file of 2025-03-13: the disk is full" in caplog.text


async def test_the_next_day_file_is_not_created_during_a_day_close(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    gate = threading.Event()
    write_day_files, ensure = desk.engine.day_close.write_day_files, desk.engine.archive.ensure_day

    def slow(count: Mark, progress: Callable[[float], None]) -> object:
        assert gate.wait(PATIENCE)
        done.append("close")
        return write_day_files(count, progress)

    def noted(day: date) -> None:
        done.append("open")
        ensure(day)

    monkeypatch.setattr(desk.engine.day_close, "write_day_files", slow)
    monkeypatch.setattr(desk.engine.archive, "ensure_day", noted)
    assert isinstance(desk.engine.clock, FakeClock)
    desk.engine.clock.set("2025-03-12T23:59:59")
    await read(desk, "1", "2025-03-13T00:05:00")  # some minutes ahead, as it may be
    closing = asyncio.create_task(desk.day_close.close("test"))
    await until(lambda: desk.live().day_state == "writing day files")
    desk.engine.clock.set("2025-03-13T00:00:00")
    await desk.tick()
    await read(desk, "2", "2025-03-13T00:06:00")  # the thread that writes has got so far
    gate.set()
    await closing
    await until(lambda: not desk._jobs.background)
    assert done == ["close", "open"]
    assert len((desk.engine.folder / "archive/2025/03_13.csv").read_text().splitlines()) == 2


async def test_midnight_closes_no_day_if_it_is_switched_off(tmp_path: Path) -> None:
    clock = FakeClock("2025-03-12T23:59:00")
    headend = HeadEnd(Engine.open(tmp_path, RULES, clock), close_at_midnight=False)
    await headend.start()
    await headend.accounts.register("m", {}, "test")
    await headend.store_reading("m", "1", None, "test")
    clock.set("2025-03-13T00:00:01")
    await headend.tick()
    await asyncio.sleep(0)
    assert headend.live().in_log == 1
    await headend.stop()


@pytest.mark.parametrize("at_midnight", [True, False])
async def test_a_midnight_that_was_missed_is_made_up_at_start_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, at_midnight: bool
) -> None:
    with closing(Engine.open(tmp_path, RULES, FakeClock("2025-03-11T10:40:00"))) as engine:
        batch = engine.ingest.begin()
        batch.add_account("m", {})
        batch.add_reading("m", "1", "2025-03-11T10:00")
        engine.ingest.write(batch)
    os.utime(tmp_path / "log.txt", ns=(RULES.zone.parse("2025-03-11T10:40") * 1000,) * 2)
    caplog.set_level("INFO")
    headend = HeadEnd(Engine.open(tmp_path, RULES, FakeClock("2025-03-14T08:00:00")), close_at_midnight=at_midnight)
    await headend.start()
    await headend.tick()
    await until(lambda: not headend._jobs.background)
    close = headend.day_close.last
    assert (close and (close.readings, close.by)) == ((1, "midnight, done late") if at_midnight else None)
    assert ("the log is of 2025-03-11" in caplog.text) is at_midnight
    await headend.tick()
    assert not headend._jobs.background  # once
    await headend.stop()


async def test_a_machine_that_slept_over_midnight_makes_the_close_up(desk: HeadEnd) -> None:
    await read(desk, "1", "2025-03-12T10:00:00")
    assert isinstance(desk.engine.clock, FakeClock)
    desk.engine.clock.set("2025-03-14T08:00:00")
    await desk.tick()
    await until(lambda: not (desk.day_close.running or desk.live().in_log or desk._jobs.background))
    assert desk.day_close.last is not None
    assert desk.day_close.last.by == "midnight, done late"


async def test_a_close_that_the_disk_refused_at_midnight_is_tried_again(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = desk.engine.clock
    assert isinstance(clock, FakeClock)
    await read(desk, "1", "2025-03-12T10:00:00")
    clock.set("2025-03-13T00:00:00")
    with monkeypatch.context() as patched:
        patched.setattr(desk.engine.day_close, "write_day_files", _refuse)
        await desk.tick()
        await until(lambda: bool(desk.live().storage_error) and not desk._jobs.background)
    clock.advance(59)
    await desk.tick()
    assert not desk._jobs.background
    clock.advance(1)
    await desk.tick()
    await until(lambda: not (desk.day_close.running or desk.live().in_log or desk._jobs.background))
    assert desk.day_close.last is not None
    assert (desk.day_close.last.by, desk.day_close.last.readings) == ("midnight", 1)


async def test_a_start_on_a_full_disk_answers_for_it_and_makes_its_close_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "users.csv").write_text("identifier,address,region,sub_region,postcode,apartment_type\nm,,,,,\n")
    (tmp_path / "log.sealed.txt").write_text("m,2025-03-11T10:00:00+08:00,1\n")
    clock = FakeClock("2025-03-12T08:00:00")
    with monkeypatch.context() as patched:
        patched.setattr("metertui.engine.storage.durable.write_all", _full)
        headend = HeadEnd(Engine.open(tmp_path, RULES, clock), close_at_midnight=False)
        await headend.start()
        assert "No space left" in headend.live().storage_error
        assert (await read(headend, "2", "2025-03-12T07:00")).code == "storage"
        await headend.tick()
        await until(lambda: not headend._jobs.background)
    assert (await read(headend, "2", "2025-03-12T07:00")).kind == "ok"
    clock.advance(60)
    await headend.tick()
    await until(lambda: not headend._jobs.background)
    assert headend.live().storage_error == ""
    assert headend.day_close.last is not None
    assert (headend.day_close.last.readings, headend.day_close.last.by) == (2, "the start")
    assert not (tmp_path / "log.sealed.txt").exists()
    await headend.stop()


def _full(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")
