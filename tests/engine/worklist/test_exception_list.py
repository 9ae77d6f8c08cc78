"""The list of exceptions in a running engine: each cause, its counts and pages, and who decided what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import SiteZone
from metertui.engine.core import corrections
from metertui.engine.core.corrections import Decision
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.storage.rejects_log import RefusedLine
from metertui.engine.worklist.cases import NEVER
from metertui.engine.worklist.exception_list import ExceptionQuestion, Exceptions, find_exceptions
from metertui.engine.worklist.rejected_lines import read_last_lines
from tests.clock import FakeClock

ZONE = SiteZone("Asia/Singapore")
DAY = "2025-03-12"


def at(clock: str, day: str = DAY) -> int:
    return ZONE.parse(f"{day}T{clock}")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine.open(tmp_path, Rules(zone=ZONE), FakeClock(f"{DAY}T10:40:00"))
    batch = engine.ingest.begin()
    for meter, region in (("a", "East"), ("b", "West"), ("c", "")):
        batch.add_account(meter, {"region": region})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    yield engine
    engine.close()


def put(engine: Engine, *readings: tuple[str, str, str]) -> None:
    """Meter, kWh, and the time of day, or a day with it."""
    batch = engine.ingest.begin()
    for meter, kwh, time in readings:
        stamp = time if "T" in time else f"{DAY}T{time}"
        outcome = batch.add_reading(meter, kwh, stamp)
        if not outcome.stored:
            batch.add_refused_line("10.0.0.7:5", outcome.code, outcome.text, f"READ {meter} {kwh} {stamp}")
    engine.ingest.write(batch)
    engine.ingest.write_notes(batch, stored=True)
    engine.ingest.apply(batch)


def decide(engine: Engine, what: str, meter: str, instant: int, final: int = 0, initial: int = 0) -> None:
    decision = Decision(what, meter, instant, "told so", final, initial)
    events = [effect.event for effect in corrections.list_effects(engine, [decision], "ann", engine.clock.now())]
    engine.events.append_edits(events)
    engine.apply_events(events)


def ask(engine: Engine, **conditions: object) -> Exceptions:
    question = ExceptionQuestion(**conditions)  # type: ignore[arg-type]
    return find_exceptions(engine.view().frozen(engine.rules.max_w), engine.site_state(), question)


def listed(found: Exceptions) -> list[tuple[str, str, str]]:
    return [(row.cause, row.meter, row.why) for row in found.rows]


def test_readings_that_do_not_fit(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "7", "02:00"), ("a", "101", "03:00"))
    put(engine, ("b", "100", "01:00"), ("b", "7", "02:00"), ("b", "8", "03:00"))
    put(engine, ("c", "100", "01:00"), ("c", "99999", "02:00"))
    found = ask(engine)
    assert found.counts == found.open_counts == {"suspect": 1, "reset": 1, "rejected": 1}
    assert found.regions == {"": 1, "East": 1, "West": 1}
    lower = "7 kWh is lower than the 100 kWh counted at 2025-03-12T01:00:00+08:00"
    assert listed(found) == [
        ("suspect", "c", "99999 kWh is a rise of 99899 kWh in 60 min, more than 100 kW allows"),
        ("reset", "b", lower),
        ("rejected", "a", lower),
    ]
    assert [(row.time, row.wh, row.region) for row in found.rows[1:]] == [
        (at("02:00"), 7000, "West"),
        (at("02:00"), 7000, "East"),
    ]


def test_what_is_decided_says_by_whom_when_and_why(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "7", "02:00"), ("a", "101", "03:00"))
    put(engine, ("b", "100", "01:00"), ("b", "7", "02:00"), ("b", "8", "03:00"))
    put(engine, ("c", "100", "01:00"), ("c", "99999", "02:00"))
    decide(engine, "void", "a", at("02:00"))
    decide(engine, "exchange", "b", at("01:30"), 100_000, 7_000)
    decide(engine, "release", "c", at("02:00"))
    assert ask(engine).counts == {}
    found = ask(engine, state="all")
    assert found.counts == {"void": 1, "released": 1, "exchanged": 1}
    assert (found.open_counts, found.total) == ({}, 3)
    rows = {row.cause: row for row in found.rows}
    assert {cause: (row.meter, row.time, row.wh) for cause, row in rows.items()} == {
        "void": ("a", at("02:00"), 7000),
        "released": ("c", at("02:00"), 99_999_000),
        "exchanged": ("b", at("01:30"), 7000),
    }
    assert rows["exchanged"].why == "the old register ended at 100 kWh, the new one began at 7 kWh"
    for row in found.rows:
        assert row.decided is not None
        assert (row.decided.who, row.decided.decided, row.decided.reason) == ("ann", engine.clock.now(), "told so")
    for what, meter, clock in (("unvoid", "a", "02:00"), ("unexchange", "b", "01:30"), ("unrelease", "c", "02:00")):
        decide(engine, what, meter, at(clock))
    assert ask(engine).counts == {"suspect": 1, "reset": 1, "rejected": 1}


def test_what_is_accepted_is_open_no_longer_and_keeps_its_cause(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "7", "02:00"), ("b", "100", "01:00"), ("b", "7", "02:00"))
    decide(engine, "note", "a", at("02:00"))
    decide(engine, "reask", "a", at("02:00"))
    decide(engine, "accept", "a", at("02:00"))
    assert [row.meter for row in ask(engine).rows] == ["b"]
    found = ask(engine, state="decided")
    [row] = found.rows
    assert (row.cause, row.decided and row.decided.kind) == ("suspect", "accept")
    assert [note.kind for note in row.notes] == ["note", "reask"]
    assert (found.counts, found.open_counts) == ({"suspect": 1}, {"suspect": 1})
    with pytest.raises(MeterError, match=r"a at 2025-03-12T02:00:00.* is accepted already"):
        decide(engine, "accept", "a", at("02:00"))
    decide(engine, "unaccept", "a", at("02:00"))
    assert ask(engine).counts == {"suspect": 2}


def test_meters_that_are_silent(engine: Engine) -> None:
    put(engine, ("a", "100", "2025-03-11T10:40:00"), ("b", "100", "2025-03-11T10:39:59"))
    engine.accounts.deactivate("c", engine.clock.now())
    engine.refresh_account("c", engine.clock.now())
    assert listed(ask(engine)) == [("silent", "b", "silent for 24 h")]
    assert ask(engine).rows[0].wh == 100_000
    engine.accounts.reactivate("c", engine.clock.now())
    engine.refresh_account("c", engine.clock.now())
    assert isinstance(engine.clock, FakeClock)
    engine.clock.advance(3 * 86_400)
    found = ask(engine, cause="silent")
    assert listed(found) == [
        ("silent", "a", "silent for 4 days"),
        ("silent", "b", "silent for 4 days"),
        ("silent", "c", "has never sent in 3 days"),
    ]
    assert found.rows[2].time == NEVER
    decide(engine, "accept", "c", NEVER)  # a cellar without a signal, say
    assert [row.meter for row in ask(engine).rows] == ["a", "b"]
    put(engine, ("a", "110", "2025-03-15T10:00:00"))
    assert [(row.cause, row.meter) for row in ask(engine).rows] == [("gap", "a"), ("silent", "b")]


def test_long_gaps_in_a_period(engine: Engine) -> None:
    put(engine, ("a", "100", "2025-03-01T00:00"), ("a", "100.5", "2025-03-02T00:00"), ("a", "103", "2025-03-05T00:00"))
    put(engine, ("a", "104", "2025-03-12T00:00"))
    assert listed(ask(engine, cause="gap")) == [
        ("gap", "a", "7 days since the counted reading of 2025-03-05T00:00:00+08:00; 1 kWh are drawn evenly over it"),
        ("gap", "a", "3 days since the counted reading of 2025-03-02T00:00:00+08:00; 2.5 kWh are drawn evenly over it"),
    ]
    window = (at("00:00", "2025-03-04"), at("00:00", "2025-03-12"))
    assert ask(engine, cause="gap", window=window).total == 2
    assert ask(engine, cause="gap", window=(window[0], window[1] - 1)).total == 1
    put(engine, ("a", "1", "2025-03-12T01:00"))
    doubt = at("01:00", "2025-03-12")
    assert ask(engine, cause="suspect", window=(doubt - 1, doubt)).total == 1
    assert ask(engine, cause="suspect", window=(doubt, doubt + 1)).total == 0  # open to the left, like all windows


def test_refused_lines_and_clocks_ahead(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "101", "01:00"), ("b", "5", "10:40:59"), ("b", "6", "10:45:00"))
    put(engine, ("b", "7", "10:47:30"), ("c", "1", "11:00"), ("c", "1", "00:60"), ("x", "1", "01:00"), ("c", "1", "0"))
    found = ask(engine)
    assert found.counts == {"drift": 2, "conflict": 1, "refused": 3}
    assert found.regions == {"": 4, "East": 1, "West": 1}
    rows = {(row.cause, row.meter): row for row in found.rows}
    drift = rows["drift", "b"]
    assert (drift.time, drift.wh) == (at("10:47:30"), 7000)
    assert drift.why == "stamped 7 min 30 s ahead of the server's clock, 2 times since start"
    assert rows["drift", "c"].why == "future-timestamp: stamped too far ahead of the server's clock (from 10.0.0.7:5)"
    assert rows["conflict", "a"].time == at("01:00")
    assert rows["conflict", "a"].wh == 101_000
    assert rows["conflict", "a"].line == "READ a 101 2025-03-12T01:00"
    assert rows["refused", "x"].known is False
    assert rows["refused", "c"].known is True
    assert [row.meter for row in ask(engine, meter="X").rows] == ["x"]
    decide(engine, "accept", "a", at("01:00"))
    assert "conflict" not in ask(engine).counts


def test_pages_and_conditions(engine: Engine) -> None:
    for meter in ("a", "b"):
        put(engine, (meter, "5000", "00:00"), *((meter, f"{n}", f"0{n // 60}:{n % 60:02}") for n in range(59, 0, -1)))
    everything = ask(engine, state="all")
    assert everything.total == sum(everything.counts.values()) == sum(everything.regions.values())
    pages = [row for offset in range(0, 140, 7) for row in ask(engine, state="all", offset=offset, limit=7).rows]
    assert [(row.cause, row.meter, row.time) for row in pages] == [
        (row.cause, row.meter, row.time) for row in ask(engine, state="all", limit=10_000).rows
    ]
    assert [row.time for row in pages] == sorted((row.time for row in pages), reverse=True)
    east = ask(engine, region="East")
    assert {row.meter for row in east.rows} == {"a"}
    assert (east.total, east.regions) == (sum(east.counts.values()), ask(engine).regions)
    assert ask(engine, region="Nowhere").total == 0
    assert {row.meter for row in ask(engine, meter=" B ").rows} == {"b"}
    assert ask(engine, cause="suspect", meter="b").counts == ask(engine, meter="b").counts
    with pytest.raises(MeterError, match="'odd' is no cause; they are suspect, reset"):
        ask(engine, cause="odd")


def test_pages_follow_one_another_whatever_their_size(engine: Engine) -> None:
    fallen = ((meter, f"{50 - minute}", f"02:{minute:02}") for minute in range(1, 7) for meter in "ba")
    put(engine, ("a", "100", "01:00"), ("b", "100", "01:00"), *fallen)
    whole = ask(engine, state="all").rows
    assert len(whole) > 9
    assert [row.time for row in whole] == sorted((row.time for row in whole), reverse=True)
    assert len({row.time for row in whole}) < len(whole)  # equal instants, which a page may end between
    for limit in range(len(whole) + 2):
        for offset in range(len(whole) + 2):
            assert ask(engine, state="all", limit=limit, offset=offset).rows == whole[offset : offset + limit]
    assert ask(engine, meter="nobody", limit=0).rows == ()


def test_a_decision_about_a_reading_is_none_about_the_silence_after_it(engine: Engine) -> None:
    put(engine, ("a", "100", "2025-03-10T01:00"), ("a", "101", "2025-03-10T02:00"))
    decide(engine, "void", "a", at("02:00", "2025-03-10"))
    rows = {row.cause: row for row in ask(engine, state="all", meter="a").rows}
    assert rows["void"].time == rows["silent"].time
    assert rows["void"].decided is not None
    assert rows["silent"].decided is None
    decide(engine, "accept", "a", rows["silent"].time)
    rows = {row.cause: row for row in ask(engine, state="all", meter="a").rows}
    assert [rows[cause].decided.kind for cause in ("void", "silent")] == ["void", "accept"]  # type: ignore[union-attr]


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    engine = Engine.open(tmp_path / "new", Rules(zone=ZONE), FakeClock())
    assert ask(engine, state="all") == Exceptions({}, {}, {}, 0, (), cut=False)
    engine.close()


def test_the_last_decision_is_found_with_all_that_was_decided_together(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "7", "02:00"), ("b", "100", "01:00"), ("b", "7", "02:00"))
    assert engine.events.last_edits_by("ann") == []
    decide(engine, "accept", "b", at("01:00"))
    assert isinstance(engine.clock, FakeClock)
    engine.clock.advance(1)
    decisions = [Decision("void", meter, at("02:00"), "storm") for meter in ("a", "b")]
    events = [effect.event for effect in corrections.list_effects(engine, decisions, "ann", engine.clock.now())]
    engine.apply_events(events)
    assert engine.events.last_edits_by("ann") == events
    assert engine.events.last_edits_by("bob") == []
    decide(engine, "unvoid", "a", at("02:00"))
    assert engine.events.last_edits_by("ann") == events[1:]
    decide(engine, "unvoid", "b", at("02:00"))
    assert [event.kind for event in engine.events.last_edits_by("ann")] == ["accept"]


def test_an_exchange_that_nobody_declared_is_proposed(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "7", "02:00"), ("a", "8", "03:00"))
    proposal = corrections.proposed_exchange(engine.series("a"), at("02:00"))
    assert proposal == (at("01:30"), 100_000, 7_000)
    decide(engine, "exchange", "a", *proposal)
    assert ask(engine).counts == {}
    assert corrections.proposed_exchange(engine.series("a"), at("01:00")) is None
    assert corrections.proposed_exchange(engine.series("a"), at("02:30")) is None


def test_a_line_that_an_import_refused_names_its_meter(engine: Engine) -> None:
    engine.rejects.write_lines([RefusedLine(at("09:00"), "old.csv:7", "conflict", "", "a,2025-03-12T01:00,5")], ZONE)
    put(engine, ("a", "100", "01:00"))
    row = next(row for row in ask(engine).rows if row.cause == "conflict")
    assert (row.meter, row.time, row.wh, row.region) == ("a", at("01:00"), 5000, "East")


@pytest.mark.parametrize("sent", ["READ", "", ",", "HELLO a", "a", "READ ?", "REGISTER"])
def test_a_line_that_names_no_meter_is_about_none(engine: Engine, sent: str) -> None:
    engine.rejects.write_lines([RefusedLine(at("09:00"), "10.0.0.7:5", "syntax", "", sent)], ZONE)
    [row] = ask(engine).rows
    assert (row.cause, row.meter, row.time, row.known, row.line) == ("refused", "", at("09:00"), False, sent)


def test_only_the_end_of_what_was_refused_is_read(engine: Engine) -> None:
    old = engine.rejects.path.with_name("rejects.log.1")
    old.write_text("".join(f"2025-03-11T10:00:00+08:00\tp\tsyntax\told {n:03}\n" for n in range(100)))
    engine.rejects.path.write_text("2025-03-12T10:00:00+08:00\tp\tsyntax\tnew\nno line\n2025-03-12T10:00:01+08:00\tp\t")
    lines, cut = read_last_lines(engine.rejects.path, ZONE)
    assert (len(lines), lines[-1].sent, cut) == (101, "new", False)
    lines, cut = read_last_lines(engine.rejects.path, ZONE, most=300)
    assert cut
    assert [line.sent for line in lines] == [*(f"old {n:03}" for n in range(95, 100)), "new"]
