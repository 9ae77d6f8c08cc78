"""What meters are themselves, from their accounts through ingest, restart, follower and questions to the proofs."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.progress import no_progress
from metertui.engine.base.windows import Window
from metertui.engine.core import corrections, one_meter
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.engine import Engine
from metertui.engine.errors import Refused
from metertui.engine.maintenance.check import check_folder
from metertui.engine.replica import apply
from metertui.engine.replica.changes import ChangeReader
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Question
from metertui.engine.worklist.exception_list import ExceptionQuestion, find_exceptions
from tests.clock import FakeClock
from tests.engine.book_changes import modify
from tests.engine.core.commits import RULES, ZONE, close_day, commit, commit_estimates, register, reopened

MORNING = ZONE.parse("2025-03-12T00:00:00")


def opened(folder: Path) -> Engine:
    return Engine.open(folder, RULES, FakeClock("2025-03-12T10:40:00", ZONE))


def change(engine: Engine, since: str | None = None, **fields: str) -> None:
    at = None if since is None else ZONE.parse(since)
    modify(engine.accounts, "m", fields, engine.clock.now(), at)
    engine.refresh_account("m")


def used(engine: Engine) -> int | None:
    return engine.usage("m", Window("dates", MORNING, ZONE.parse("2025-03-12T23:00:00"))).usage_wh


def proofs(engine: Engine) -> list[str]:
    """What check finds wrong."""
    return [str(proof) for proof in check_folder(engine.folder, RULES, no_progress) if proof.failures]


def test_a_change_judges_the_meter_again_at_once_and_every_way_agrees(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    register(engine, "m", "n")
    kinds = commit(
        engine,
        ("m", "99990", "2025-03-12T01:00:00"),
        ("m", "99999.5", "2025-03-12T02:00:00"),
        ("m", "12", "2025-03-12T03:00:00"),
        ("n", "5", "2025-03-12T03:00:00"),
    )
    assert [each.kind for each in kinds] == ["ok", "ok", "suspect", "ok"]
    replica, reader = ChangeReader.open(tmp_path, RULES, engine.clock)
    change(engine, digits="5")
    assert used(engine) == 9_500  # it held from now on: what was read before is judged as before
    change(engine, "2025-03-01T00:00:00", digits="5")
    assert used(engine) == 22_000
    change(engine, "2025-03-01T00:00:00", multiplier="1.5")
    assert [each.kind for each in commit(engine, ("m", "13", "2025-03-12T04:00:00"))] == ["ok"]
    assert used(engine) == 34_500
    change(engine, "2025-03-12T03:30:00", multiplier="40")  # half a kWh before, half after
    assert used(engine) == 33_000 + 750 + 20_000
    changes = reader.read_changes(replica)
    assert changes.book is not None  # the file was written again
    list(apply.replace_accounts(replica, changes.book))
    assert replica.accounts.entry_of("m") == engine.accounts.entry_of("m")
    assert replica.directory.limits_of(0) == engine.directory.limits_of(0)
    reader.close()
    close_day(engine)
    for again in (engine, reopened(engine)):
        assert used(again) == 53_750
        frozen = again.view().frozen()
        table = usage_table(frozen, Question(date(2025, 3, 12), date(2025, 3, 12), by=("hour", "meter")))
        assert table[table.meter == "m"].usage_wh.tolist() == [14_250, 18_750, 20_750]
        window = Window("dates", MORNING, ZONE.parse("2025-03-12T05:00:00"))
        explained = one_meter.prepare_explanation(again, "m", window)()[0]
        assert explained.agrees
        assert [(each.rise_wh, each.multiplier) for each in explained.products] == [
            (22_500, 1_500_000),
            (500, 40_000_000),
        ]
        assert one_meter.statement_of_month(again, "m", "2025-03").usage_wh == 53_750
        [rolled] = find_exceptions(frozen, again.site_state(), ExceptionQuestion(cause="rollover", state="all")).rows
        assert "12.5 kWh × 1.5 = 18.75 kWh" in rolled.why
        assert not proofs(again)
    with closing(again):
        change(again, "2025-03-12T03:30:00", multiplier="1.5")  # the last change, corrected: there is none
        assert used(again) == 34_500
        assert "1.5" in (tmp_path / "accounts_history.csv").read_text()


def test_a_register_that_begins_again_each_day_is_fed_over_the_wire(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    register(engine, "m")
    change(engine, "2025-03-01T00:00:00", daily_reset="yes", max_kw="7")
    late = ("m", "0.4", "2025-03-12T00:30:00")
    first = [
        ("m", "12", "2025-03-11T23:30:00"),
        ("m", "0.9", "2025-03-12T01:00:00"),
        ("m", "20", "2025-03-12T02:00:00"),
    ]
    assert [each.kind for each in commit(engine, *first, late)] == ["ok", "ok", "suspect", "ok"]
    assert used(engine) == 900
    assert used(reopened(engine)) == 900


def test_an_old_register_may_have_gone_past_its_last_number_before_its_final_reading(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    register(engine, "m")
    change(engine, "2025-03-01T00:00:00", digits="5", multiplier="2")
    sent = [("m", "99990", "2025-03-12T01:00:00"), ("m", "7", "2025-03-12T04:00:00")]
    assert [each.kind for each in commit(engine, *sent)] == ["ok", "ok"]
    decision = Decision("exchange", "m", ZONE.parse("2025-03-12T02:00:00"), "new meter", 12_000, 5_000)
    [effect] = list(corrections.iter_effects(bases_of(engine), [decision], "ann", engine.clock.now()))
    assert effect.total_after - effect.total_before == 2 * (22_000 + 2_000 - 17_000)
    corrections.write_effects(engine, [effect])
    assert list(corrections.apply_effects(engine, [effect])) == [None]
    assert used(engine) == 48_000
    with closing(reopened(engine)) as again:
        assert used(again) == 48_000
        window = Window("dates", MORNING, ZONE.parse("2025-03-12T05:00:00"))
        explained = one_meter.prepare_explanation(again, "m", window)()[0]
        assert explained.agrees
        assert [(each.rolled_over, each.jump_wh) for each in explained.changes] == [
            (True, -100_000_000),
            (False, -7_000),
        ]
        assert not proofs(again)


def test_estimates_of_a_register_that_begins_again_each_day_are_fed_over_the_wire(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    register(engine, "m")
    change(engine, "2025-03-01T00:00:00", daily_reset="yes")
    commit(
        engine,
        ("m", "12", "2025-03-09T23:30:00"),
        ("m", "11", "2025-03-11T23:30:00"),
        ("m", "3", "2025-03-12T06:00:00"),
    )
    sent = [("m", "10", "2025-03-10T23:30:00"), ("m", "5", "2025-03-10T12:00:00"), ("m", "13", "2025-03-11T12:00:00")]
    assert [each.kind for each in commit_estimates(engine, *sent)] == ["ok", "ok", "suspect"]
    for again in (engine, reopened(engine)):
        days = [ZONE.parse(f"2025-03-{day:02}T00:00:00") for day in (10, 11, 12, 13)]
        found = [again.usage("m", Window("dates", *each)).usage_wh for each in pairwise(days)]
        assert found == [10_000, 11_000, 3_000]
        assert not proofs(again)
    again.close()


def test_a_folder_without_such_fields_has_no_columns_for_them(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    register(engine, "m")
    header = (tmp_path / "users.csv").read_text().splitlines()[0]
    assert header == "identifier,address,region,sub_region,postcode,apartment_type,status,registered"
    change(engine, region="East")
    assert "multiplier" not in (tmp_path / "accounts_history.csv").read_text()
    change(engine, multiplier="40")
    assert (tmp_path / "users.csv").read_text().splitlines()[0] == f"{header},digits,multiplier,daily_reset,max_kw"
    register(engine, "n")
    with closing(reopened(engine)) as again:
        account = again.accounts.get("m")
        assert account is not None
        assert account.device.multiplier == "40"


def test_the_wire_does_not_take_them_and_bad_ones_are_named(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as engine:
        register(engine, "m")
        assert engine.ingest.begin().add_account("n", {"multiplier": "40"}).code == "bad-field"
        with pytest.raises(Refused, match="digits"):
            change(engine, digits="12")


def test_a_meter_has_so_many_channels_and_no_more(tmp_path: Path) -> None:
    rules = Rules(zone=ZONE, most_channels=3)
    with closing(Engine.open(tmp_path, rules, FakeClock("2025-03-12T10:40:00", ZONE))) as engine:
        register(engine, "m", "n")
        sent = [(f"m:c{number}", "1", "2025-03-12T01:00:00") for number in range(4)]
        assert [each.code for each in commit(engine, *sent, sent[0])] == ["", "", "limit", "limit", ""]
        assert commit(engine, ("n:c9", "1", None))[0].kind == "ok"
