"""A disk that refuses: what was answered OK is stored, what was refused is not, and no restart is needed to go on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError, StorageError
from metertui.engine.maintenance.check import check_folder
from metertui.headend.service import HeadEnd
from tests.clock import FakeClock

RULES = Rules(zone=SiteZone("Asia/Singapore"))
OPERATIONS = (
    "open",
    "write",
    "fsync",
    "fdatasync",
    "replace",
    "rename",
    "ftruncate",
    "truncate",
    "unlink",
    "mkdir",
    "fchmod",
)
FAULTS = [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EMFILE]


class Disk:
    """Operations on files, of which some can be made to fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done = 0
        self.failing: dict[int, OSError] = {}
        for name in OPERATIONS:
            monkeypatch.setattr(os, name, self._watched(getattr(os, name)))

    def fail(self, first: int, count: int, code: int) -> None:
        """Let `count` operations fail, after so many from now."""
        self.done = 0
        self.failing = {first + n: OSError(code, os.strerror(code)) for n in range(count)}

    def mend(self) -> None:
        self.failing = {}

    def _watched(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*args: Any, **options: Any) -> Any:
            self.done += 1
            if (error := self.failing.get(self.done - 1)) is not None:
                raise error
            return real(*args, **options)

        return operation


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk(monkeypatch)
    yield made
    made.mend()


class Desk:
    """A day at the desk, with a note of what was answered OK."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.headend = HeadEnd(Engine.open(folder, RULES, FakeClock("2025-03-12T10:40:00")), close_at_midnight=False)
        self.readings: set[tuple[str, int]] = set()
        self.accounts: dict[str, str] = {}
        self._kwh = 0

    async def read(self, meter: str) -> str:
        self._kwh += 1
        outcome = await self.headend.store_reading(meter, str(self._kwh), f"2025-03-{self._kwh:02d}T10:00", "test")
        if outcome.stored:
            self.readings.add((meter, self._kwh * 1000))
        return outcome.code

    async def register(self, meter: str) -> None:
        outcome = await self.headend.accounts.register(meter, {"region": "East"}, "test")
        if outcome.stored:
            self.accounts[meter] = "East"

    async def modify(self, meter: str, region: str) -> None:
        try:
            await self.headend.accounts.modify(meter, {"region": region}, "test")
        except MeterError:
            return
        self.accounts[meter] = region

    async def close_day(self) -> bool:
        try:
            await self.headend.day_close.close("test")
        except StorageError:
            return False
        return True

    async def work(self) -> None:
        """Registering, reading, closing, changing."""
        await self.register("n")
        await self.read("m")
        await self.close_day()
        await self.read("m")
        await self.modify("m", "West")
        await self.read("m")
        await self.register("o")
        await self.close_day()
        await self.read("m")


async def started(folder: Path) -> Desk:
    desk = Desk(folder)
    await desk.headend.start()
    await desk.register("m")
    await desk.read("m")
    return desk


async def assert_sound(desk: Desk, *, proven: bool = True) -> None:
    """All that was answered OK is stored and nothing else, here and after a restart; `proven`: check says so too."""

    def stored(engine: Engine) -> set[tuple[str, int]]:
        columns, ids = engine.view().frozen().columns, engine.directory.ids
        return {(ids[meter], wh) for meter, wh in zip(columns.meter.tolist(), columns.wh.tolist(), strict=True)}

    engine = desk.headend.engine
    assert len(engine.readings) == len(desk.readings)
    assert stored(engine) == desk.readings
    await desk.headend.stop()
    again = Engine.open(desk.folder, RULES, engine.clock)
    assert len(again.readings) == len(desk.readings)
    assert stored(again) == desk.readings
    assert {account.meter: account.region for account in again.accounts} == desk.accounts
    again.close()
    if proven:
        assert [p for proof in check_folder(desk.folder, RULES, lambda _: None) for p in proof.problems] == []


@pytest.mark.parametrize("length", [1, 4])
async def test_whichever_operation_fails_the_answers_are_true_and_the_desk_goes_on(
    tmp_path: Path, disk: Disk, length: int
) -> None:
    first = 0
    while True:
        desk = await started(tmp_path / f"{first}")
        disk.fail(first, length, FAULTS[first % len(FAULTS)])
        await desk.work()
        reached = disk.done > first
        disk.mend()
        assert await desk.close_day()
        assert desk.headend.live().storage_error == ""
        assert await desk.read("m") == ""
        await assert_sound(desk, proven=first % 7 == 0)  # each kind of fault has its turn
        if not reached:
            break
        first += 1 if length == 1 else 3
    assert first > 40, "the operations were not counted"


async def test_after_a_failed_sync_nothing_is_answered_ok_until_a_new_log_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await started(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
        assert await desk.read("m") == "storage"
    assert await desk.read("m") == "storage"  # though the disk would take it again
    assert "could not be synced (Input/output error)" in desk.headend.live().storage_error
    assert await desk.close_day()
    assert await desk.read("m") == ""
    await assert_sound(desk)
