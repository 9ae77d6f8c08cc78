"""The attributes of meters in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from metertui.engine.attributes import DeviceFields, Group
from metertui.engine.base.limits import FitRule
from metertui.engine.index.meter_codes import GroupsInTime, MeterCodes, course_of

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


def test_the_attributes_are_copied_only_after_a_change() -> None:
    directory = MeterCodes()
    moved = directory.place_meter("moved", SOUTH, [(0, NORTH), (10, SOUTH)])
    groups = directory.groups_in_time()
    assert directory.groups_in_time() is groups
    where = np.array([moved], dtype=np.int32)
    assert groups.groups_of(where, np.array([5])) != groups.groups_of(where, np.array([15]))
    mask = groups._moved
    groups.groups_of(where, np.array([5]))
    assert groups._moved is mask, "and which meters have moved is worked out once"
    changes: list[Callable[[], int]] = [
        lambda: directory.code_of("new"),
        lambda: directory.place_meter("new", EAST),
        lambda: directory.place_meter("new", EAST, [(0, NORTH), (7, EAST)]),
        lambda: directory.place_meter("new", EAST),
    ]
    for change in changes:
        before = directory.groups_in_time()
        change()
        after = directory.groups_in_time()
        assert after is not before
        assert len(after) == len(directory)
        fresh = GroupsInTime(np.array(directory._current, dtype=np.int32), dict(directory._moves))
        everyone = np.arange(len(directory), dtype=np.int32)
        for at in (5, 15):
            times = np.full(len(everyone), at)
            assert after.groups_of(everyone, times).tolist() == fresh.groups_of(everyone, times).tolist()


def test_limits_of_other_attributes_are_as_if_these_were_stored() -> None:
    flat, house = Group("", "", "flat"), Group("", "", "house")
    fit = FitRule(max_w=9, max_w_by_type={"flat": 5, "house": 50})
    courses = {1: [(0, flat), (10, house)], 3: [(0, house)]}
    said = {1: DeviceFields(max_kw="7"), 3: DeviceFields(multiplier="2")}
    devices = {code: course_of(device, []) for code, device in said.items()}
    directory, stored = MeterCodes(fit), MeterCodes(fit)
    for each in (directory, stored):
        each.place_meter("a", flat)
        each.place_meter("b", house, [(0, house), (20, flat), (30, house)])
    limits = directory.site_limits(directory.groups_in_time()).with_attributes(courses, devices)
    for code, course in courses.items():
        stored.place_meter("abcd"[code], course[-1][1], course, said[code])
    meter, time = np.repeat(np.arange(3, dtype=np.int32), 4), np.tile([5, 15, 25, 35], 3)
    meter[meter == 2] = 3  # a meter without an account in between
    expected = stored.site_limits(stored.groups_in_time())
    known = np.where(meter == 3, stored.codes["d"], meter).astype(np.int32)
    assert np.array_equal(limits.of_readings(meter, time), expected.of_readings(known, time))
    assert limits.of_readings(np.array([2, 4], dtype=np.int32), time[:2]).tolist() == [9, 9]  # type: ignore[union-attr]
    assert limits.of_meter(1).at(15) == 7000
