"""A fair order of service: who wants little is served soon, however many want much.

Service is counted on a clock that says how far those who wait have been served. A lane starts at the service it has
had, or at the clock where it comes later, and is due that much after as it asks for; the earliest due is served first,
and the clock goes to where it started (the clock of start-time fair queueing: P. Goyal, H. M. Vin, H. Cheng,
SIGCOMM 1996; they serve by start, so that a line would wait for a whole round of those who pour). A lane that sends a
line now and then is so never behind the thousands that pour, and among those that pour each gets the same.

By that order alone a concentrator's thousand lines could wait long while hundreds of meters ask and wait, and for ever
while new ones come. So there is a second order, that of asking, and whoever asks for lanes mixes the two.
"""

from __future__ import annotations

from collections import OrderedDict
from heapq import heapify, heappop, heappush
from typing import Final, Generic, Protocol, TypeVar

_SLACK: Final = 64
"""Entries of lanes that were served which the heap may keep, so that a short queue is not sorted anew each time."""


class Served(Protocol):
    """Who waits in the queue."""

    due: int
    """The service it has had, on the queue's clock; kept by the queue, 0 at first."""


LaneT = TypeVar("LaneT", bound=Served)


class FairQueue(Generic[LaneT]):
    """Lanes that wait. Each operation is O(log n), amortised."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, LaneT]] = []
        self._waiting: OrderedDict[int, tuple[int, int, LaneT]] = OrderedDict()
        """By the lane's id, in the order of asking. What the heap has and this has not was served meanwhile."""
        self._clock = 0
        """The latest start of whom the fair order has served."""
        self._number = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, lane: LaneT) -> bool:
        return id(lane) in self._waiting

    def add(self, lane: LaneT, cost: int) -> None:
        """A lane, not here yet, asks for about `cost` units of service."""
        lane.due = max(self._clock, lane.due)
        self._number += 1
        entry = (lane.due + cost, self._number, lane)
        self._waiting[id(lane)] = entry
        heappush(self._heap, entry)

    def next(self) -> LaneT:
        """Take out the lane that is to be served by the fair order."""
        while True:
            _, number, lane = heappop(self._heap)
            found = self._waiting.get(id(lane))
            if found is not None and found[1] == number:
                del self._waiting[id(lane)]
                self._clock = max(self._clock, lane.due)
                return lane

    def oldest(self) -> LaneT:
        """Take out the lane that has waited longest."""
        _, (_, _, lane) = self._waiting.popitem(last=False)
        if len(self._heap) > 2 * len(self._waiting) + _SLACK:
            self._heap = list(self._waiting.values())
            heapify(self._heap)
        return lane

    def charge(self, lane: LaneT, cost: int) -> None:
        """A lane that was taken out had `cost` units of service.

        Where nobody waits nobody was kept waiting, and nothing is held against anyone.
        """
        lane.due += cost
        if not self._waiting:
            self._clock = max(self._clock, lane.due)
