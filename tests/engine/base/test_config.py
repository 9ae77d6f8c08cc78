"""The settings of the engine and the system clock."""

from __future__ import annotations

import time

from metertui.engine.base.config import Rules, SystemClock
from metertui.engine.base.zone import HOUR, MINUTE


def test_the_system_clock_is_in_microseconds() -> None:
    before = time.time_ns() // 1000
    now = SystemClock().now()
    assert before <= now <= time.time_ns() // 1000


def test_the_clocks_for_durations_never_go_back() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.thread_time() <= clock.thread_time()


def test_the_defaults_are_those_of_the_settings() -> None:
    rules = Rules()
    assert (rules.zone.name, rules.durability, rules.currency) == ("UTC", "disk", "SGD")
    assert (rules.future_us, rules.silent_us, rules.gap_us) == (10 * MINUTE, 24 * HOUR, 25 * HOUR)
