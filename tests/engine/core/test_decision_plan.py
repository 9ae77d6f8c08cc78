"""Decisions worked out while readings arrive: once for each meter, and again only where something has changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from metertui.engine.core import corrections, decision_plan
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.decision_plan import DecisionPlan
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from tests.engine.core.commits import close_day, commit


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the meters of the decisions that are worked out, each time that they are."""
    meters: list[str] = []

    def note(basis: Any, decisions: list[Decision], *rest: Any) -> Iterator[corrections.Effect]:
        meters.extend(decision.meter for decision in decisions)
        return corrections.iter_effects(basis, decisions, *rest)

    monkeypatch.setattr(decision_plan, "iter_effects", note)
    return meters


def work_out(plan: DecisionPlan) -> None:
    """Work out the decisions of all stale meters."""
    for meter in plan.stale_meters():
        plan.take(meter, plan.prepare(meter)())


def plan(engine: Engine) -> DecisionPlan:
    """Return a plan of voids of two meters in turns, worked out."""
    for hour in ("07", "08", "09"):
        commit(engine, *((meter, hour, f"2025-03-11T{hour}:00") for meter in "mn"))
    instants = [engine.zone.parse(f"2025-03-11T{hour}:00") for hour in ("08", "09")]
    wanted = [Decision("void", meter, at, "misread") for at in instants for meter in "mn"]
    found = DecisionPlan(engine, wanted, "ann")
    assert found.stale_meters() == ["m", "n"]
    work_out(found)
    plain = list(corrections.iter_effects(bases_of(engine), wanted, "ann", engine.clock.now()))
    assert found.effects() == plain, "as if they were worked out at once"
    return found


def test_what_has_not_changed_is_worked_out_once(engine: Engine, worked_out: list[str]) -> None:
    found = plan(engine)
    close_day(engine)
    commit(engine, ("elsewhere", "1", "2025-03-11T10:00"))
    assert found.stale_meters() == []
    work_out(found)
    assert worked_out == ["m", "m", "n", "n"]


@pytest.mark.parametrize("change", ["reading", "edit", "value"])
def test_a_meter_that_has_changed_is_worked_out_again(engine: Engine, worked_out: list[str], change: str) -> None:
    found = plan(engine)
    at = engine.zone.parse("2025-03-11T07:00")
    if change == "reading":
        commit(engine, ("n", "12", "2025-03-11T10:00"))
    else:
        done = list(
            corrections.iter_effects(bases_of(engine), [Decision("void", "n", at, "x")], "bob", engine.clock.now())
        )
        corrections.write_effects(engine, done)
        list(corrections.apply_effects(engine, done))
    if change == "value":
        work_out(found)
        commit(engine, ("n", "6", "2025-03-11T07:00"))
    worked_out.clear()
    assert found.stale_meters() == ["n"]
    work_out(found)
    assert worked_out == ["n", "n"]
    assert found.stale_meters() == []
    plain = list(corrections.iter_effects(bases_of(engine), found._decisions, "ann", engine.clock.now()))
    assert found.effects() == plain


def test_what_changes_while_decisions_are_worked_out_is_not_overlooked(engine: Engine) -> None:
    found = plan(engine)
    commit(engine, ("m", "12", "2025-03-11T10:00"))
    effects = found.prepare("m")
    commit(engine, ("m", "13", "2025-03-11T11:00"))
    found.take("m", effects())
    assert found.stale_meters() == ["m"]


def test_a_decision_that_has_become_impossible_is_refused(engine: Engine) -> None:
    found = plan(engine)
    at = engine.zone.parse("2025-03-11T08:00")
    done = list(corrections.iter_effects(bases_of(engine), [Decision("void", "m", at, "x")], "bob", engine.clock.now()))
    corrections.write_effects(engine, done)
    list(corrections.apply_effects(engine, done))
    with pytest.raises(MeterError, match="void already"):
        work_out(found)
    with pytest.raises(MeterError, match="x is not registered"):
        work_out(DecisionPlan(engine, [Decision("void", "x", at, "x")], "ann"))
