"""Refused lines, and clocks that run ahead."""

from __future__ import annotations

import pytest

from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.storage.rejects_log import RefusedLine
from metertui.engine.vee.edit_log import EditLog
from metertui.engine.worklist.rejected_lines import read_last_lines
from tests.engine.worklist.site import ZONE, ask, at, decide, put


def test_refused_lines_and_clocks_ahead(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "101", "01:00"), ("b", "5", "10:40:59"), ("b", "6", "10:45:00"))
    put(engine, ("b", "7", "10:47:30"), ("c", "1", "11:00"), ("c", "1", "00:60"), ("x", "1", "01:00"), ("c", "1", "0"))
    found = ask(engine)
    assert found.counts == {"drift": 2, "conflict": 1, "refused": 2}
    assert found.regions == {"": 3, "East": 1, "West": 1}
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


def test_a_conflict_is_closed_by_a_decision_after_it(engine: Engine) -> None:
    put(engine, ("a", "850", "01:00"), ("a", "580", "01:00"))
    [conflict] = ask(engine).rows
    assert (conflict.cause, conflict.wh) == ("conflict", 580_000)
    decide(engine, "void", "a", at("01:00"))
    found = ask(engine, state="all")
    assert [row.cause for row in ask(engine).rows] == []
    assert {row.cause: row.decided.kind for row in found.rows if row.decided} == {"conflict": "void", "void": "void"}
    put(engine, ("a", "580", "01:00"))
    assert ask(engine).total == 0
    engine.clock.advance(60)  # type: ignore[attr-defined]
    put(engine, ("a", "600", "01:00"))  # it contradicts what stands now, and nobody has decided about that
    assert [(row.cause, row.wh) for row in ask(engine).rows] == [("conflict", 600_000)]


def test_meters_that_are_registered_again_drown_nothing(engine: Engine) -> None:
    again = [RefusedLine(at("09:30"), "10.0.0.7:5", "already-registered", "", f"REGISTER m-{n}") for n in range(20_000)]
    engine.rejects.write_lines([RefusedLine(at("09:00"), "p", "conflict", "", "READ a 5 2025-03-12T01:00")], ZONE)
    engine.rejects.write_lines(again, ZONE)
    found = ask(engine)
    assert (found.total, found.counts, found.cut) == (1, {"conflict": 1}, False)


def refuse(engine: Engine, *lines: tuple[str, str, str]) -> None:
    """Keep refused lines: time of day, error code, what was sent."""
    engine.rejects.write_lines(
        [RefusedLine(at(time), "10.0.0.7:5", code, "", sent) for time, code, sent in lines], ZONE
    )


def test_equal_refusals_are_one_case_until_it_is_accepted(engine: Engine) -> None:
    """A meter that nobody knows sends every half hour; so does something that speaks another language."""
    refuse(engine, ("08:00", "not-registered", "READ x 1"), ("08:30", "not-registered", "READ x 2"))
    refuse(engine, ("08:30", "unknown-command", "GET / HTTP"), ("08:31", "unknown-command", "Host: a"))
    refuse(engine, ("08:31", "not-registered", "READ y 2"), ("08:32", "bad-reading", "READ x ,"))
    rows = {(row.code, row.meter): row for row in ask(engine).rows}
    assert {key: (row.time, row.line, row.known) for key, row in rows.items()} == {
        ("not-registered", "x"): (at("08:30"), "READ x 2", False),
        ("not-registered", "y"): (at("08:31"), "READ y 2", False),
        ("unknown-command", ""): (at("08:31"), "Host: a", False),
        ("bad-reading", "x"): (at("08:32"), "READ x ,", False),
    }
    assert rows["not-registered", "x"].why == (
        "2 times not-registered: the meter is not registered (from 10.0.0.7:5), first at 2025-03-12T08:00:00+08:00"
    )
    decide(engine, "note", "x", at("08:30"))
    decide(engine, "accept", "", at("08:31"))
    decide(engine, "accept", "x", at("08:30"))
    assert [row.code for row in ask(engine).rows] == ["bad-reading", "not-registered"]
    refuse(engine, ("09:00", "not-registered", "READ x 3"))
    [new, *_] = ask(engine).rows
    assert (new.meter, new.time, new.why[:14], new.decided) == ("x", at("09:00"), "not-registered", None)
    [_, old] = sorted(ask(engine, state="decided").rows, key=lambda row: row.meter)
    assert old.decided is not None
    assert (old.meter, old.why[:7], old.decided.kind, old.decided.at) == ("x", "2 times", "accept", at("08:30"))
    assert [note.kind for note in old.notes] == ["note"]
    with pytest.raises(MeterError, match="accepted already"):
        decide(engine, "accept", "x", at("08:30"))
    decide(engine, "unaccept", "x", at("08:30"))
    assert {row.meter: row.why[:7] for row in ask(engine).rows if row.code == "not-registered"}["x"] == "3 times"
    with pytest.raises(MeterError, match="x is not registered"):
        decide(engine, "reask", "x", at("08:30"))


def test_a_decision_about_an_unknown_meter_outlives_the_process_and_is_sound(engine: Engine) -> None:
    refuse(engine, ("08:00", "not-registered", "READ x 1"), ("08:30", "syntax", "?"))
    decide(engine, "accept", "x", at("08:00"))
    decide(engine, "accept", "", at("08:30"))
    log = EditLog(engine.folder, ZONE)
    log.load()
    assert [(edit.kind, edit.meter) for edit in log] == [("accept", "x"), ("accept", "")]
    assert not log.warnings


def test_equal_conflicts_are_one_case_and_others_are_not(engine: Engine) -> None:
    put(engine, ("a", "100", "01:00"), ("a", "110", "01:30"))
    put(engine, ("a", "101", "01:00"), ("a", "101", "01:00"), ("a", "102", "01:00"), ("a", "111", "01:30"))
    found = sorted((row.time, row.wh, row.why.startswith("2 times")) for row in ask(engine).rows)
    assert found == [(at("01:00"), 101_000, True), (at("01:00"), 102_000, False), (at("01:30"), 111_000, False)]
