"""Readings that do not fit the history of their meter."""

from __future__ import annotations

import pytest

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core import corrections
from metertui.engine.core.engine import Engine
from metertui.engine.vee.edits import Edit
from metertui.engine.worklist import suspect_reads
from tests.engine.build import frozen
from tests.engine.worklist.site import ZONE, ask, at, decide, listed, put
from tests.strategies import START

LONDON = SiteZone("Europe/London")


def test_readings_that_do_not_fit(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "7", "02:00"), ("a", "101", "03:00"))
    put(engine, ("b", "100", "01:00"), ("b", "7", "02:00"), ("b", "8", "03:00"))
    put(engine, ("c", "100", "01:00"), ("c", "99999", "02:00"))
    found = ask(engine)
    assert found.counts == found.open_counts == {"suspect": 1, "reset": 1, "rejected": 1}
    assert found.regions == {"": 1, "East": 1, "West": 1}
    lower = "7 kWh is lower than the 100 kWh counted at 2025-03-12T01:00:00+08:00"
    assert listed(found) == [
        ("suspect", "c", "99999 kWh is a rise of 99899 kWh in 1 h, more than 100 kW allows"),
        ("rejected", "a", lower),
        ("reset", "b", lower),
    ]
    assert [(row.time, row.wh, row.region) for row in found.rows[1:]] == [
        (at("02:00"), 7000, "East"),
        (at("02:00"), 7000, "West"),
    ]


def test_an_exchange_that_nobody_declared_is_proposed(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "7", "02:00"), ("a", "8", "03:00"))
    proposal = corrections.proposed_exchange(engine.series("a"), at("02:00"))
    assert proposal == (at("01:30"), 100_000, 7_000)
    decide(engine, "exchange", "a", *proposal)
    assert ask(engine).counts == {}
    assert corrections.proposed_exchange(engine.series("a"), at("01:00")) is None
    assert corrections.proposed_exchange(engine.series("a"), at("02:30")) is None


def test_what_was_decided_is_listed_by_the_value_that_it_names(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "850", "02:00"), ("b", "100", "01:00"), ("b", "101", "02:00"))
    decide(engine, "void", "a", at("02:00"))
    put(engine, ("a", "101", "02:00"))
    engine.apply_events([Edit(engine.clock.now(), "b", "correct", at("02:00"), "ann", "x", wh=101_000, to=102_000)])
    found = ask(engine, state="all")
    assert [(row.cause, row.meter, row.wh) for row in found.rows] == [
        ("void", "a", 850_000),
        ("corrected", "b", 102_000),
    ]
    assert [row.decided.kind for row in found.rows if row.decided] == ["void", "correct"]
    assert found.rows[1].why == "101 kWh was stored for this time"


def test_roundings_are_listed_only_where_nothing_else_has_come_for_over_a_day() -> None:
    def rows_of(*values: int, hours: int = 9) -> list[int]:
        whole = frozen({"a": [(START + n * hours * HOUR, wh) for n, wh in enumerate(values)]}, LONDON)
        return list(suspect_reads._lasting_roundings(whole))

    assert rows_of(5000, 4500, 4600, 4700, 4800) == [1]
    assert rows_of(5000, 4500, 4600, 4700, 5000) == []  # it counts again
    assert rows_of(5000, 4500, 4500, 4500, 4500) == []  # a meter at rest
    assert rows_of(5000, 4500, 4600, 4700, 4800, hours=8) == []  # a day, not more
    assert rows_of(5000, 5100, 5200) == []


def test_lasting_roundings_are_a_case_with_its_reason(engine: Engine) -> None:
    put(engine, ("a", "100", "2025-03-10T01:00"), ("a", "99.5", "2025-03-10T02:00"), ("a", "99.6", "2025-03-11T02:01"))
    [(meter, why)] = [(meter, why) for cause, meter, why in listed(ask(engine)) if cause == "rounding"]
    assert meter == "a"
    assert why.startswith("99.5 kWh is a little lower than the 100 kWh counted before it")


@pytest.mark.parametrize(
    "decisions",
    [
        [("release", "2025-03-10T02:00")],
        [("accept", "2025-03-10T02:00")],
        [("exchange", "2025-03-10T01:30")],
        [("void", "2025-03-10T02:00"), ("void", "2025-03-11T02:01")],
        [("void", "2025-03-10T01:00")],  # of the higher one before them
    ],
)
def test_lasting_roundings_are_closed_by_a_decision(engine: Engine, decisions: list[tuple[str, str]]) -> None:
    put(engine, ("a", "100", "2025-03-10T01:00"), ("a", "99.5", "2025-03-10T02:00"), ("a", "99.6", "2025-03-11T02:01"))
    assert "rounding" in ask(engine).open_counts
    for what, stamp in decisions:
        decide(engine, what, "a", ZONE.parse(stamp), 100_000, 99_400)
    assert "rounding" not in ask(engine).open_counts
