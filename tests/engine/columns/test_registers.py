"""Registers by code and channel."""

from __future__ import annotations

from metertui.engine.columns.registers import Registers


def test_registers_know_their_meter() -> None:
    found = Registers(["m", "n", "m:t1", "n:t1", "n:export"])
    assert found.several
    assert found.meter.tolist() == [0, 1, 0, 1, 1]
    assert found.is_meter().tolist() == [True, True, False, False, False]
    assert found.channels == {"t1": {0: 2, 1: 3}, "export": {1: 4}}


def test_without_channels_each_code_is_a_meter() -> None:
    found = Registers(["m", "n"])
    assert not found.several
    assert found.is_meter().all()
