"""Recent meters: the last eight, newest first, each once."""

from __future__ import annotations

from metertui.screens.shell.recent_meters import RecentMeters, recent_line


def test_a_meter_that_is_used_again_moves_to_the_front() -> None:
    recent = RecentMeters()
    for meter in ("a", "b", "a"):
        recent.add(meter)
    assert list(recent) == ["a", "b"]


def test_only_the_last_eight_are_remembered() -> None:
    recent = RecentMeters()
    for number in range(10):
        recent.add(str(number))
    assert list(recent) == ["9", "8", "7", "6", "5", "4", "3", "2"]


def test_the_meters_looked_at_last_are_named_as_they_are() -> None:
    assert recent_line(["m-1", "[b]"]).plain == "looked at last  m-1, [b]"
