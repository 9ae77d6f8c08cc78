"""Imports into a running head-end, beside the readings that meters send."""

from __future__ import annotations

import asyncio
import errno
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import MINUTE, SiteZone
from metertui.engine.core import batch
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError, StorageError
from metertui.engine.intervals import IntervalStore
from metertui.engine.replica.changes import ChangeReader
from metertui.engine.storage import durable, file_group
from metertui.formats import Said, readers
from metertui.headend import accounts
from metertui.headend.read_only import ReadOnlyHeadEnd
from metertui.headend.service import HeadEnd
from metertui.headend.thread_progress import ThreadProgress
from tests.clock import FakeClock
from tests.desk import ScriptLane
from tests.patience import PATIENCE

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
START = ZONE.parse("2025-03-10T00:00:00")


def history(path: Path, chance: random.Random, meters: int = 4, slots: int = 96) -> Path:
    """A file of simulated readings in any order, some twice, some bad."""
    lines = []
    for meter in range(meters):
        for slot in range(slots):
            wh = 1000 + slot * 0.5 + chance.choice((0, 0, 0, 0, 0, -700))
            lines += [f"m-{meter},{ZONE.iso(START + slot * 30 * MINUTE)},{wh:g}"] * chance.choice((1, 1, 1, 2))
    chance.shuffle(lines)
    lines.insert(3, "no line")
    path.write_text("identifier,timestamp,usage\n" + "".join(f"{line}\n" for line in lines))
    return path


def figures(engine: Engine) -> list[Any]:
    frozen = engine.view().frozen()
    columns = frozen.columns
    meters = [frozen.ids[code] for code in columns.meter.tolist()]
    return sorted(zip(meters, columns.time.tolist(), columns.wh.tolist(), frozen.status.tolist(), strict=True))


async def start(folder: Path) -> HeadEnd:
    headend = HeadEnd(Engine.open(folder, RULES, FakeClock()))
    await headend.start()
    await headend.accounts.register("m-1", {"region": "East"}, "test")
    await headend.store_reading("m-1", "1010", "2025-03-10T10:00", "test")
    return headend


