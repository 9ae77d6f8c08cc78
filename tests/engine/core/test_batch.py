"""A batch: the outcome of each request, one after another."""

from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from metertui.engine.base.config import Rules
from metertui.engine.base.qualities import ESTIMATED
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.vee.rules import REJECTED
from tests.clock import FakeClock
from tests.engine.book_changes import deactivate
from tests.engine.core.commits import commit, register, reopened


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


@pytest.mark.parametrize(
    ("timestamp", "code"),
    [
        ("0001-01-01T00:00", "past-timestamp"),
        ("0001-01-01T00:00:00+14:00", "past-timestamp"),
        ("1970-01-01T00:00:00", "past-timestamp"),
        ("2000-01-01T00:00:00Z", "past-timestamp"),
        ("2015-03-15T10:39:59", "past-timestamp"),
        ("2015-03-15T10:40:00", ""),
        ("2199-12-31T23:59:59", "future-timestamp"),
        ("2999-01-01T00:00:00", "future-timestamp"),
        ("9999-12-31T23:59:59.999999", "future-timestamp"),
        ("9999-12-31T23:59:59-14:00", "future-timestamp"),
        ("0000-01-01T00:00", "bad-timestamp"),
        ("2999-02-29T00:00", "bad-timestamp"),
    ],
)
def test_a_clock_that_was_never_set_is_refused_as_such(engine: Engine, timestamp: str, code: str) -> None:
    assert commit(engine, ("m", "1", timestamp))[0].code == code


def test_of_two_readings_at_a_time_that_the_clock_shows_twice_the_higher_is_of_the_second_pass(tmp_path: Path) -> None:
    london = SiteZone("Europe/London")
    engine = Engine.open(tmp_path, Rules(zone=london), FakeClock("2024-10-28T00:00:00", london))
    register(engine, "m", "n")
    bare = "2024-10-27T01:30"
    assert commit(engine, ("m", "10", bare))[0].kind == "ok"
    assert commit(engine, ("m", "11", bare))[0].kind == "ok"
    assert commit(engine, ("m", "11", bare))[0].kind == "duplicate"
    assert commit(engine, ("m", "10", bare))[0].kind == "duplicate"
    assert commit(engine, ("m", "12", bare))[0].code == "conflict"
    # where the zone is named there is nothing to guess
    assert [outcome.code for outcome in commit(engine, ("n", "10", f"{bare}+01:00"), ("n", "11", f"{bare}+01:00"))] == [
        "",
        "conflict",
    ]
    assert (engine.folder / "log.txt").read_text().splitlines() == [
        "m,2024-10-27T01:30:00+01:00,10",
        "m,2024-10-27T01:30:00+00:00,11",
        "n,2024-10-27T01:30:00+01:00,10",
    ]
    engine.close()


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
    deactivate(engine.accounts, "m")
    engine.refresh_account("m")
    assert commit(engine, ("m", "2", None))[0].code == "deactivated"
    assert len(engine.series("m")) == 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from([0, 1, 5, 900]), st.booleans(), st.booleans())))
def test_an_estimate_is_judged_on_arrival_as_with_all_that_is_stored(
    arrivals: list[tuple[int, int, bool, bool]],
) -> None:
    """Late, in one batch with others, or behind many estimates."""
    with tempfile.TemporaryDirectory() as name:
        zone = SiteZone("Asia/Singapore")
        clock = FakeClock("2025-03-12T10:40:00", zone)
        engine = Engine.open(Path(name), Rules(zone=zone), clock)
        register(engine, "m")
        start, batch = zone.parse("2025-03-10T00:00:00"), engine.ingest.begin()
        for hour, more, actual, ends in arrivals:
            request = "m", str(hour + more), zone.iso(start + hour * HOUR)
            outcome = batch.add_reading(*request) if actual else batch.add_estimated(*request, ESTIMATED)
            if ends or outcome.kind == "suspect":
                engine.ingest.write(batch)
                engine.ingest.apply(batch)
                batch = engine.ingest.begin()
                if outcome.stored and outcome.kind != "duplicate" and not actual:
                    series = engine.series("m")
                    row = int(np.searchsorted(series.time, start + hour * HOUR))
                    assert (series.status[row] == REJECTED) == (outcome.kind == "suspect")
        engine.close()
