"""Several values at one instant: each once, in order of arrival."""

from __future__ import annotations

from metertui.engine.columns.shared_instants import SharedInstants


def test_each_value_is_kept_once_in_order_of_arrival() -> None:
    shared = SharedInstants()
    assert (shared.of_meter(1), shared.version) == ({}, 0)
    assert not shared.add(1, 10, 850, 850)
    assert shared.add(1, 10, 850, 580)
    before = shared.version
    assert not shared.add(1, 10, 850, 580)
    assert shared.version == before
    assert shared.add(1, 10, 850, 600)
    assert shared.of_meter(1) == {10: (850, 580, 600)}
    assert shared.version != before
