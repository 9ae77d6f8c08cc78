"""The fair queue: small requests first, equal shares under a flood, and no lane waits for ever."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.headend.fair_queue import FairQueue


class Asker:
    def __init__(self, wants: int) -> None:
        self.wants = wants
        self.due = 0


def serve(queue: FairQueue[Asker], most: int) -> Asker:
    """One service of the fair order; who wants more asks again."""
    lane = queue.pop_next()
    had = min(most, lane.wants)
    lane.wants -= had
    queue.charge(lane, had)
    if lane.wants:
        queue.add(lane, min(most, lane.wants))
    return lane


def test_an_occasional_line_never_waits_for_five_thousand_that_flood() -> None:
    queue: FairQueue[Asker] = FairQueue()
    for _ in range(5000):
        queue.add(Asker(10_000), 64)
    meter = Asker(0)
    for turn in range(2000):
        for _ in range(100):  # what is served between two of its lines
            serve(queue, 64)
        meter.wants = 1
        queue.add(meter, 1)
        assert serve(queue, 64) is meter, turn


def test_lanes_that_flood_get_equal_shares() -> None:
    queue: FairQueue[Asker] = FairQueue()
    lanes = [Asker(10_000) for _ in range(7)]
    for lane in lanes:
        queue.add(lane, 64)
    turns = Counter(serve(queue, 64) for _ in range(700))
    assert set(turns.values()) == {100}


def test_a_lane_that_was_alone_is_not_delayed_later() -> None:
    queue: FairQueue[Asker] = FairQueue()
    alone, late = Asker(10**9), Asker(10**9)
    queue.add(alone, 64)
    for _ in range(1000):
        serve(queue, 64)
    queue.add(late, 64)
    assert {serve(queue, 64), serve(queue, 64)} == {alone, late}


def test_the_oldest_lane_is_the_one_added_first() -> None:
    queue: FairQueue[Asker] = FairQueue()
    heavy, light = Asker(1000), Asker(1)
    queue.add(heavy, 64)
    queue.add(light, 1)
    assert queue.pop_oldest() is heavy
    assert heavy not in queue
    assert queue.pop_next() is light
    assert len(queue) == 0
    queue.add(heavy, 64)  # asks again, and what the order still knew of it before does not count
    assert queue.pop_next() is heavy


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 64), st.sampled_from(["add", "next", "oldest"]))))
def test_each_lane_is_served_once(steps: list[tuple[int, int, str]]) -> None:
    queue: FairQueue[Asker] = FairQueue()
    lanes = [Asker(0) for _ in range(10)]
    waiting: list[Asker] = []
    for number, cost, what in steps:
        if what == "add" and lanes[number] not in waiting:
            queue.add(lanes[number], cost)
            waiting.append(lanes[number])
        elif what == "next" and waiting:
            lane = queue.pop_next()
            waiting.remove(lane)
            queue.charge(lane, cost)
        elif what == "oldest" and waiting:
            assert queue.pop_oldest() is waiting.pop(0)
        assert len(queue) == len(waiting)
        assert all((lane in queue) == (lane in waiting) for lane in lanes)
