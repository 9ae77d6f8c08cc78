"""What the effect of a decision follows from: it stays as it was taken."""

from __future__ import annotations

from metertui.engine.core.decision_basis import DecisionBasis
from metertui.engine.core.engine import Engine
from tests.engine.core.commits import commit


def test_a_basis_is_that_of_its_instant_whatever_comes(engine: Engine) -> None:
    at = [engine.zone.parse(f"2025-03-11T0{hour}:00") for hour in (7, 8, 9)]
    commit(engine, ("m", "1", "2025-03-11T07:00"), ("m", "2", "2025-03-11T08:00"))
    basis = DecisionBasis.of_meter(engine, "m")
    commit(engine, ("m", "9", "2025-03-11T09:00"))
    assert [basis.values_at(each) for each in at] == [(1000,), (2000,), ()]
    series = basis.series(basis.decided)
    assert (series.time.tolist(), series.wh.tolist()) == (at[:2], [1000, 2000])
    assert DecisionBasis.of_meter(engine, "m").values_at(at[2]) == (9000,)


def test_nothing_is_known_of_a_meter_that_is_not_registered(engine: Engine) -> None:
    basis = DecisionBasis.of_meter(engine, "x")
    assert (str(basis.unknown), len(basis.time), basis.values_at(0)) == ("x is not registered", 0, ())
