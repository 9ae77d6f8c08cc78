"""Applying changes: readings count once, accounts move meters, and a rebuilt history takes in what came meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.accounts.book import Entry
from metertui.engine.attributes import Group
from metertui.engine.base.limits import FitRule
from metertui.engine.base.registers import format_kwh
from metertui.engine.core import corrections
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import NOT_SAID, Decision
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.intervals import IntervalStore
from metertui.engine.replica import apply
from metertui.engine.replica.apply import HistoryRebuild
from metertui.engine.replica.changes import ChangeReader
from metertui.engine.usage.readings_table import STATUS
from metertui.engine.vee.edits import Edit
from metertui.engine.vee.neighbours import NOT_SIMPLE
from tests import oracle
from tests.clock import FakeClock
from tests.engine.core.commits import RULES, close_day, commit, commit_estimates, register
from tests.engine.intervals.listed import rows_of
from tests.engine.listed import listed
from tests.strategies import close_courses


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


def test_the_intervals_of_changed_days_take_the_place_of_those_in_memory(engine: Engine) -> None:
    store = IntervalStore(engine.folder, RULES.zone)
    day = 24 * 3_600_000_000
    store.add_values(rows_of([("m", 0, 10, 5, 0), ("m", day, day + 10, 6, 0)]))
    replica, reader = ChangeReader.open(engine.folder, RULES, engine.clock)
    store.add_values(rows_of([("m", 0, 10, 7, 1), ("x", 0, 10, 8, 0)]))
    changed = reader.read_changes(replica).intervals
    assert changed is not None
    replica.readings.set_intervals(*apply.prepare_intervals(replica, changed)())
    rebuild = HistoryRebuild(replica, frozenset(), None)
    finish(rebuild.assign_codes())
    rebuild.build_readings()
    finish(rebuild.put_in_use())
    found = Engine.open_readonly(engine.folder, RULES, engine.clock)
    assert replica.directory.ids == found.directory.ids
    for name in ("meter", "start", "end", "energy", "quality"):
        assert getattr(replica.readings.intervals, name).tolist() == getattr(found.readings.intervals, name).tolist()
        assert getattr(replica.readings.former, name).tolist() == getattr(found.readings.former, name).tolist()
    assert len(found.readings.former) == 1
    reader.close()


def test_a_changed_account_moves_and_may_stop_sending(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-11T09:00:00"))
    replica = Engine.open_readonly(engine.folder, RULES, engine.clock)
    account = replica.accounts.get("m")
    assert account is not None
    finish(apply.update_accounts(replica, [Entry(replace(account, active=False, region="East"), [], [])]))
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


@pytest.mark.parametrize("first", ["line", "void"])
def test_what_became_actual_before_it_was_void_is_actual_here_too(engine: Engine, first: str) -> None:
    commit_estimates(engine, ("m", "850", "2025-03-11T09:00:00"))
    replica, reader = ChangeReader.open(engine.folder, RULES, engine.clock)
    at = engine.zone.parse("2025-03-11T09:00:00")
    commit(engine, ("m", "850", "2025-03-11T09:00:00"))
    void = Edit(engine.clock.now(), "m", "void", at, "ann", "misread", wh=850_000)
    engine.events.append_edits([void])
    engine.apply_events([void])
    changes = reader.read_changes(replica)
    for step in ("line", "void") if first == "line" else ("void", "line"):
        if step == "void":
            replica.apply_events(changes.events)
        else:
            finish(apply.add_readings(replica, changes.rows))
    for each in (engine, replica):
        assert each.readings.qualities.at(each.code_of("m"), at) == {}
    reader.close()


def catch_up(replica: Engine, reader: ChangeReader, rebuild: HistoryRebuild | None) -> HistoryRebuild | None:
    """Apply what has changed, and put a rebuild in use that was begun before. Return one that is not in use yet."""
    changes = reader.read_changes(replica)
    assert not changes.error
    finish(apply.add_readings(replica, changes.rows))
    if changes.fresh is not None:
        replica.day_close.sealed = replica.readings.mark()
        finish(apply.add_readings(replica, changes.fresh))
    assert changes.event_book is None
    replica.apply_events(changes.events)
    if rebuild is not None:
        rebuild.meters.update(event.meter for event in changes.events)
        finish(rebuild.put_in_use())
    if not changes.days and not changes.reread_log:
        return None
    rebuild = HistoryRebuild(replica, changes.days, reader.read_logs() if changes.reread_log else None)
    rebuild.read_days()
    finish(rebuild.assign_codes())
    rebuild.build_readings()
    rebuild.load_heads(rebuild.view())
    return rebuild


def decide(engine: Engine, decision: Decision) -> bool:
    """Make a decision if it can be made; return whether it was."""
    try:
        found = list(corrections.iter_effects(bases_of(engine), [decision], "ann", engine.clock.now()))
    except MeterError:
        return False
    corrections.write_effects(engine, found)
    finish(corrections.apply_effects(engine, found))
    return True


def check(engine: Engine, model: oracle.Meter, values: dict[int, int]) -> None:
    """Check that an engine judges the meter `m` as the model does."""
    model.readings = list(values.items())
    frozen, code = engine.view().frozen(), engine.code_of("m")
    assert [STATUS[kind] for kind in frozen.status.tolist()] == [kind for _, kind in model.judged()]
    assert list(zip(frozen.curve.time.tolist(), frozen.curve.energy.tolist(), strict=True)) == model.curve()
    assert frozen.energy.tolist() == engine.series("m").energy.tolist()
    head = int(engine.ingest.heads.time[code])
    assert head == NOT_SIMPLE or (head, int(engine.ingest.heads.wh[code])) == model.curve_points()[-1]


ACTIONS = ("read", "read", "read", "void", "release", "correct", "exchange", *["close", "follow"] * 3)
NEAR = (0, 1, 500, 999, 1000, 1001, 1500, 1999, 2000)
"""Registers within 2 kWh of one another, Wh."""


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_follower_judges_as_the_plain_judge_whatever_is_decided_and_comes_late(data: st.DataObject) -> None:
    """Readings lie within 2 kWh of one another, so that many are roundings, and one decision turns a whole course."""
    course = data.draw(close_courses(most=20))
    max_kw = data.draw(st.sampled_from([1, 100]))
    rules, clock = replace(RULES, fit=FitRule(max_w=1000 * max_kw)), FakeClock("2026-01-01T00:00:00")
    coming = data.draw(st.permutations(course))
    model = oracle.Meter(max_kw=max_kw)
    values: dict[int, int] = {}
    with TemporaryDirectory() as folder:
        engine = Engine.open(Path(folder), rules, clock)
        register(engine, "m")
        replica, reader = ChangeReader.open(engine.folder, rules, clock)
        rebuild = None
        for action in [*data.draw(st.lists(st.sampled_from(ACTIONS), max_size=25)), "read all"]:
            if action.startswith("read"):
                count = len(coming) if action == "read all" else data.draw(st.integers(1, 4))
                brought, coming = coming[:count], coming[count:]
                estimated = data.draw(st.booleans())
                store = commit_estimates if estimated else commit
                store(engine, *(("m", format_kwh(wh), RULES.zone.iso(time)) for time, wh in brought))
                values |= dict(brought)
                model.estimates |= {time for time, _ in brought if estimated}
            elif action == "follow":
                rebuild = catch_up(replica, reader, rebuild)
                if rebuild is None:
                    check(replica, model, values)
            elif action == "close":
                close_day(engine)
            elif values:
                at, wh, other = data.draw(
                    st.tuples(st.sampled_from(sorted(values)), st.sampled_from(NEAR), st.sampled_from(NEAR))
                )
                made = Decision(action, "m", at, "x", 10_000 + wh, other, 10_000 + wh)
                if action in ("void", "release"):
                    made = made._replace(wh=NOT_SAID)
                if not decide(engine, made):
                    continue
                if action == "void":
                    model.voids.add(at)
                elif action == "release":
                    model.releases.add(at)
                elif action == "correct":
                    values[at] = 10_000 + wh
                    model.estimates.discard(at)
                    model.voids.discard(at)
                    model.releases.discard(at)  # it was of the value before
                else:
                    model.exchanges[at] = (10_000 + wh, other)
        while (rebuild := catch_up(replica, reader, rebuild)) is not None:
            pass
        for each in (engine, replica):
            check(each, model, values)
        reader.close()
        engine.close()