@pytest.mark.parametrize("seed", range(3))
async def test_an_import_gives_what_the_command_gives(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_MOST_LATE", 3 + 1000 * seed)  # small batches, or a single one
    file = history(tmp_path / "x.csv", random.Random(seed))
    for name in "ab":
        headend = await start(tmp_path / name)
        if name == "b":
            told: list[float] = []
            importing = await headend.imports.plan([file])
            planned = importing.report.as_json(5, ZONE)
            report = await headend.imports.store(importing, "x.csv", "me", told.append)
            assert report.as_json(5, ZONE) == planned
            assert told == sorted(told)
            assert told[-1] == pytest.approx(0.9)
            assert headend.live().in_log == 0
            running = figures(headend.engine)
        await headend.stop()
    engine = Engine.open(tmp_path / "a", RULES, FakeClock())
    now = engine.clock.now()
    taken = readers.read_import(engine.view().frozen(), engine.events.frozen(), [file], None, now)
    assert taken.finish(engine.accounts, engine.archive, now=now).as_json(5, ZONE) == planned
    engine.close()
    opened = [Engine.open_readonly(tmp_path / name, RULES, FakeClock()) for name in "ab"]
    assert figures(opened[0]) == figures(opened[1]) == running
    assert list(opened[0].accounts) == list(opened[1].accounts)


INTERVALS = "identifier,start,end,kwh,quality\n"


def interval(meter: str, hour: int, kwh: str) -> str:
    return f"{meter},2025-03-10T{hour:02d}:00,2025-03-10T{hour + 1:02d}:00,{kwh},\n"


async def test_intervals_are_in_use_at_once_and_a_second_desk_follows(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(INTERVALS + interval("m-2", 8, "0.5") + interval("m-1:export", 10, "7") + interval("m-2", 9, "1"))
    headend = await start(tmp_path / "data")
    desk = ReadOnlyHeadEnd(*ChangeReader.open(tmp_path / "data", RULES, FakeClock()))
    report = await headend.imports.store(await headend.imports.plan([file]), "x.csv", "me")
    assert (report.new, report.registered, headend.live().in_log) == (3, 1, 1)
    await desk.follow()
    for engine in (headend.engine, desk.engine):
        assert engine.usage("m-2", "all").usage_wh == 1500
        assert engine.usage("m-1:export", "all").usage_wh == 7000
        assert engine.directory.meters == 2
    await headend.store_reading("m-2", "3", "2025-03-10T10:30", "test")  # its code is known to ingest
    # Two that were planned before either was stored: the second finds what the first has brought.
    file.write_text(INTERVALS + interval("m-2", 8, "0.75") + interval("m-3", 9, "1"))
    first, second, third = [await headend.imports.plan([file], replaces=replaces) for replaces in (True, True, False)]
    assert second.report.replaced == third.report.different == 1
    assert (await headend.imports.store(first, "x.csv", "me")).replaced == 1
    report = await headend.imports.store(second, "x.csv", "me")
    assert (report.new, report.duplicate, report.replaced) == (0, 2, 0)
    assert (await headend.imports.store(third, "x.csv", "me")).different == 0
    await desk.follow()
    for engine in (headend.engine, desk.engine):
        assert engine.usage("m-2", "all").usage_wh == 1750
        assert engine.usage("m-3", "all").usage_wh == 1000
        assert engine.readings.former.energy.tolist() == [500_000_000], "what was replaced is still known"
    audit = (tmp_path / "data" / "audit.log").read_text()
    assert audit.count("\treplace intervals\tx.csv\t1 interval replaced; x.csv ") == 1
    high = tmp_path / "high.csv"
    high.write_text(INTERVALS + interval("m-4", 8, "100.001"))
    with pytest.raises(MeterError, match="1 interval of m-4 above what the meter can draw"):
        await headend.imports.store(await headend.imports.plan([high]), "high.csv", "me")
    assert "m-4" not in headend.engine.accounts
    await desk.stop()
    await headend.stop()


async def test_ingest_goes_on_while_accounts_of_an_import_are_planned_and_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_AT_ONCE", 1)
    meters = [f"m-{n}" for n in range(4)]
    file = tmp_path / "x.csv"
    rows = [f"{meter},2025-03-1{day}T00:00,{day},{place}" for meter in meters for day, place in ((1, "N"), (2, "S"))]
    file.write_text("identifier,timestamp,usage,region\n" + "".join(f"{row}\n" for row in rows))
    headend = await start(tmp_path / "data")
    engine = headend.engine
    for meter in meters:
        await headend.accounts.register(meter, {}, "test")
        await headend.store_reading(meter, "1", "2025-03-10T12:00", "test")
    importing = await headend.imports.plan([file])
    stored = threading.Event()
    plan, refresh, regroup = importing.plan_accounts, engine.ingest.refresh_meter, engine.readings.regroup
    refreshed: list[str] = []
    lanes: list[ScriptLane] = []
    regrouped: list[list[str]] = []

    def plan_late(*given: Any) -> Any:
        assert stored.wait(PATIENCE), "a reading is stored meanwhile"
        return plan(*given)

    def refresh_and_send(meter: str) -> list[int]:
        assert all(lane.outcomes for lane in lanes), "what was sent at the meter before is in a batch by now"
        lanes.append(ScriptLane([("m-1", f"{1020 + len(lanes)}", f"2025-03-10T11:0{len(lanes)}")]))
        headend.submit(lanes[-1])
        refreshed.append(meter)
        return refresh(meter)

    def note(codes: list[int]) -> None:
        regrouped.append([engine.directory.ids[code] for code in codes])
        regroup(codes)

    monkeypatch.setattr(importing, "plan_accounts", plan_late)
    monkeypatch.setattr(engine.ingest, "refresh_meter", refresh_and_send)
    monkeypatch.setattr(engine.readings, "regroup", note)
    storing = asyncio.create_task(headend.imports.store(importing, "x.csv", "me"))
    assert (await headend.store_reading("m-1", "1011", "2025-03-10T10:30", "test")).kind == "ok"
    stored.set()
    await storing
    assert sorted(refreshed) == meters
    assert [sorted(each) for each in regrouped] == [meters], "all at once"
    await headend.stop()


async def test_a_deactivated_meter_gets_its_earlier_readings_only(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(
        "identifier,timestamp,usage\nm-1,2025-03-10T00:00,1000\nm-1,2025-03-12T10:30,1001\n"
        "m-1,2025-03-12T10:45,1002\nm-2,2025-03-12T10:45,7\n"
    )
    headend = await start(tmp_path / "data")
    await headend.accounts.register("m-2", {}, "test")
    for meter in ("m-1", "m-2"):
        await headend.accounts.deactivate(meter, "test", "pulled down")
    await headend.accounts.reactivate("m-2", "test")
    planned = (await headend.imports.plan([file])).report
    since = headend.engine.zone.iso(headend.engine.clock.now())
    assert (planned.new, planned.refused, planned.reasons) == (3, 1, {"deactivated": 1})
    assert planned.refused_lines[0].line == 4
    assert planned.refused_lines[0].why == f"m-1 was deactivated at {since}; only earlier readings are accepted"
    report = await headend.imports.store(await headend.imports.plan([file]), "x.csv", "me")
    assert (report.new, report.refused) == (3, 1)
    assert (await headend.store_reading("m-1", "1001", "2025-03-12T10:30", "test")).code == "deactivated"
    await headend.stop()
    assert "x.csv:4\tdeactivated\t" in (tmp_path / "data/rejects.log").read_text()
    alone = HeadEnd(
        Engine.open(tmp_path / "data", RULES, FakeClock())
    )  # as a command does where nobody owns the folder
    await alone.start()
    again = await alone.imports.merge(await alone.imports.plan([file]), "x.csv", "me")
    assert (again.new, again.duplicate, again.reasons) == (0, 3, {"deactivated": 1})
    await alone.stop()


async def test_readings_that_arrive_after_the_plan_are_compared(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        "identifier,timestamp,usage\nm-1,2025-03-10T00:00,1000\nm-1,2025-03-10T01:00,1001\nm-1,2025-03-10T02:00,1002\n"
    )
    headend = await start(tmp_path / "data")
    importing = await headend.imports.plan([tmp_path / "x.csv"])
    assert (importing.report.new, importing.report.duplicate, importing.report.refused) == (3, 0, 0)
    assert (await headend.store_reading("m-1", "1001", "2025-03-10T01:00", "test")).kind == "ok"
    assert (await headend.store_reading("m-1", "1003", "2025-03-10T02:00", "test")).kind == "ok"
    report = await headend.imports.store(importing, "x.csv", "me")
    assert (report.read, report.new, report.duplicate, report.refused) == (3, 1, 1, 1)
    assert report.refused_lines[0].code == "conflict"
    assert [each[2] for each in figures(headend.engine)] == [1000_000, 1001_000, 1003_000, 1010_000]
    await headend.stop()
    audit = (tmp_path / "data/audit.log").read_text()
    assert "\tme\timport\tx.csv\tread 3, new 1, duplicate 1, different 0, suspect 0, refused 1, " in audit
    assert "x.csv:4\tconflict\t" in (tmp_path / "data/rejects.log").read_text()


async def test_ingest_continues_during_an_import(tmp_path: Path) -> None:
    file = history(tmp_path / "x.csv", random.Random(1), meters=34, slots=117)
    headend = await start(tmp_path / "data")
    importing = await headend.imports.plan([file])
    task = asyncio.create_task(headend.imports.store(importing, "x.csv", "me"))
    answered = 0
    while not task.done():
        minute, second = divmod(answered, 60)
        time = f"2025-03-12T10:{minute:02}:{second:02}.5"
        assert (await headend.store_reading("m-1", f"{2000 + answered}", time, "test")).stored
        answered += 1
        await asyncio.sleep(0)
    assert answered > 2
    assert task.result().new == 34 * 117 - 1  # m-1 had one of these
    await headend.stop()


async def test_an_import_that_the_disk_ends_is_completed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = history(tmp_path / "x.csv", random.Random(2), meters=34, slots=117)
    headend = await start(tmp_path / "data")
    whole = headend.engine.ingest.write
    batches = 0

    def refuse(batch: Any) -> None:
        nonlocal batches
        batches += 1
        if batches == 3:
            raise StorageError("cannot write log.txt: No space left on device")
        whole(batch)

    monkeypatch.setattr(headend.engine.ingest, "write", refuse)
    with pytest.raises(StorageError):
        await headend.imports.store(await headend.imports.plan([file]), "x.csv", "me")
    before = len(headend.engine.readings)
    assert 1000 < before < 34 * 117
    report = await headend.imports.store(await headend.imports.plan([file]), "x.csv", "me")
    assert report.new == len(headend.engine.readings) - before
    assert len(headend.engine.readings) == 34 * 117
    await headend.stop()


@pytest.mark.parametrize("how", ["refused", "cancelled"])
async def test_of_intervals_whose_import_ends_amid_their_days_those_are_in_use_that_are_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    file = tmp_path / "x.csv"
    rows = [f"m-2,2025-03-0{day}T08:00,2025-03-0{day}T09:00,{day},\n" for day in range(1, 6)]
    file.write_text(INTERVALS + "".join(rows))
    headend = await start(tmp_path / "data")
    importing = await headend.imports.plan([file])
    loop, put, placed = asyncio.get_running_loop(), durable.Replacement.put_in_place, 0

    def put_two(draft: durable.Replacement) -> None:
        nonlocal placed
        placed += 1
        if how == "refused" and placed == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        put(draft)
        if how == "cancelled" and placed == 2:
            loop.call_soon_threadsafe(storing.cancel)
            assert gave_up.wait(PATIENCE)

    gave_up, give_up = threading.Event(), ThreadProgress.give_up

    def note(told: ThreadProgress) -> None:
        give_up(told)
        gave_up.set()

    with monkeypatch.context() as patched:
        patched.setattr(ThreadProgress, "give_up", note)
        patched.setattr(file_group, "MOST_FILES", 1)
        patched.setattr(durable.Replacement, "put_in_place", put_two)
        storing = asyncio.create_task(headend.imports.store(importing, "x.csv", "me"))
        with pytest.raises(asyncio.CancelledError if how == "cancelled" else StorageError):
            await storing
        await asyncio.gather(*headend._jobs.background)
    assert headend.engine.usage("m-2", "all").usage_wh == 3000
    assert len(IntervalStore(tmp_path / "data", ZONE).read_all()) == 2
    report = await headend.imports.store(await headend.imports.plan([file]), "x.csv", "me")
    assert (report.new, report.duplicate) == (3, 2)
    assert headend.engine.usage("m-2", "all").usage_wh == 15_000
    await headend.stop()
    audit = (tmp_path / "data" / "audit.log").read_text()
    assert audit.count("\timport cancelled\tx.csv\t") == (how == "cancelled")


async def test_a_disk_that_neither_takes_nor_gives_intervals_is_said_to_take_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.csv"
    file.write_text(INTERVALS + interval("m-2", 8, "0.5"))
    headend = await start(tmp_path / "data")
    importing = await headend.imports.plan([file])

    def refuse(*_: object) -> None:
        raise StorageError("No space left on device")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(IntervalStore, "add_days", refuse)
        patched.setattr(IntervalStore, "read_day", fail)
        with pytest.raises(StorageError, match="No space left"):
            await headend.imports.store(importing, "x.csv", "me")
    await headend.stop()


async def test_a_command_that_is_cancelled_ends_behind_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = history(tmp_path / "x.csv", random.Random(2), meters=2, slots=200)
    headend = await start(tmp_path / "data")
    importing, begun = await headend.imports.plan([file]), asyncio.Event()
    give_up, gave_up, loop = ThreadProgress.give_up, threading.Event(), asyncio.get_running_loop()

    def note(told: ThreadProgress) -> None:
        give_up(told)
        gave_up.set()

    def share(told: ThreadProgress, done: float) -> None:
        loop.call_soon_threadsafe(begun.set)
        assert gave_up.wait(PATIENCE)
        assert done < 1
        told.rows(0)

    monkeypatch.setattr(ThreadProgress, "give_up", note)
    monkeypatch.setattr(ThreadProgress, "share", share)
    merging = asyncio.create_task(headend.imports.merge(importing, "x.csv", "me"))
    await begun.wait()
    merging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await merging
    await headend.stop()
    assert not list((tmp_path / "data").glob("archive/*/*.new-*"))


async def test_an_unreadable_file_changes_nothing(tmp_path: Path) -> None:
    headend = await start(tmp_path / "data")
    (tmp_path / "x.csv").write_text("what is this\n")
    for name in ("x.csv", "none.csv"):
        with pytest.raises(MeterError):
            await headend.imports.plan([tmp_path / name])
    assert len(headend.engine.readings) == 1
    await headend.stop()


async def test_a_mapping_is_saved_and_knows_the_next_file(tmp_path: Path) -> None:
    headend = await start(tmp_path / "data")
    for name, day in (("june", "10"), ("july", "11")):
        rows = [f"{day}/03/2025 0{hour}:00;5\n" for hour in range(3)]
        (tmp_path / f"{name}.csv").write_text("when;how much\n" + "".join(rows))
    columns = {"time": "when", "kwh": "how much"}
    said = Said("interval", "m-1", "Asia/Singapore", "start", "kWh", "dmy", columns)
    mapping = await headend.imports.mapping_of(tmp_path / "june.csv", "quay", said)
    await headend.imports.save_mapping(mapping, "test")
    saved = tmp_path / "data" / "mappings" / "quay.toml"
    assert saved.stat().st_mode & 0o777 == 0o600
    importing = await headend.imports.plan([tmp_path / "july.csv"], said=Said(meter="m-1"))
    assert (importing.report.new, importing.report.refused) == (3, 0)
    await headend.stop()
    assert "save mapping\tquay\tas june.csv" in (tmp_path / "data" / "audit.log").read_text()


async def test_the_most_power_that_is_said_of_meters_judges_their_readings_and_is_audited(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    hours = [f"2025-03-0{day}T00:00:00+08:00" for day in (1, 2, 3)]
    rows = [
        f"{meter},{hour},{kwh}"
        for meter in ("m-1", "m-1:export", "new")
        for hour, kwh in zip(hours, (9000, 9100, 400), strict=True)
    ]
    file.write_text("identifier,timestamp,usage\n" + "\n".join(rows) + "\n")
    headend = await start(tmp_path / "data")
    try:
        device = {"max_kw": "5", "digits": "4", "multiplier": "2"}
        await headend.accounts.modify("m-1", device, "test", ZONE.parse("2025-01-01T00:00:00"))
        planned = (await headend.imports.plan([file])).report
        assert (planned.new, planned.suspect) == (9, 5)  # a fall of the meter that has no digits
        assert [each.total_wh for each in planned.meters] == [0, 0, 100_000]
        importing = await headend.imports.plan([file], said=Said(max_kw=150))
        report = importing.report
        assert (report.new, report.suspect) == (9, 1)
        assert [each.total_wh for each in report.meters] == [2_800_000, 2_800_000, 100_000]
        await headend.imports.store(importing, "x.csv", "ann")
        series = [headend.engine.series(each) for each in ("m-1:export", "new")]
        assert [int(each.curve.energy[-1]) for each in series] == [2_800_000, 100_000]
        log = [line.split("\t")[1:] for line in (tmp_path / "data" / "audit.log").read_text().splitlines()]
        since = "from 2025-03-01T00:00:00+08:00, import of x.csv"
        assert [entry for entry in log if entry[0] == "ann" and entry[1] == "modify"] == [
            ["ann", "modify", "m-1", f"max_kw=150 (before: 5) {since}"],
            ["ann", "modify", "new", f"max_kw=150 (before: nothing) {since}"],
        ]
        again = await headend.imports.plan([file], said=Said(max_kw=150))
        assert (again.report.new, again.report.suspect, dict(again.report.powers)) == (0, 0, {})
    finally:
        await headend.stop()
