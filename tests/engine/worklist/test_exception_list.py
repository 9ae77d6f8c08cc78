"""The list of exceptions in a running engine: each cause, its counts and pages, and who decided what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.core import corrections
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.worklist.cases import CAUSES, ExceptionRow
from metertui.engine.worklist.exception_list import ExceptionQuestion, Exceptions, Order, find_exceptions
from tests.clock import FakeClock
from tests.engine.worklist.site import ZONE, ask, at, decide, put


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
    with pytest.raises(MeterError, match="unknown cause 'odd'; the causes are suspect, reset"):
        ask(engine, cause="odd")


def test_pages_follow_one_another_whatever_their_size(engine: Engine) -> None:
    fallen = ((meter, f"{50 - 2 * minute}", f"02:{minute:02}") for minute in range(1, 7) for meter in "ba")
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
    assert ask(engine, state="all") == Exceptions({}, {}, {}, 0, 0, (), cut=False)
    engine.close()


def test_the_last_decision_is_found_with_all_that_was_decided_together(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "7", "02:00"), ("b", "100", "01:00"), ("b", "7", "02:00"))
    assert engine.events.last_edits_by("ann") == []
    decide(engine, "accept", "b", at("01:00"))
    assert isinstance(engine.clock, FakeClock)
    engine.clock.advance(1)
    decisions = [Decision("void", meter, at("02:00"), "storm") for meter in ("a", "b")]
    events = [
        effect.event
        for effect in list(corrections.iter_effects(bases_of(engine), decisions, "ann", engine.clock.now()))
    ]
    engine.apply_events(events)
    assert engine.events.last_edits_by("ann") == events
    assert engine.events.last_edits_by("bob") == []
    decide(engine, "unvoid", "a", at("02:00"))
    assert engine.events.last_edits_by("ann") == events[1:]
    decide(engine, "unvoid", "b", at("02:00"))
    assert [event.kind for event in engine.events.last_edits_by("ann")] == ["accept"]


def test_readings_may_be_newer_than_the_state_of_the_site(engine: Engine) -> None:
    state = engine.site_state()
    batch = engine.ingest.begin()
    batch.add_account("new", {"region": "Far"})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    put(engine, ("new", "100", "01:00"), ("new", "7", "02:00"))
    frozen = engine.view().frozen()
    found = find_exceptions(frozen, state, ExceptionQuestion())
    assert [(row.meter, row.region) for row in found.rows if row.meter == "new"] == [("new", "Far")]


def weight(row: ExceptionRow) -> int:
    return -1 if row.stake_wh is None else row.stake_wh


def test_rows_are_in_order_of_what_is_at_stake_then_of_age(engine: Engine) -> None:
    fallen = ((meter, f"{50 - 2 * minute}", f"02:{minute:02}") for minute in range(1, 7) for meter in "ba")
    put(engine, ("a", "100", "01:00"), ("b", "100", "01:00"), *fallen, ("c", "100", "2025-03-09T00:00"))
    put(engine, ("nobody", "5", "03:00"))
    rows = ask(engine).rows
    assert {row.cause for row in rows} == {"suspect", "rejected", "silent", "refused"}
    weights = [weight(row) for row in rows]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] == -1
    plain = sorted(rows, key=lambda row: (-weight(row), -row.time, CAUSES.index(row.cause), row.meter))
    assert list(rows) == plain
    newest = ask(engine, order="newest").rows
    assert list(newest) == sorted(plain, key=lambda row: -row.time)


@pytest.mark.parametrize("order", ["weight", "newest"])
@pytest.mark.parametrize("state", ["open", "decided", "all"])
def test_equal_cases_are_one_row_with_all_that_they_come_to(engine: Engine, order: str, state: str) -> None:
    (engine.folder / "tariffs.csv").write_text(
        "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n2025-03-01,,,,,20,10\n"
    )
    fallen = ((meter, f"{50 - 2 * minute}", f"02:{minute:02}") for minute in range(1, 7) for meter in "ba")
    put(engine, ("a", "100", "01:00"), ("b", "100", "01:00"), *fallen, ("c", "100", "2025-03-09T00:00"))
    put(engine, *(("nobody", f"{n}", "03:00") for n in range(3)))
    for minute in (2, 3):
        decide(engine, "accept", "a", at(f"02:0{minute}"))
    decide(engine, "void", "b", at("02:04"))
    single = ask(engine, state=state, order=order)
    kinds: dict[tuple[str, str, bool], list[ExceptionRow]] = {}
    for row in single.rows:
        kinds.setdefault((row.cause, row.meter, row.decided is not None), []).append(row)
    found = ask(engine, state=state, order=order, together="kind")
    assert (found.cases, found.total, found.counts) == (single.total, len(kinds), single.counts)
    for row in found.rows:
        alike = kinds[row.cause, row.meter, row.decided is not None]
        assert (row.count, row.since, row.until) == (
            len(alike),
            min(each.time for each in alike),
            max(each.time for each in alike),
        )
        known = [each.stake_wh for each in alike if each.stake_wh is not None]
        assert row.stake_wh == (sum(known) if known else None)
        assert row.stake_cents == (sum(each.stake_cents or 0 for each in alike) if known else None)
        head = max(alike, key=lambda each: (weight(each), each.time))
        assert (row.time, row.why) == (head.time, head.why)
        members = ask(engine, cause=row.cause, meter=row.meter, whole_id=row.known, state=state, order=order).rows
        assert [each for each in members if (each.decided is None) == (row.decided is None)] == alike
    keys = [(-weight(row), -row.until) for row in found.rows]
    assert keys == sorted(keys, key=None if order == "weight" else lambda key: key[::-1])
    assert found.rows[1:3] == ask(engine, state=state, order=order, together="kind", offset=1, limit=2).rows


def test_silent_meters_are_a_part_of_their_own_by_region(engine: Engine) -> None:
    put(engine, ("a", "100", "2025-03-08T00:00"), ("a", "124", "2025-03-09T00:00"), ("b", "7", "2025-03-01T00:00"))
    put(engine, ("c", "100", "2025-03-12T01:00"), ("c", "7", "2025-03-12T02:00"))
    found = ask(engine, part="silent", together="region")
    assert [(row.region, row.count, row.stake_wh) for row in found.rows] == [("East", 1, 82_667), ("West", 1, None)]
    assert (found.cases, found.regions) == (2, {"East": 1, "West": 1})
    assert found.counts == {"suspect": 1, "silent": 2}
    others = ask(engine, part="cases")
    assert [(row.cause, row.meter) for row in others.rows] == [("suspect", "c")]
    assert others.counts == found.counts
    assert ask(engine, meter="A").total == 1
    assert ask(engine, meter="A", whole_id=True).total == 0


def test_rows_are_in_the_order_asked_for_or_the_other_way_round_on_all_pages(engine: Engine) -> None:
    put(engine, ("b", "100", "01:00"), ("b", "7", "02:00"), ("b", "101", "03:00"), ("b", "8", "04:00"))
    put(engine, ("b", "102", "05:00"), ("a", "100", "01:00"), ("a", "9", "02:30"))
    put(engine, ("nobody", "5", "03:00"), ("c", "100", "2025-03-01T00:00"), ("c", "3", "2025-03-09T00:00"))
    keys: dict[Order, Callable[[ExceptionRow], object]] = {
        "weight": lambda row: -weight(row),
        "newest": lambda row: -row.until,
        "oldest": lambda row: row.since,
        "count": lambda row: -row.count,
        "cause": lambda row: CAUSES.index(row.cause),
        "meter": lambda row: row.meter,
        "region": lambda row: row.region,
    }
    for order, key in keys.items():
        rows = ask(engine, order=order, together="kind").rows
        assert len({row.meter for row in rows}) == 4
        assert max(row.count for row in rows) == 2
        values = [key(row) for row in rows]
        assert values == sorted(values)  # type: ignore[type-var]
        back = [key(row) for row in ask(engine, order=order, together="kind", reverse=True).rows]
        assert back == values[::-1]
        pages = [ask(engine, order=order, together="kind", offset=at, limit=2).rows for at in range(0, len(rows), 2)]
        assert tuple(row for page in pages for row in page) == rows
