"""Answers about one meter: the same as among all others, and explanations that later readings do not change."""

from __future__ import annotations

import pytest

from metertui.engine.billing import ShownBill
from metertui.engine.core import one_meter
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from tests.engine.core.commits import commit


def test_a_meter_alone_has_its_part_of_the_columns_of_all(engine: Engine) -> None:
    commit(
        engine,
        ("m", "1", "2025-03-11T09:00:00"),
        ("n", "50", "2025-03-11T09:00:00"),
        ("n", "3", "2025-03-11T10:00:00"),
        ("n", "51.5", "2025-03-11T11:00:00"),
    )
    alone, together = one_meter.frozen_meter(engine, "n"), engine.view().frozen()
    part = together.columns.span(engine.code_of("n"))
    assert alone.ids == ["n"]
    assert alone.columns.wh.tolist() == together.columns.wh[part].tolist() == [50_000, 3_000, 51_500]
    assert alone.status.tolist() == together.status[part].tolist()
    assert alone.curve.energy.tolist() == together.curve.part(together.curve.span(engine.code_of("n"))).energy.tolist()


def test_an_explanation_is_of_the_moment_it_was_asked_for(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-11T09:00:00"), ("m", "2", "2025-03-11T10:00:00"))
    window = engine.series("m").window("month", engine.clock.now(), engine.zone)
    explain = one_meter.prepare_explanation(engine, "m", window)
    commit(engine, ("m", "9", "2025-03-11T11:00:00"))
    explanation, bill = explain()
    assert explanation.usage.usage_wh == 1000
    assert isinstance(bill, ShownBill)
    assert bill.bill.usage_wh == 1000


def test_an_unknown_meter_is_named(engine: Engine) -> None:
    for ask in (one_meter.frozen_meter, one_meter.statement_of_month):
        with pytest.raises(MeterError, match="x is not registered"):
            ask(engine, "x")
