"""Meters whose clocks run ahead: the last such reading of each."""

from __future__ import annotations

from metertui.engine.worklist.clock_drift import AheadReading, DriftLog


def test_the_last_reading_of_each_meter_is_kept_and_counted() -> None:
    drift = DriftLog()
    drift.note_reading(1, 100, 5000, 7)
    drift.note_reading(2, 110, 6000, 8)
    drift.note_reading(1, 120, 5500, 9)
    assert drift.last_readings() == [AheadReading(2, 110, 6000, 8, 1), AheadReading(1, 120, 5500, 9, 2)]


def test_the_meter_that_was_noted_longest_ago_is_forgotten_first() -> None:
    drift = DriftLog(most=2)
    for code in (1, 2, 1, 3):
        drift.note_reading(code, 0, 0, 1)
    assert [(each.code, each.times) for each in drift.last_readings()] == [(1, 2), (3, 1)]


def test_a_meter_that_was_forgotten_is_counted_again() -> None:
    drift = DriftLog(most=1)
    for code in (1, 1, 2, 1):
        drift.note_reading(code, 0, 0, 1)
    assert drift.last_readings() == [AheadReading(1, 0, 0, 1, 1)]
