"""The attributes of meters in time."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.attributes import Group
from metertui.engine.index.meter_codes import MeterCodes

NORTH, SOUTH, EAST = Group("North", "", ""), Group("South", "", ""), Group("East", "", "")


@pytest.mark.parametrize(
    ("readings", "groups"),
    [
        ([], []),
        ([("stays", 0), ("stays", 99)], [EAST, EAST]),  # none of them is of a meter that moved
        ([("moved", 9), ("moved", 10), ("moved", 11)], [NORTH, SOUTH, SOUTH]),
        ([("moved", 10), ("stays", 5), ("moved", 9), ("stays", 50)], [SOUTH, EAST, NORTH, EAST]),
    ],
)
def test_a_reading_has_the_group_of_its_time(readings: list[tuple[str, int]], groups: list[Group]) -> None:
    directory = MeterCodes()
    directory.place_meter("stays", EAST)
    directory.place_meter("moved", SOUTH, [(0, NORTH), (10, SOUTH)])
    meters = np.array([directory.codes[meter] for meter, _ in readings], dtype=np.int32)
    times = np.array([time for _, time in readings], dtype=np.int64)
    assert [directory.groups[code] for code in directory.groups_in_time().groups_of(meters, times)] == groups


def test_what_a_thread_works_on_does_not_grow() -> None:
    directory = MeterCodes()
    directory.place_meter("first", NORTH)
    ids, groups = directory.frozen_ids(), directory.groups_in_time()
    assert directory.frozen_ids() is ids
    directory.place_meter("second", SOUTH, [(0, NORTH), (10, SOUTH)])
    directory.place_meter("first", SOUTH, [(0, NORTH), (10, SOUTH)])
    assert (ids, len(groups)) == (("first",), 1)
    first = np.zeros(1, dtype=np.int32)
    assert directory.groups[groups.groups_of(first, np.array([20]))[0]] == NORTH
    assert directory.frozen_ids() == ("first", "second")
