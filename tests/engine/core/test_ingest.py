"""Readings through a real engine: every order of arrival, every cut into batches, against the rules."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.outcome import Outcome
from metertui.engine.base.registers import format_kwh
from metertui.engine.base.zone import MINUTE, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError, OwnedError, StorageError
from metertui.engine.vee.edit_log import Edit
from metertui.engine.vee.rules import COUNTED, REJECTED, RESET, SUSPECT, VOID
from tests import oracle
from tests.clock import FakeClock
from tests.strategies import courses

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
NAMES = {"counted": COUNTED, "reset": RESET, "suspect": SUSPECT, "rejected": REJECTED}


def commit(engine: Engine, *requests: tuple[str, str, str | None]) -> list[Outcome]:
    """Put READs (meter, kWh, timestamp) through one batch, onto the disk."""
    batch = engine.ingest.begin()
    outcomes = [batch.add_reading(*request) for request in requests]
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    return outcomes


def register(engine: Engine, *meters: str) -> None:
    batch = engine.ingest.begin()
    for meter in meters:
        assert batch.add_account(meter, {}).kind == "ok"
    engine.ingest.write(batch)
    engine.ingest.apply(batch)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = Engine.open(tmp_path, RULES, FakeClock("2025-03-12T10:40:00"))
    register(opened, "m", "n")
    yield opened
    opened.close()


def reopened(engine: Engine) -> Engine:
    engine.close()
    return Engine.open(engine.folder, RULES, engine.clock)


# -- the outcome of a line ---------------------------------------------------------------------------------------


def test_checks_come_in_their_order(engine: Engine) -> None:
    refused = commit(
        engine,
        ("!", "x", "y"),
        ("unknown", "x", "y"),
        ("m", "x", "y"),
        ("m", "1", "y"),
        ("m", "1", "2025-03-12T10:50:00.000001"),
    )
    assert [outcome.code for outcome in refused] == [
        "bad-meter-id",
        "not-registered",
        "bad-reading",
        "bad-timestamp",
        "future-timestamp",
    ]
    assert commit(engine, ("m", "1", "2025-03-12T10:50:00"))[0].kind == "ok"


def test_a_batch_is_full_when_much_of_it_had_to_be_placed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metertui.engine.core.batch._MOST_LATE", 3)
    batch = engine.ingest.begin()
    for minute in range(10):
        batch.add_reading("m", str(minute), f"2025-03-12T10:0{minute}")
    assert not batch.full, "but for the first each is simply the next"
    batch.add_reading("m", "20", "2025-03-11T10:00")
    assert not batch.full
    batch.add_reading("m", "1", "2025-03-11T11:00")
    assert batch.full
    assert batch.add_reading("m", "10", "2025-03-12T10:10").kind == "ok"


def test_the_same_again_is_a_duplicate_and_another_value_a_conflict(engine: Engine) -> None:
    same = ("m", "7.50", "2025-03-12 10:00")
    assert [o.kind for o in commit(engine, same, same)] == ["ok", "duplicate"]
    assert commit(engine, ("m", "7.5", "2025-03-12T02:00:00Z"))[0].kind == "duplicate"
    conflict = commit(engine, ("m", "8", "2025-03-12T10:00:00"))[0]
    assert (conflict.code, len(engine.readings)) == ("conflict", 1)
    assert (engine.folder / "log.txt").read_text() == "m,2025-03-12T10:00:00+08:00,7.5\n"


def test_readings_without_a_time_bear_the_clock_and_then_a_microsecond_more(engine: Engine) -> None:
    commit(engine, ("m", "1", None), ("m", "1", None), ("n", "1", None))
    commit(engine, ("m", "1", None))
    engine.clock.advance(1.5)  # type: ignore[attr-defined]
    commit(engine, ("m", "1", None))
    times = [line.split(",")[1] for line in (engine.folder / "log.txt").read_text().splitlines()]
    assert times == [
        "2025-03-12T10:40:00+08:00",
        "2025-03-12T10:40:00.000001+08:00",
        "2025-03-12T10:40:00+08:00",
        "2025-03-12T10:40:00.000002+08:00",
        "2025-03-12T10:40:01+08:00",
    ]


def test_a_stamped_reading_goes_beside_a_suspect_one_of_the_same_second(engine: Engine) -> None:
    commit(engine, ("m", "100", "2025-03-12T10:30:00"))
    assert [outcome.kind for outcome in commit(engine, ("m", "7", None), ("m", "100.1", None))] == ["suspect", "ok"]
    times = [line.split(",")[1] for line in (engine.folder / "log.txt").read_text().splitlines()]
    assert times[1:] == ["2025-03-12T10:40:00+08:00", "2025-03-12T10:40:00.000001+08:00"]


def test_a_clock_that_jumps_back_is_what_a_reading_is_stamped_by(engine: Engine) -> None:
    engine.clock.advance(1)  # type: ignore[attr-defined]
    commit(engine, ("m", "1", None))
    engine.clock.advance(-1)  # type: ignore[attr-defined]
    commit(engine, ("m", "1", None), ("m", "1", None))
    times = [line.split(",")[1] for line in (engine.folder / "log.txt").read_text().splitlines()]
    assert times == [f"2025-03-12T10:40:{second}+08:00" for second in ("01", "00", "00.000001")]


def test_a_stamped_reading_goes_beside_one_that_is_there(engine: Engine) -> None:
    commit(engine, ("m", "5", "2025-03-12T10:40:00"), ("m", "6", None))
    again = reopened(engine)
    assert commit(again, ("m", "7", None))[0].kind == "ok"
    assert len(again.readings) == 3
    again.close()


def test_a_batch_may_register_and_read(engine: Engine) -> None:
    batch = engine.ingest.begin()
    assert batch.add_reading("new", "1", None).code == "not-registered"
    assert batch.add_account("new", {"region": "East"}).kind == "ok"
    assert batch.add_account("new", {}).code == "already-registered"
    assert batch.add_reading("new", "1", None).kind == "ok"
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    assert "new,,East,,,,active," in (engine.folder / "users.csv").read_text()


def test_a_deactivated_meter_is_refused_and_keeps_its_history(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-12T10:00:00"))
    engine.accounts.deactivate("m", engine.clock.now())
    engine.refresh_account("m", engine.clock.now())
    assert commit(engine, ("m", "2", None))[0].code == "deactivated"
    assert len(engine.series("m")) == 1


def test_a_batch_that_the_disk_refuses_leaves_no_trace(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(engine, ("m", "1", "2025-03-12T09:00:00"), ("m", "2", "2025-03-12T09:30:00"))
    users = (engine.folder / "users.csv").read_bytes()
    log = (engine.folder / "log.txt").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    batch = engine.ingest.begin()
    batch.add_account("late", {})
    batch.add_reading("late", "1", None)
    batch.add_reading("m", "3", "2025-03-12T10:00:00")
    with monkeypatch.context() as patched:
        patched.setattr("metertui.engine.storage.wal.durable.write_all", full)
        with pytest.raises(StorageError, match="No space left on device"):
            engine.ingest.write(batch)
    engine.ingest.roll_back(batch)
    engine.ingest.apply(batch)
    assert (engine.folder / "users.csv").read_bytes() == users
    assert (engine.folder / "log.txt").read_bytes() == log
    assert commit(engine, ("late", "1", None))[0].code == "not-registered"
    # the head is where it was: an earlier and lower register still fits
    assert commit(engine, ("m", "2.5", "2025-03-12T09:45:00"))[0].kind == "ok"


# -- any order, any batches ------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.lists(courses(), min_size=1, max_size=3), st.randoms(use_true_random=False), st.integers(1, 9))
def test_whatever_the_order_and_the_batches(meters: list[list[tuple[int, int]]], random: object, size: int) -> None:
    arrivals = [(f"m{i}", *reading) for i, course in enumerate(meters) for reading in course]
    random.shuffle(arrivals)  # type: ignore[attr-defined]
    model: dict[str, oracle.Meter] = {f"m{i}": oracle.Meter() for i in range(len(meters))}
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine.open(Path(folder), RULES, FakeClock("2030-01-01T00:00:00"))
        register(engine, *model)
        for start in range(0, len(arrivals), size):
            batch = arrivals[start : start + size]
            outcomes = commit(engine, *((m, format_kwh(wh), ZONE.iso(t)) for m, t, wh in batch))
            for (meter, time, wh), outcome in zip(batch, outcomes, strict=True):
                model[meter].readings.append((time, wh))
                kind = dict(model[meter].judged())[time, wh]
                assert outcome.kind == ("suspect" if kind in ("suspect", "rejected") else "ok")
        for readings in (engine, reopened(engine)):
            for meter, course in model.items():
                series = readings.series(meter)
                assert series.status.tolist() == [NAMES[kind] for _, kind in course.judged()]
        readings.close()


# -- the folder --------------------------------------------------------------------------------------------------------


def test_one_process_owns_a_folder(engine: Engine) -> None:
    with pytest.raises(OwnedError, match="is in use by another metertui"):
        Engine.open(engine.folder, RULES, engine.clock)
    beside = Engine.open_readonly(engine.folder, RULES, engine.clock)
    with pytest.raises(MeterError, match="open for reading only"):
        _ = beside.log


def test_a_torn_last_line_is_dropped_and_told(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-12T10:00:00"))
    engine.close()
    log = engine.folder / "log.txt"
    whole = log.read_bytes()
    log.write_bytes(whole + b"m,2025-03-12T10:3")
    again = Engine.open(engine.folder, RULES, engine.clock)
    assert len(again.readings) == 1
    assert any("torn last line of 17 bytes" in warning for warning in again.warnings)
    assert log.read_bytes() == whole
    again.close()


def test_a_broken_middle_is_named_and_left_alone(engine: Engine) -> None:
    engine.close()
    log = engine.folder / "log.txt"
    log.write_bytes(b"m,2025-03-12T10:00:00+08:00,1\nm,yesterday,2\nm,2025-03-12T10:30:00+08:00,3\n")
    before = log.read_bytes()
    with pytest.raises(MeterError, match=r"log\.txt:2: a timestamp is like"):
        Engine.open(engine.folder, RULES, engine.clock)
    assert log.read_bytes() == before


def test_a_day_close_moves_everything_and_nothing_twice(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-11T23:30:00"), ("m", "2", "2025-03-12T00:00:00"), ("n", "9", "2025-03-11T01:00"))
    usage = engine.usage("m", "month")
    count = engine.day_close.seal()
    commit(engine, ("m", "3", "2025-03-12T09:00:00"))
    assert len(engine.day_close.write_day_files(count, lambda _: None)) == 2
    engine.day_close.finish(engine.readings.rebuild_history(count))
    engine.day_close.drop_sealed()
    assert (engine.folder / "archive/2025/03_11.csv").read_text() == (
        "identifier,timestamp,usage\nn,2025-03-11T01:00:00+08:00,9\nm,2025-03-11T23:30:00+08:00,1\n"
    )
    assert (engine.folder / "log.txt").read_text() == "m,2025-03-12T09:00:00+08:00,3\n"
    for opened in (engine, reopened(engine)):
        assert len(opened.readings) == 4
        assert opened.usage("m", "month").usage_wh == (usage.usage_wh or 0) + 1000
        assert commit(opened, ("m", "2", "2025-03-12T00:00:00"))[0].kind == "duplicate"
    opened.close()


@pytest.mark.parametrize("done", ["seal", "files", "swap"])
def test_an_interrupted_day_close_is_finished_at_the_next_start(engine: Engine, tmp_path: Path, done: str) -> None:
    lines = [("m", str(i), f"2025-03-{10 + i // 3:02d}T0{i % 3}:00:00") for i in range(8)]
    commit(engine, *lines)
    count = engine.day_close.seal()
    if done != "seal":
        engine.day_close.write_day_files(count, lambda _: None)
    if done == "swap":
        engine.day_close.finish(engine.readings.rebuild_history(count))
    commit(engine, ("n", "1", "2025-03-12T10:00:00"))
    again = reopened(engine)
    assert not (engine.folder / "log.sealed.txt").exists()
    assert any("an interrupted day close was finished" in warning for warning in again.warnings)
    assert len(again.readings) == 9
    files = {path.name: path.read_text() for path in (engine.folder / "archive/2025").iterdir()}
    assert [len(files[f"03_{d}.csv"].splitlines()) - 1 for d in (10, 11, 12)] == [3, 3, 2]
    again.close()


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from([1, 30, 3000]), st.sampled_from([0, 9, 10, 50, 2000, -9])), max_size=12),
    st.randoms(use_true_random=False),
    st.integers(1, 9),
)
def test_a_long_run_of_readings_that_fit_nothing_is_judged_as_the_rules_do(
    steps: list[tuple[int, int]], random: Random, size: int
) -> None:
    """Which goes on from where the judge stood, also when some come late, twice, or are decided about meanwhile."""
    time = ZONE.parse("2025-03-01T00:00")
    course, model = [(time, 10_000), (time + MINUTE, 2_000_000)], oracle.Meter()
    time += MINUTE
    for minutes, kwh in steps:
        for wh in [kwh * 1000] if kwh >= 0 else [random.randrange(10**11) for _ in range(-kwh)]:
            time += minutes * MINUTE
            course.append((time, wh))
    late = random.sample(course, min(3, len(course)))
    arrivals = [reading for reading in course if reading not in late] + late + late
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine.open(Path(folder), RULES, FakeClock("2030-01-01T00:00:00"))
        register(engine, "m")
        for first in range(0, len(arrivals), size):
            batch = arrivals[first : first + size]
            outcomes = commit(engine, *(("m", format_kwh(wh), ZONE.iso(t)) for t, wh in batch))
            for (at, wh), outcome in zip(batch, outcomes, strict=True):
                if (at, wh) in model.readings:
                    assert outcome.kind == "duplicate"
                    continue
                model.readings.append((at, wh))
                kind = dict(model.judged())[at, wh]
                assert outcome.kind == ("suspect" if kind in ("suspect", "rejected") else "ok")
            if random.random() < 0.1 and batch[0][0] not in model.voids:
                model.voids.add(batch[0][0])
                engine.apply_events([Edit(1, "m", "void", batch[0][0], "ann", "why")])
        assert engine.series("m").status.tolist() == [{**NAMES, "void": VOID}[kind] for _, kind in model.judged()]
        engine.close()


def test_a_reading_costs_the_same_after_thousands_that_fit_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(engine, ("m", "9000", "2025-03-01T00:00"))
    falling = [("m", f"{8000 - n}", ZONE.iso(ZONE.parse("2025-03-02T00:00") + n * MINUTE)) for n in range(600)]
    commit(engine, *falling)
    looked: list[int] = []
    before = engine.readings.reads_before
    monkeypatch.setattr(engine.readings, "reads_before", lambda *args: looked.append(args[-1]) or before(*args))
    more = [("m", f"{7000 - n}", ZONE.iso(ZONE.parse("2025-03-03T00:00") + n * MINUTE)) for n in range(50)]
    assert {outcome.kind for outcome in commit(engine, *more)} == {"suspect"}
    assert not looked
