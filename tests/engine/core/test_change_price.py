"""The price of what an edit changes, held against the difference of two bills to come."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.core import corrections
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import NOT_SAID, Decision
from metertui.engine.core.engine import Engine
from tests.clock import FakeClock

CLOCK = "2025-03-12T10:40:00"
TARIFFS = """\
effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent
2025-03-01,,peak,07:00,23:00,30,10
2025-03-01,,night,23:00,07:00,20,10
2025-03-01,landed,,,,50,10
"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "tariffs.csv").write_text(TARIFFS)
    clock = FakeClock(CLOCK)
    engine = Engine.open(tmp_path, Rules(zone=clock.zone), clock)
    batch = engine.ingest.begin()
    for meter, kind in (("flat", "4-room"), ("house", "landed")):
        batch.add_account(meter, {"apartment_type": kind})
        for kwh, time in (("100", "10T21:00"), ("102", "10T22:00"), ("150", "10T23:00"), ("106", "11T01:00")):
            batch.add_reading(meter, kwh, f"2025-03-{time}")
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    return engine


def change(engine: Engine, what: str, meter: str, time: str, wh: int = NOT_SAID) -> int | None:
    decision = Decision(what, meter, engine.zone.parse(time), "x", wh=wh)
    [effect] = corrections.iter_effects(bases_of(engine), [decision], "ann", engine.clock.now())
    return effect.cents


def test_what_is_more_or_less_is_priced_in_its_own_time(engine: Engine) -> None:
    # 102 → 150 in the peak hour; then 106 is suspect and does not count. Without the 150: 4 kWh over three hours,
    # a third of them at the peak price.
    peak, night = 33, 22
    assert change(engine, "void", "flat", "2025-03-10T23:00") == round(4 / 3 * peak + 8 / 3 * night - 48 * peak)
    assert change(engine, "void", "house", "2025-03-10T23:00") == (4 - 48) * 55
    assert change(engine, "correct", "flat", "2025-03-10T23:00", 104_000) == 2 * peak + 2 * night - 48 * peak
    assert change(engine, "release", "flat", "2025-03-11T01:00") == 0
    assert change(engine, "note", "flat", "2025-03-11T01:00") == 0


def test_without_a_tariff_there_is_no_price(engine: Engine) -> None:
    (engine.folder / "tariffs.csv").write_text(TARIFFS.replace("2025-03-01", "2025-03-11"))
    assert change(engine, "void", "flat", "2025-03-10T23:00") is None
