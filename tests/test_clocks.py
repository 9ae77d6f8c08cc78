"""Clocks that jump, days of 23 and 25 hours, midnight with readings in flight: nothing is lost or misplaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import DAY, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.index.reading_store import Mark
from metertui.engine.maintenance.check import check_folder
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Question
from metertui.headend.service import HeadEnd
from tests.clock import FakeClock

LONDON = SiteZone("Europe/London")


@asynccontextmanager
async def working(folder: Path, clock: FakeClock) -> AsyncIterator[HeadEnd]:
    """A desk with one meter, at work; its folder is proven at the end."""
    rules = Rules(zone=clock.zone)
    desk = HeadEnd(Engine.open(folder, rules, clock))
    await desk.start()
    await desk.accounts.register("m", {}, "test")
    yield desk
    await desk.stop()
    assert [p for proof in check_folder(folder, rules, lambda _: None) for p in proof.problems] == []


async def closes(desk: HeadEnd) -> int:
    """Tick, let what that began end, and count the day closes so far."""
    await desk.tick()
    await asyncio.gather(*desk._jobs.background)
    desk._jobs.append(bool).result()  # audit.log is behind
    return (desk.engine.folder / "audit.log").read_text().count("\tclose\t")


def times(desk: HeadEnd) -> list[str]:
    return [desk.engine.zone.iso(time) for time in desk.engine.series("m").time.tolist()]


async def test_readings_without_a_time_stand_apart_when_the_clock_is_put_back(tmp_path: Path) -> None:
    clock = FakeClock("2025-03-12T10:40:00")
    async with working(tmp_path, clock) as desk:
        for kwh in ("1", "2"):
            assert (await desk.store_reading("m", kwh, None, "test")).kind == "ok"
        clock.advance(1800)
        assert (await desk.store_reading("m", "3", None, "test")).kind == "ok"
        clock.set("2025-03-12T10:40:00")  # back to where it has been
        for kwh in ("4", "5"):
            assert (await desk.store_reading("m", kwh, None, "test")).kind == "ok"
        clock.advance(3600)
        assert (await desk.store_reading("m", "6", None, "test")).kind == "ok"
        assert len(set(times(desk))) == len(desk.engine.readings) == 6
        assert (await desk.worklist.exceptions()).counts["rejected"] == 1  # 3, which stands behind 5 now


async def test_a_clock_that_leaps_a_day_and_comes_back_closes_each_day_once(tmp_path: Path) -> None:
    clock = FakeClock("2025-03-12T10:40:00")
    async with working(tmp_path, clock) as desk:
        await desk.store_reading("m", "1", "2025-03-12T10:30", "test")
        clock.instant += DAY
        assert await closes(desk) == 1
        assert (await desk.store_reading("m", "2", "2025-03-13T10:30", "test")).kind == "ok"
        clock.instant -= DAY
        assert await closes(desk) == 1
        ahead = await desk.store_reading("m", "3", "2025-03-13T11:00", "test")
        assert ahead.code == "future-timestamp"
        assert (await desk.store_reading("m", "1.5", "2025-03-12T10:40", "test")).kind == "ok"  # late, by now
        clock.set("2025-03-13T00:00:00")
        assert await closes(desk) == 2
        assert await closes(desk) == 2
        assert sorted(path.name for path in (tmp_path / "archive/2025").iterdir()) == ["03_12.csv", "03_13.csv"]


async def test_durations_do_not_look_at_the_wall_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock("2025-03-12T10:40:00")
    async with working(tmp_path, clock) as desk:
        await desk.store_reading("m", "1", "2025-03-12T10:30", "test")
        write_day_files = desk.engine.day_close.write_day_files

        def slowly(count: Mark, progress: object) -> set[date]:
            clock.seconds += 2.5
            clock.instant -= DAY
            return write_day_files(count, lambda _: None)

        monkeypatch.setattr(desk.engine.day_close, "write_day_files", slowly)
        assert (await desk.day_close.close("test")).seconds == 2.5
        clock.instant -= DAY
        assert desk.live().uptime == 2.5


@pytest.mark.parametrize(
    ("now", "sent", "stored"),
    [
        ("2025-03-30T12:00", "2025-03-30T00:30", "2025-03-30T00:30:00+00:00"),
        ("2025-03-30T12:00", "2025-03-30T01:30", None),  # the clock goes from 01:00 to 02:00
        ("2025-03-30T12:00", "2025-03-30T01:30Z", "2025-03-30T02:30:00+01:00"),
        ("2025-03-30T12:00", "2025-03-30T02:00", "2025-03-30T02:00:00+01:00"),
        ("2025-10-26T12:00", "2025-10-26T01:30", "2025-10-26T01:30:00+01:00"),  # twice: the first
        ("2025-10-26T12:00", "2025-10-26T01:30+01:00", "2025-10-26T01:30:00+01:00"),
        ("2025-10-26T12:00", "2025-10-26T01:30+00:00", "2025-10-26T01:30:00+00:00"),
        ("2024-02-29T12:00", "2024-02-29T01:30", "2024-02-29T01:30:00+00:00"),
        ("2025-02-28T12:00", "2025-02-29T01:30", None),
        ("2025-01-01T00:05", "1969-12-31T23:59", None),
        ("1975-01-01T00:05", "1970-01-01T01:00", "1970-01-01T01:00:00+01:00"),  # British Standard Time
        ("2025-01-01T00:05", "2025-01-01T00:15", "2025-01-01T00:15:00+00:00"),
        ("2025-01-01T00:05", "2025-01-01T00:15:01", None),  # more than 10 minutes ahead
    ],
)
async def test_where_a_timestamp_stands(tmp_path: Path, now: str, sent: str, stored: str | None) -> None:
    async with working(tmp_path, FakeClock(now, LONDON)) as desk:
        outcome = await desk.store_reading("m", "1", sent, "test")
        assert outcome.stored is (stored is not None)
        assert times(desk) == ([stored] if stored else [])
        await desk.day_close.close("test")
        if stored:
            year, month, day = stored[:10].split("-")
            assert stored in (tmp_path / f"archive/{year}/{month}_{day}.csv").read_text()


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25), (date(2025, 3, 29), 24)])
async def test_a_day_has_the_hours_that_it_has(tmp_path: Path, day: date, hours: int) -> None:
    async with working(tmp_path, FakeClock(f"{day}T23:59:59", LONDON)) as desk:
        first = LONDON.midnight(day)
        for half in range(2 * hours + 1):  # a steady kilowatt
            instant = first + half * 1_800_000_000
            desk.engine.clock.instant = max(desk.engine.clock.instant, instant)  # type: ignore[attr-defined]
            assert (await desk.store_reading("m", f"{half / 2}", LONDON.iso(instant), "test")).kind == "ok"
        for by, rows in (("hour", hours), ("day", 1)):
            table = await desk.ask(usage_table, Question(day, day, (by,)))
            assert table["usage_wh"].tolist() == [hours * 1000 // rows] * rows
        await desk.day_close.close("test")
        lines = (tmp_path / f"archive/{day:%Y/%m_%d}.csv").read_text().splitlines()
        assert len(lines) == 1 + 2 * hours


async def test_midnight_with_readings_in_flight_loses_none(tmp_path: Path) -> None:
    clock = FakeClock("2025-03-12T23:59:58")
    async with working(tmp_path, clock) as desk:
        sent = 0

        async def meter(name: str) -> None:
            nonlocal sent
            await desk.accounts.register(name, {}, "test")
            for kwh in range(40):
                assert (await desk.store_reading(name, str(kwh), None, "test")).kind == "ok"
                sent += 1
                if sent % 50 == 0:
                    clock.advance(1)
                    await desk.tick()

        await asyncio.gather(*(meter(f"n{n}") for n in range(10)))
        await asyncio.gather(*desk._jobs.background)
        assert await closes(desk) == 1
        assert len(desk.engine.readings) == sent == 400
        await desk.day_close.close("test")
        files = {path.name: path.read_text().count("\n") - 1 for path in (tmp_path / "archive/2025").iterdir()}
        assert sum(files.values()) == 400
        assert all(files[name] for name in ("03_12.csv", "03_13.csv"))


async def test_a_clock_that_was_90_years_ahead_spoils_no_more_than_what_it_stamped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock("2025-03-12T10:40:00")
    async with working(tmp_path, clock) as desk:
        await desk.store_reading("m", "1", "2025-03-12T10:30", "test")
        clock.set("2115-03-12T10:40:00")
        assert await closes(desk) == 1  # the midnights since are made up, once
        assert "this machine's clock went from 2025-03-12 to 2115-03-12: check it" in caplog.messages
        assert (await desk.store_reading("m", "2", None, "test")).kind == "ok"
        board = await desk.worklist.completeness()
        assert board.rows[0].today.expected == 21
        await desk.day_close.close("test")
        clock.set("2025-03-12T11:10:00")
        assert await closes(desk) == 2
        assert (await desk.store_reading("m", "1.5", "2025-03-12T11:00", "test")).kind == "ok"
        assert (await desk.day_close.close("test")).late == 0
        assert desk.engine.usage("m", "today").usage_wh == 500
    rules = Rules(zone=clock.zone)
    engine = Engine.open(tmp_path, rules, clock)
    (told,) = engine.warnings
    assert told.startswith("1 reading is later than this machine's clock, the newest at 2115-03-12T10:40:00+08:00")
    engine.close()


async def test_a_start_with_a_clock_90_years_ahead_says_so_and_its_made_up_midnight_keeps_all_figures(
    tmp_path: Path,
) -> None:
    clock = FakeClock("2025-03-12T10:40:00")
    async with working(tmp_path, clock) as desk:
        for kwh, time in (("1", "2025-03-12T10:00"), ("2", "2025-03-12T10:30")):
            assert (await desk.store_reading("m", kwh, time, "test")).kind == "ok"
    clock.set("2115-03-12T10:40:00")
    (told,) = (engine := Engine.open(tmp_path, Rules(zone=clock.zone), clock)).warnings
    assert told.startswith(
        "this machine's clock says 2115-03-12T10:40:00+08:00, 32871 days after the last entry of this folder, "
        "of 2025-03-12T10:40:00+08:00: check the clock"
    )
    desk = HeadEnd(engine)
    await desk.start()
    assert await closes(desk) == 1  # in the day file of its readings, not in that of the clock
    assert (tmp_path / "archive/2025/03_12.csv").read_text().count("\nm,") == 2
    assert (await desk.store_reading("m", "3", "2025-03-12T11:00", "test")).code == "past-timestamp"
    await desk.stop()
    clock.set("2025-03-12T11:10:00")
    async with working(tmp_path, clock) as desk:
        assert desk.engine.warnings == []
        assert await closes(desk) == 1
        assert (await desk.store_reading("m", "3", "2025-03-12T11:00", "test")).kind == "ok"
        assert desk.engine.usage("m", "today").usage_wh == 2000
