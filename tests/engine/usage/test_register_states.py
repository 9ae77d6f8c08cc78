"""The registers of a meter in their order, and the latest reading of each."""

from __future__ import annotations

from metertui.engine.base import HOUR
from metertui.engine.usage.register_states import Latest, Register, latest_of, registers_among
from tests.engine.test_intervals import START, hours, opened


def test_a_total_comes_before_its_parts_and_the_use_first() -> None:
    assert list(registers_among(["production", "t2", "export", "t1", "e1"])) == [
        Register("use", ("t1", "t2")),
        Register("t1", of="use"),
        Register("t2", of="use"),
        Register("export", ("e1",)),
        Register("e1", of="export"),
        Register("production"),
    ]
    assert list(registers_among(["export"])) == [Register("use"), Register("export")]


def test_the_latest_is_a_reading_that_stands_or_an_interval_at_its_end() -> None:
    at = START + 4 * HOUR
    reads = [("m", at, 5000), ("m", at + HOUR, 40), ("n", START, 7000)]
    with opened(hours("m", 0, 100, 200, quality=1), reads) as engine:
        assert latest_of(engine.series("m")) == Latest(at + HOUR, 40, at + HOUR, "suspect", "actual")
    with opened(hours("m", 4, 100, 200, quality=1), reads) as engine:
        assert latest_of(engine.series("m")) == Latest(at + 2 * HOUR, None, at + HOUR, "counted", "estimated")
    with opened([]) as engine:
        assert latest_of(engine.series("m")) is None
