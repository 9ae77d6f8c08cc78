"""The engine: changes of accounts and edits take effect at once, and questions see them."""

from __future__ import annotations

import pytest

from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.vee.edits import Edit
from tests.engine.core.commits import commit


def test_a_series_is_made_again_only_after_a_change(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-11T09:00:00"))
    series = engine.series("m")
    assert engine.series("m") is series
    commit(engine, ("n", "1", "2025-03-11T09:00:00"))
    assert engine.series("m").wh.tolist() == [1000]
    commit(engine, ("m", "2", "2025-03-11T10:00:00"))
    assert engine.series("m").wh.tolist() == [1000, 2000]


def test_an_edit_changes_what_the_next_reading_has_to_fit(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-11T09:00:00"), ("m", "900", "2025-03-12T09:00:00"))
    assert commit(engine, ("m", "2", "2025-03-12T10:00:00"))[0].kind == "suspect"
    at = engine.zone.parse("2025-03-12T09:00:00")
    engine.apply_events([Edit(engine.clock.now(), "m", "void", at, "ada", "misread")])
    assert commit(engine, ("m", "2.5", "2025-03-12T10:30:00"))[0].kind == "ok"
    assert engine.usage("m", "month").usage_wh == 1500


def test_only_a_registered_meter_can_be_refreshed(engine: Engine) -> None:
    with pytest.raises(MeterError, match="x is not registered"):
        engine.refresh_account("x")
