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


def test_the_channels_beside_the_use_are_sums_rather_than_their_parts() -> None:
    registers = Registers(["a", "a:t1", "a:e1", "b", "b:gas"])
    assert registers.beside_use(None) == ["export", "gas"]
    assert registers.beside_use(3) == ["gas"]
    assert Registers(["a", "a:t1"]).beside_use(None) == []
