"""A fair queue: a lane that wants little is served soon, however many want much.

The queue has a virtual clock, which says how much service the waiting lanes have had. A lane starts at the service it
has had, or at the clock if that is later, and is due after as much more as it asks for. The lane that is due first is
served first, and sets the clock to its start (the clock of start-time fair queueing: P. Goyal, H. M. Vin, H. Cheng,
SIGCOMM 1996; they serve in order of start, so that a single line would wait for a round of all lanes that flood). A
lane that sends a line now and then is never behind thousands that flood, and lanes that flood get equal shares.

In that order alone, the thousand lines of a concentrator could wait long while hundreds of meters send and wait, and
for ever while new ones come. So there is a second order, by age, and the caller mixes the two.
"""

from __future__ import annotations

from collections import OrderedDict
from heapq import heapify, heappop, heappush
from typing import Final, Generic, Protocol, TypeVar

_SLACK: Final = 64
"""Stale entries that the heap may keep, so that a short queue is not sorted again each time."""


class Served(Protocol):
    """What can wait in the queue."""

    due: int
    """The service it has had, on the clock of the queue, which sets it; 0 at first."""


LaneT = TypeVar("LaneT", bound=Served)


class FairQueue(Generic[LaneT]):
    """Waiting lanes in two orders: fair, and by age. Each operation is O(log n), amortised."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, LaneT]] = []
        self._waiting: OrderedDict[int, tuple[int, int, LaneT]] = OrderedDict()
        """By the id of the lane, oldest first. An entry of the heap that is not here is stale."""
        self._clock = 0
        """The latest start of a lane that was served in fair order."""
        self._number = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, lane: LaneT) -> bool:
        return id(lane) in self._waiting

    def add(self, lane: LaneT, cost: int) -> None:
        """Add a lane, not waiting yet, that asks for about `cost` units of service."""
        lane.due = max(self._clock, lane.due)
        self._number += 1
        entry = (lane.due + cost, self._number, lane)
        self._waiting[id(lane)] = entry
        heappush(self._heap, entry)

    def pop_next(self) -> LaneT:
        """Remove and return the lane that is next in fair order."""
        while True:
            _, number, lane = heappop(self._heap)
            found = self._waiting.get(id(lane))
            if found is not None and found[1] == number:
                del self._waiting[id(lane)]
                self._clock = max(self._clock, lane.due)
                return lane

    def pop_oldest(self) -> LaneT:
        """Remove and return the lane that has waited longest."""
        _, (_, _, lane) = self._waiting.popitem(last=False)
        if len(self._heap) > 2 * len(self._waiting) + _SLACK:
            self._heap = list(self._waiting.values())
            heapify(self._heap)
        return lane

    def charge(self, lane: LaneT, cost: int) -> None:
        """Charge a lane that was removed with `cost` units of service.

        If no other lane waits, the clock follows, so that the charge does not delay it later.
        """
        lane.due += cost
        if not self._waiting:
            self._clock = max(self._clock, lane.due)
