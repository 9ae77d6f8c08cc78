"""Applying changes: readings count once, accounts move meters, and a rebuilt history takes in what came meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from metertui.engine.attributes import Group
from metertui.engine.core.engine import Engine
from metertui.engine.replica import apply
from metertui.engine.replica.apply import HistoryRebuild
from metertui.engine.replica.changes import ChangeReader
from metertui.engine.vee.edits import Edit
from tests.engine.core.commits import RULES, close_day, commit
from tests.engine.listed import listed


def finish(steps: Iterator[None]) -> object:
    """Run all steps; return what the generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def test_readings_that_are_known_are_not_added_again(engine: Engine) -> None:
    replica, reader = ChangeReader.open(engine.folder, RULES, engine.clock)
    commit(engine, ("m", "1", "2025-03-11T09:00:00"))
    rows = reader.read_changes(replica).rows
    for _ in range(2):
        finish(apply.add_readings(replica, rows))
    counters = replica.ingest.counters
    assert (len(replica.readings), counters.accepted, counters.duplicates) == (1, 1, 0)
    reader.close()


def test_a_changed_account_moves_and_may_stop_sending(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-11T09:00:00"))
    replica = Engine.open_readonly(engine.folder, RULES, engine.clock)
    account = replica.accounts.get("m")
    assert account is not None
    assert finish(apply.update_accounts(replica, [(replace(account, active=False, region="East"), [])])) is False
    assert "m" not in replica.ingest.active
    assert len(listed(replica, Group("East"))) == 1


def test_a_rebuild_takes_in_what_arrives_meanwhile(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-11T09:00:00"))
    replica, reader = ChangeReader.open(engine.folder, RULES, engine.clock)
    close_day(engine)
    changes = reader.read_changes(replica)
    rebuild = HistoryRebuild(replica, changes.days, reader.read_logs())
    rebuild.read_days()
    finish(rebuild.assign_codes())
    commit(engine, ("m", "2", "2025-03-12T09:00:00"))
    finish(apply.add_readings(replica, reader.read_changes(replica).rows))
    rebuild.build_readings()
    rebuild.load_heads(rebuild.view())
    finish(rebuild.put_in_use())
    assert (len(replica.readings.history), len(replica.readings.tail)) == (1, 1)
    assert replica.series("m").wh.tolist() == [1000, 2000]
    code = replica.code_of("m")
    assert replica.ingest.heads.wh[code] == 2000
    reader.close()


@pytest.mark.parametrize("first", ["line", "void"])
def test_a_void_and_what_came_in_its_place_are_seen_in_either_order(engine: Engine, first: str) -> None:
    commit(engine, ("m", "850", "2025-03-11T09:00:00"))
    replica, reader = ChangeReader.open(engine.folder, RULES, engine.clock)
    at = engine.zone.parse("2025-03-11T09:00:00")
    void = Edit(engine.clock.now(), "m", "void", at, "ann", "misread", wh=850_000)
    engine.events.append_edits([void])
    engine.apply_events([void])
    assert commit(engine, ("m", "580", "2025-03-11T09:00:00"))[0].kind == "ok"
    changes = reader.read_changes(replica)
    if first == "line":
        finish(apply.add_readings(replica, changes.rows))
        assert replica.series("m").standing_at(at) == 850_000, "the void is not known yet"
        replica.apply_events(changes.events)
    else:
        replica.apply_events(changes.events)
        assert replica.series("m").standing_at(at) is None
        finish(apply.add_readings(replica, changes.rows))
    for each in (engine, replica):
        assert each.series("m").wh.tolist() == each.view().frozen().columns.wh.tolist() == [580_000]
        code = each.code_of("m")
        assert (each.ingest.heads.time[code], each.ingest.heads.wh[code]) == (at, 580_000)
    reader.close()
