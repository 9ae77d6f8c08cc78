"""The trends of ingest: what the last minutes, hour and day brought."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metertui.headend.trends import SLOTS, SPANS, Slot, Trends


@given(st.lists(st.integers(0, 1000), max_size=2000))
def test_slots_add_up_to_the_seconds_that_they_cover(seconds: list[int]) -> None:
    trends = Trends()
    for accepted in seconds:
        trends.add_second(Slot(1, accepted, accepted // 10, accepted // 100))
    for span, each in SPANS.items():
        slots = trends.of_span(span)
        covered = sum(slot.seconds for slot in slots)
        assert len(slots) <= SLOTS
        assert covered == len(seconds) or len(slots) == SLOTS
        recent = seconds[len(seconds) - covered :]
        assert sum(slot.accepted for slot in slots) == sum(recent)
        assert sum(slot.suspects for slot in slots) == sum(number // 10 for number in recent)
        assert sum(slot.refused for slot in slots) == sum(number // 100 for number in recent)
        assert all(slot.seconds == each for slot in slots[:-1])


def test_a_slot_has_the_longest_time_to_ok_of_its_seconds() -> None:
    trends = Trends()
    for p99 in (None, 0.004, 0.002, None):
        trends.add_second(Slot(1, p99=p99))
    assert [slot.p99 for slot in trends.of_span("2 min")] == [None, 0.004, 0.002, None]
    assert [slot.p99 for slot in trends.of_span("1 h")] == [0.004]
