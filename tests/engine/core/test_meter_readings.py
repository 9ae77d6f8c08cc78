"""The registers of one meter as if there were no other."""

from __future__ import annotations

from metertui.engine.core.engine import Engine
from metertui.engine.core.meter_readings import prepare_registers
from metertui.engine.usage.series import Series
from tests.engine.core.commits import commit


def test_all_registers_of_a_meter_are_there_with_what_is_said_of_them(engine: Engine) -> None:
    commit(
        engine,
        ("n", "1", "2025-03-12T08:00:00"),
        ("n:t1", "5", "2025-03-12T08:00:00"),
        ("m:t1", "2", "2025-03-12T08:00:00"),
        ("n:t1", "9", "2025-03-12T09:00:00"),
        ("n:t1", "3", "2025-03-12T10:00:00"),
    )
    prepared = prepare_registers(engine, "n")
    commit(engine, ("n:t1", "10", "2025-03-12T10:30:00"))
    frozen = prepared()
    assert list(frozen.ids) == ["n", "n:t1"]
    for code, register in enumerate(frozen.ids):
        alone, among = Series.from_frozen(frozen, code), engine.prepare_series(register)()
        seen = len(alone)
        assert seen == len(among) - (register == "n:t1"), "as of the moment it was prepared"
        assert alone.wh.tolist() == among.wh.tolist()[:seen]
    assert frozen.use.curve.energy.tolist() == [0, 4_000]
