"""Ingest: every order of arrival, every cut into batches, against the rules; a batch that the disk refuses."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.limits import FitRule
from metertui.engine.base.registers import format_kwh
from metertui.engine.base.zone import MINUTE
from metertui.engine.core.engine import Engine
from metertui.engine.errors import StorageError
from metertui.engine.vee.edits import Edit
from metertui.engine.vee.rules import COUNTED, REJECTED, RESET, ROUNDING, SUSPECT, VOID
from tests import oracle
from tests.clock import FakeClock
from tests.engine.core.commits import RULES, ZONE, commit, register, reopened
from tests.strategies import close_courses, courses

NAMES = {"counted": COUNTED, "rounding": ROUNDING, "reset": RESET, "suspect": SUSPECT, "rejected": REJECTED}


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


@settings(max_examples=60)
@given(
    st.lists(st.one_of(courses(), close_courses()), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
    st.integers(1, 9),
)
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


def test_an_apartment_type_has_its_own_limit_from_the_day_it_holds(tmp_path: Path) -> None:
    """And another type, or another setting, judges all that is stored again."""
    own = replace(RULES, fit=FitRule(max_w_by_type={"studio": 5_000}))
    engine = Engine.open(tmp_path, own, FakeClock("2025-03-12T10:40:00"))
    batch = engine.ingest.begin()
    batch.add_account("s", {"apartment_type": "studio"})
    batch.add_account("m", {})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    readings = [("10", "2025-03-12T08:00"), ("16", "2025-03-12T08:30"), ("22", "2025-03-12T09:00")]
    for meter, kinds in (("s", ["ok", "suspect", "suspect"]), ("m", ["ok"] * 3)):
        outcomes = commit(engine, *((meter, kwh, time) for kwh, time in readings))
        assert [outcome.kind for outcome in outcomes] == kinds
    assert engine.series("s").status.tolist() == [COUNTED, REJECTED, SUSPECT]
    assert commit(engine, ("s", "20", "2025-03-12T10:00"))[0].kind == "ok"  # 10 kWh in two hours
    account = engine.accounts.get("s")
    assert account is not None
    engine.accounts.put_accounts([replace(account, apartment_type="villa")], {})
    engine.refresh_account("s")
    for again in (engine, reopened(engine)):
        assert again.series("s").status.tolist() == [COUNTED, COUNTED, COUNTED, SUSPECT]
        frozen = again.view().frozen()
        assert frozen.status[frozen.columns.span(frozen.code("s") or 0)].tolist() == again.series("s").status.tolist()
    again.close()
    small = Engine.open(tmp_path, replace(RULES, fit=FitRule(max_w=1_000)), FakeClock("2025-03-12T10:40:00"))
    assert small.series("m").status.tolist() == [COUNTED, REJECTED, SUSPECT]
    assert [outcome.kind for outcome in commit(small, ("m", "10.9", "2025-03-12T09:30"))] == ["ok"]
    small.close()


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
    falling = [("m", f"{8000 - 2 * n}", ZONE.iso(ZONE.parse("2025-03-02T00:00") + n * MINUTE)) for n in range(600)]
    commit(engine, *falling)
    looked: list[int] = []
    before = engine.readings.reads_before
    monkeypatch.setattr(engine.readings, "reads_before", lambda *args: looked.append(args[-1]) or before(*args))
    more = [("m", f"{6000 - 2 * n}", ZONE.iso(ZONE.parse("2025-03-03T00:00") + n * MINUTE)) for n in range(50)]
    assert {outcome.kind for outcome in commit(engine, *more)} == {"suspect"}
    assert max(looked) < 50, "it goes on from where the judge stood"
