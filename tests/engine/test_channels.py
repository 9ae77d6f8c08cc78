"""Registers of one meter, from the wire through log, day files, follower, import and edits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.limits import FitRule
from metertui.engine.base.progress import no_progress
from metertui.engine.base.windows import Window
from metertui.engine.base.zone import HOUR
from metertui.engine.billing.billing_run import BillingRun
from metertui.engine.billing.shown_bill import shown_bill
from metertui.engine.billing.statements import Bills, Figures, Statement, Terms
from metertui.engine.columns.columns import Frozen
from metertui.engine.core import corrections, listing, one_meter
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.engine import Engine
from metertui.engine.core.importing import FilePiece, Import
from metertui.engine.errors import MeterError
from metertui.engine.maintenance.check import check_folder
from metertui.engine.replica import apply
from metertui.engine.replica.changes import ChangeReader
from metertui.engine.storage import reading_lines, wal
from metertui.engine.usage import readings_table
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.intervals import cut_intervals, intervals_in_window
from metertui.engine.usage.query import Filter, Question
from metertui.engine.worklist.completeness import completeness_board
from metertui.engine.worklist.exception_list import ExceptionQuestion, find_exceptions
from tests.clock import FakeClock
from tests.engine.book_changes import deactivate, modify
from tests.engine.core.commits import RULES, ZONE, close_day, commit, register, reopened

MORNING = "2025-03-12T09:00:00"
NINE, TEN = ZONE.parse(MORNING), ZONE.parse("2025-03-12T10:00:00")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = Engine.open(tmp_path, RULES, FakeClock("2025-03-12T10:40:00"))
    register(opened, "m", "n")
    yield opened
    opened.close()


def readings(engine: Engine) -> dict[str, list[tuple[int, int]]]:
    """What is stored by register."""
    found = {}
    for code, identifier in enumerate(engine.directory.ids):
        times, whs = engine.readings.readings_of(code)
        if len(times):
            found[identifier] = list(zip(times.tolist(), whs.tolist(), strict=True))
    return found


def finish(steps: Iterator[None]) -> None:
    for _ in steps:
        pass


def test_a_register_appears_with_its_first_reading(engine: Engine) -> None:
    kinds = [
        outcome.kind + outcome.code
        for outcome in commit(
            engine,
            ("m:export", "12.5", MORNING),
            ("m:use", "100", MORNING),
            ("m", "100", MORNING),
            ("m:export", "12.5", MORNING),
            ("m:export", "12.6", MORNING),
            ("m:T1", "1", MORNING),
            ("m:", "1", MORNING),
            ("x:t1", "1", MORNING),
            ("m:t1", "much", MORNING),
            ("m:t2", "1", "2025-03-12T10:55:00"),
            ("m:t3", "1", "2001-01-01T00:00:00"),
        )
    ]
    assert kinds == [
        "ok", "ok", "duplicate", "duplicate", "refusedconflict", "refusedbad-meter-id", "refusedbad-meter-id",
        "refusednot-registered", "refusedbad-reading", "refusedfuture-timestamp", "refusedpast-timestamp",
    ]  # fmt: skip
    assert engine.directory.ids == ["m", "n", "m:export"], "what is refused makes no register"
    assert engine.directory.meters == 2
    assert readings(engine) == {"m": [(NINE, 100_000)], "m:export": [(NINE, 12_500)]}
    log = (engine.folder / wal.LOG).read_text()
    assert log == f"m:export,{MORNING}+08:00,12.5\nm,{MORNING}+08:00,100\n"
    with pytest.raises(MeterError, match="m has no readings of a channel t1"):
        engine.series("m:t1")
    assert engine.usage("m:export", "all").closing == engine.usage("m:export", "all").opening


def test_registers_are_judged_by_themselves(engine: Engine) -> None:
    outcomes = commit(
        engine,
        ("m", "100", MORNING),
        ("m:t1", "9000", MORNING),
        ("m:t1", "9001", "2025-03-12T10:00:00"),
        ("m", "101", "2025-03-12T10:00:00"),
        ("m:t1", "3", "2025-03-12T10:30:00"),
    )
    assert [outcome.kind for outcome in outcomes] == ["ok", "ok", "ok", "ok", "suspect"]
    found = find_exceptions(engine.view().frozen(), engine.site_state(), ExceptionQuestion(meter="m"))
    assert [(row.cause, row.meter) for row in found.rows] == [("suspect", "m:t1")]


def test_registers_have_the_account_of_their_meter(engine: Engine) -> None:
    commit(engine, ("m:t1", "1", MORNING), ("m:t1", "2", "2025-03-12T10:00:00"))
    modify(engine.accounts, "m", {"region": "North"}, engine.clock.now())
    engine.refresh_account("m")
    frozen = engine.view().frozen()
    assert {frozen.groups[group].region for group in frozen.group.tolist()} == {""}
    commit(engine, ("m:t1", "3", "2025-03-12T10:45:00"), ("m:e1", "3", "2025-03-12T10:45:00"))
    frozen = engine.view().frozen()
    assert [frozen.groups[group].region for group in frozen.group.tolist()] == ["", "", "North", "North"]
    deactivate(engine.accounts, "m")
    engine.refresh_account("m")
    assert [each.code for each in commit(engine, ("m:t1", "4", None), ("m:t9", "4", None))] == ["deactivated"] * 2


def test_a_register_has_the_limits_of_its_meter(tmp_path: Path) -> None:
    fit = FitRule(max_w=1_000_000, max_w_by_type={"flat": 5_000})
    engine = Engine.open(tmp_path, Rules(zone=ZONE, fit=fit), FakeClock("2025-03-12T10:40:00"))
    batch = engine.ingest.begin()
    batch.add_account("m", {"apartment_type": "flat"})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    kinds = [each.kind for each in commit(engine, ("m:t1", "1", MORNING), ("m:t1", "100", "2025-03-12T10:00:00"))]
    assert kinds == ["ok", "suspect"]
    assert engine.series("m:t1").limits == engine.series("m").limits
    rows = reading_lines.Rows(["m:t2"], np.zeros(2, dtype=np.int32), np.array([NINE, TEN]), np.array([1000, 100_000]))
    importing = Import(engine.view().frozen(), engine.events.frozen(), latest=TEN)
    importing.add_piece(FilePiece("a.csv", rows, np.array([1, 2])))
    assert importing.plan(engine.accounts, TEN).suspect == 1
    engine.close()


def test_readings_of_registers_survive_close_and_start_and_are_proved(engine: Engine) -> None:
    commit(engine, ("m:t1", "5", MORNING), ("m", "1", MORNING), ("m:e1", "7", MORNING), ("n", "1", MORNING))
    close_day(engine)
    commit(engine, ("m:t1", "6", "2025-03-12T10:00:00"))
    stored = readings(engine)
    day = (engine.folder / "archive/2025/03_12.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in day] == ["identifier", "m", "m:e1", "m:t1", "n"]
    again = reopened(engine)
    assert readings(again) == stored
    assert again.directory.meters == 2
    assert not again.warnings
    proofs = list(check_folder(engine.folder, RULES, no_progress))
    assert not [proof.problems for proof in proofs if proof.failures]
    (registered,) = [proof for proof in proofs if "registered" in proof.what]
    assert registered.count == 2
    again.close()


def test_a_follower_has_the_registers_too(engine: Engine) -> None:
    replica, reader = ChangeReader.open(engine.folder, RULES, engine.clock)
    commit(engine, ("m:t1", "5", MORNING), ("m:t1", "6", "2025-03-12T10:00:00"))
    modify(engine.accounts, "m", {"region": "North"}, engine.clock.now())
    engine.refresh_account("m")
    news = reader.read_changes(replica)
    finish(apply.add_readings(replica, news.rows))
    finish(apply.update_accounts(replica, news.accounts))
    commit(engine, ("m:t1", "6.5", "2025-03-12T10:45:00"))
    finish(apply.add_readings(replica, reader.read_changes(replica).rows))
    assert readings(replica) == readings(engine)
    theirs, ours = replica.view().frozen(), engine.view().frozen()
    assert [theirs.groups[at] for at in theirs.group] == [ours.groups[at] for at in ours.group]
    reader.mark_all_unread()
    news = reader.read_changes(replica)
    assert news.book is not None
    assert not news.book.gone, "a register has no account that could be gone"
    reader.close()


def test_edits_name_a_register(engine: Engine) -> None:
    commit(engine, ("m", "5", MORNING), ("m:t1", "5", MORNING), ("m:t1", "6", "2025-03-12T10:00:00"))

    decision = Decision("correct", "m:t1", NINE, "told so", wh=5_500)
    effects = list(corrections.iter_effects(bases_of(engine), [decision], "ann", engine.clock.now()))
    corrections.write_effects(engine, effects)
    finish(corrections.apply_effects(engine, effects))
    assert engine.usage("m:t1", "all").usage_wh == 500
    again = reopened(engine)
    assert again.usage("m:t1", "all").usage_wh == 500
    assert again.series("m").standing_at(NINE) == 5_000
    assert "m:t1" in (engine.folder / "events.csv").read_text()
    again.close()


def test_an_import_stores_registers_and_registers_meters(engine: Engine) -> None:
    commit(engine, ("m:t1", "5", MORNING))
    text = (
        f"m:t1,{MORNING},5\nm:t1,2025-03-12T10:00:00,6\nz:e1,{MORNING},1\nz:use,{MORNING},2\nz,2025-03-12T10:00:00,3\n"
    )
    rows = reading_lines.parse_readings(text.encode(), Path("x"), ZONE, header=False)
    importing = Import(engine.view().frozen(), engine.events.frozen(), latest=TEN)
    importing.add_piece(FilePiece("x", rows, np.arange(5), groups=[Group("East")], group=np.zeros(5, dtype=np.int32)))
    report = importing.finish(engine.accounts, engine.archive, now=TEN)
    assert (report.new, report.duplicate, report.registered) == (4, 1, 1)
    again = reopened(engine)
    assert readings(again) == {
        "m:t1": [(NINE, 5_000), (TEN, 6_000)],
        "z": [(NINE, 2_000), (TEN, 3_000)],
        "z:e1": [(NINE, 1_000)],
    }
    assert [account.meter for account in again.accounts] == ["m", "n", "z"]
    assert again.accounts.get("z") is not None
    again.close()


def test_a_refused_disk_leaves_no_register_behind(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = engine.ingest.begin()
    assert batch.add_account("p", {}).kind == "ok"
    assert batch.add_reading("p:t1", "1", MORNING).kind == "ok"
    engine.ingest.roll_back(batch)
    assert commit(engine, ("p:t1", "1", MORNING))[0].code == "not-registered"
    with pytest.raises(MeterError):
        engine.series("p:t1")
    register(engine, "p")
    assert commit(engine, ("p:t1", "1", MORNING))[0].kind == "ok"


def test_a_meter_that_sends_any_register_is_not_silent(engine: Engine) -> None:
    engine.clock.set("2025-03-14T10:40:00")  # type: ignore[attr-defined]
    commit(engine, ("m", "1", MORNING), ("m:export", "1", "2025-03-14T10:30:00"), ("n", "1", MORNING))
    found = find_exceptions(engine.view().frozen(), engine.site_state(), ExceptionQuestion(cause="silent"))
    assert [row.meter for row in found.rows] == ["n"]
    board = completeness_board(*engine.view().history_and_tail(), engine.site_state(), ZONE)
    assert (board.total.meters, board.total.silent, board.total.today.received) == (2, 1, 1)


def test_sites_without_channels_are_their_own_use(engine: Engine) -> None:
    commit(engine, ("m", "1", MORNING), ("n", "1", MORNING))
    frozen: Frozen = engine.view().frozen()
    assert frozen.use is frozen


def test_a_meter_uses_what_its_registers_say(engine: Engine) -> None:
    commit(
        engine,
        ("m:t1", "10", "2025-03-12T08:00:00"),
        ("m:t2", "20", "2025-03-12T08:00:00"),
        ("m:t1", "11", MORNING),
        ("m:t2", "22", MORNING),
        ("m", "500", MORNING),
        ("m", "505", "2025-03-12T10:00:00"),
        ("m:t1", "13", "2025-03-12T10:00:00"),
        ("m:t2", "25", "2025-03-12T10:00:00"),
        ("m:t1", "14", "2025-03-12T10:30:00"),
        ("m:t2", "25", "2025-03-12T10:30:00"),
        ("m:e1", "1", MORNING),
        ("m:e2", "1", MORNING),
        ("m:e1", "2", "2025-03-12T10:00:00"),
        ("m:e2", "4", "2025-03-12T10:00:00"),
        ("n", "7", MORNING),
        ("n", "9", "2025-03-12T10:00:00"),
    )
    used = engine.usage("m", "today")
    assert used.usage_wh == 3_000 + 5_000 + 1_000
    assert used.opening is not None
    assert (used.opening.wh, used.opening.quality) == (None, "first")
    assert engine.usage("m:t1", "today").usage_wh == 4_000
    assert engine.usage("m:export", "today").usage_wh == 4_000
    for start, end in ((NINE - HOUR + 1, NINE - 7_654_321), (TEN + 1_234_567, TEN + 777_777_777)):
        each = [engine.usage(register, Window("x", start, end)).usage_wh or 0 for register in ("m:t1", "m:t2")]
        assert engine.usage("m", Window("x", start, end)).usage_wh == sum(each), "each is rounded by itself"
    assert engine.registers_of("m") == ["m", "m:t1", "m:t2", "m:e1", "m:e2"]
    frozen = engine.view().frozen()
    days = engine.zone.day(NINE), engine.zone.day(NINE)

    def table(by: tuple[str, ...], **filters: str) -> list[tuple[object, ...]]:
        found = usage_table(frozen, Question(*days, by=by, filter=Filter.by_name(**filters)))
        return list(found.itertuples(index=False, name=None))

    assert table(("meter",)) == [("m", 9_000, 1, 10), ("n", 2_000, 1, 2)]
    assert table(("region",)) == [("", 11_000, 2, 12)]
    assert table(("meter",), channel="export") == [("m", 4_000, 1, 4)]
    assert table((), meter="m:t2") == [(5_000, 1, 4)]
    assert table(("channel",)) == [
        ("e1", 1_000, 1, 2),
        ("e2", 3_000, 1, 2),
        ("export", 4_000, 1, 4),
        ("t1", 4_000, 1, 4),
        ("t2", 5_000, 1, 4),
        ("use", 11_000, 2, 12),
    ]
    assert table(("hour", "channel"), meter="m")[-1][1:] == ("use", 1_000, 1, 2)
    for unknown in ({"channel": "tl"}, {"meter": "m:t1", "channel": "t2"}):
        with pytest.raises(MeterError):
            table((), **unknown)
    view = engine.view()
    for by, row in (((), {}), (("meter",), {"meter": "m"}), (("channel",), {"channel": "export"})):
        question = Question(*days, by=by)
        counted = usage_table(frozen, question)
        chosen = counted[counted[by[0]] == row[by[0]]] if by else counted
        assert len(listing.find_readings(view, question, row)) == int(chosen["readings"].sum())
    assert len(listing.find_readings(view, Question(*days, filter=Filter(meter="m:t1")))) == 4
    assert len(readings_table.ReadingTables(frozen, Question(*days))) == 16
    bills = Bills(frozen, "2025-03", Terms())
    assert [(bill.meter, bill.usage_wh) for bill in bills] == [("m", 9_000), ("n", 2_000)]
    assert one_meter.statement_of_month(engine, "m", "2025-03").usage_wh == 9_000
    taken = intervals_in_window(frozen.use, frozen.use.curve.span(0), np.zeros(1, np.int64), NINE - HOUR, TEN + HOUR)
    marks = np.arange(NINE - HOUR, TEN + HOUR + 1, 777_777_777)
    marks = np.append(marks, TEN + HOUR)
    series = engine.use_series("m")
    pieces = [piece for each in cut_intervals(taken, marks) for piece in zip(each.bucket, each.used, strict=True)]
    by_bucket = [sum(int(used) for at, used in pieces if at == bucket) for bucket in range(len(marks) - 1)]
    assert by_bucket == series.buckets(marks)[0].tolist()
    proofs = list(check_folder(engine.folder, RULES, no_progress))
    assert not [proof.problems for proof in proofs if proof.failures]
    assert [proof.count for proof in proofs if proof.what.startswith("meters: use equals")] == [2]


def test_what_is_a_sum_is_explained_by_its_registers(engine: Engine) -> None:
    commit(engine, ("m:t1", "1", MORNING), ("m:t1", "2", "2025-03-12T10:00:00"))
    commit(engine, ("m:t2", "1", MORNING), ("m:t2", "5", "2025-03-12T10:00:00"))
    window = Window("today", NINE - HOUR, TEN)
    found, _ = one_meter.prepare_explanation(engine, "m", window)()
    assert [(each.usage.meter, each.usage.usage_wh) for each in found.registers] == [("m:t1", 1_000), ("m:t2", 4_000)]
    assert (found.sum_wh, found.agrees) == (5_000, True)
    half = NINE + HOUR // 2
    commit(engine, ("m", "1", ZONE.iso(half)), ("m", "3", "2025-03-12T10:00:00"))
    found, _ = one_meter.prepare_explanation(engine, "m", window)()
    told = [(each.usage.meter, each.usage.start, each.usage.end, each.usage.usage_wh) for each in found.registers]
    begins = NINE - HOUR
    assert told == [("m", begins, TEN, 2_000), ("m:t1", begins, half, 500), ("m:t2", begins, half, 2_000)]
    assert (found.usage.usage_wh, found.agrees) == (4_500, True)
    before, _ = one_meter.prepare_explanation(engine, "m", Window("dates", NINE - HOUR, NINE - 1))()
    assert (before.registers, bool(before.why_no_data)) == ((), True)


def test_a_bill_prices_each_channel_by_the_rows_that_name_it(engine: Engine) -> None:
    head = "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent,channel\n"

    def bill(meter: str) -> Statement:
        return one_meter.statement_of_month(engine, meter, "2025-03")

    later = "2025-03-12T10:00:00"
    courses = {"m:t1": ("1", "3"), "m:t2": ("10", "13"), "m:export": ("0", "4"), "n:export": ("1", "3")}
    commit(engine, *((register, first, MORNING) for register, (first, _) in courses.items()))
    commit(engine, *((register, last, later) for register, (_, last) in courses.items()))
    (engine.folder / "tariffs.csv").write_text(f"{head}2025-01-01,,,,,10,10,\n2025-01-01,,,,,5,10,export\n")
    (use, fed) = bill("m").charges or ()
    assert [(each.channel, each.quantity, each.amount) for each in (use, fed)] == [
        ("", 5_000, 50),
        ("export", 4_000, 20),
    ]
    assert (bill("m").usage_wh, bill("m").net, bill("m").tax) == (5_000, 70, 7)
    assert (bill("n").usage_wh, bill("n").net) == (None, 10)
    (engine.folder / "tariffs.csv").write_text(f"{head}2025-01-01,,,,,20,0,t1\n2025-01-01,,,,,10,0,t2\n")
    assert [(each.channel, each.amount) for each in bill("m").charges or ()] == [("t1", 40), ("t2", 30)]
    run = BillingRun(engine.view().frozen(), "2025-03", engine.terms(), engine.bills, no_progress)
    assert [figures.total for figures in run._figures[1]] == [70]
    run.issue(engine.zone.parse("2025-04-02T00:00:00"))
    shown = shown_bill(bill("m"), engine.bills.ledger_of_meter("2025-03", "m"), engine.zone)
    assert shown.issued is not None
    assert [(each.channel, each.amount) for each in shown.bill.charges or ()] == [("t1", 40), ("t2", 30)]
    assert shown.adjustment == Figures()
    (engine.folder / "tariffs.csv").write_text(f"{head}2025-01-01,,,,,20,0,T1\n")
    with pytest.raises(MeterError, match=r"tariffs\.csv:2: a channel is"):
        engine.terms()
