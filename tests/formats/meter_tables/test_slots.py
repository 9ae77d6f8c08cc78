"""The parts of a day where a row is a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base import DAY, HOUR, SiteZone, day_number
from metertui.engine.errors import DataError
from metertui.formats.meter_tables.local_times import BARE
from metertui.formats.meter_tables.slots import Slot, by_clock, find_slots
from tests.formats.meter_tables.made_up import clock, shape_of

VIENNA = SiteZone("Europe/Vienna")


def slots_of(tmp_path: Path, names: list[str]) -> list[Slot]:
    rows = "".join(f"0{day}.04.2025;{';'.join(['0,5'] * len(names))}\n" for day in (1, 2))
    shape = shape_of(tmp_path, f"Tag;{';'.join(names)}\n{rows}")
    return find_slots(tmp_path / "june.csv", shape, list(range(1, len(names) + 1)))


@pytest.mark.parametrize(
    "names",
    [
        [f"{clock(hour * 60)}-{clock(hour * 60 + 60)}" for hour in range(24)],
        [clock(hour * 60) for hour in range(24)],
        [clock(hour * 60) for hour in range(1, 25)],
        [f"{hour:02d}:00" for hour in range(1, 25)],
        [f"{clock(hour * 60)}-{clock(hour * 60 + 60)}" for hour in range(23, -1, -1)],
    ],
)
def test_times_of_day_name_starts_or_ends(tmp_path: Path, names: list[str]) -> None:
    slots = slots_of(tmp_path, names)
    assert [(slot.start, slot.end) for slot in slots] == [(hour * HOUR, (hour + 1) * HOUR) for hour in range(24)]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("first", [0, 1])
def test_a_midnight_behind_the_other_parts_ends_the_day(tmp_path: Path, first: int, backwards: bool) -> None:
    hours = [*range(first, 24 + first)]
    names = [clock(hour * 60) for hour in (hours[::-1] if backwards else hours)]
    assert names.count("00:00") == 1
    slots = {slot.place: (slot.start, slot.end) for slot in slots_of(tmp_path, names)}
    found = [slots[at] for at in sorted(slots, reverse=backwards)]
    assert found == [(hour * HOUR, (hour + 1) * HOUR) for hour in range(24)]


@pytest.mark.parametrize("names", [[f"H{hour}" for hour in range(1, 25)], [str(hour) for hour in range(24)]])
def test_numbers_count_from_midnight(tmp_path: Path, names: list[str]) -> None:
    slots = slots_of(tmp_path, names)
    assert slots[2] == Slot(3, 2 * HOUR, 3 * HOUR, True)
    spring = VIENNA.parse("2025-03-30T00:00:00")
    day = day_number(VIENNA.day(spring)) * DAY
    assert slots[2].labels(day, VIENNA)[:2] == (spring + 2 * HOUR, 0)
    start, _, end, *_ = slots[23].labels(day, VIENNA)
    assert start == end == spring + 23 * HOUR
    assert Slot(3, 2 * HOUR, 3 * HOUR, False).labels(day, VIENNA) == (day + 2 * HOUR, BARE, day + 3 * HOUR, BARE, False)


def test_parts_that_make_up_no_day_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the columns 1 to 13 are no parts that make up a day"):
        slots_of(tmp_path, [str(number) for number in range(1, 14)])


SPRING = day_number(VIENNA.day(VIENNA.parse("2025-03-30T12:00:00"))) * DAY
AUTUMN = day_number(VIENNA.day(VIENNA.parse("2025-10-26T12:00:00"))) * DAY
FULL = ["0,5"] * 24


@pytest.mark.parametrize(
    ("day", "cells", "counted"),
    [
        (SPRING, [*FULL[:23], ""], True),
        (SPRING, [*FULL[:23], "0"], True),
        (SPRING, [*FULL[:2], "", *FULL[3:]], False),
        (SPRING, [*FULL[:2], "0,0", *FULL[3:]], False),
        (SPRING, [*FULL[:2], "", *FULL[3:23], "0"], False),
        (SPRING, ["0"] * 24, True),
        (SPRING + DAY, [*FULL[:2], "", *FULL[3:]], True),
        (AUTUMN, FULL, False),
        (AUTUMN, [*FULL[:23], ""], True),
        (AUTUMN, [*FULL, "0,5"], True),
        (AUTUMN, [*FULL, ""], False),
    ],
)
def test_the_days_of_clock_changes_say_how_parts_are_numbered(
    tmp_path: Path, day: int, cells: list[str], counted: bool
) -> None:
    slots = [Slot(hour + 1, hour * HOUR, (hour + 1) * HOUR, True) for hour in range(len(cells))]
    found = by_clock(tmp_path, slots, [(day - DAY * 9, ["", *FULL]), (day, ["", *cells])], VIENNA)
    assert [slot.elapsed for slot in found[:24]] == [counted] * 24
    assert [(slot.place, slot.start) for slot in found] == [(slot.place, slot.start) for slot in slots]


def test_days_that_are_numbered_in_two_ways_are_refused(tmp_path: Path) -> None:
    slots = [Slot(hour + 1, hour * HOUR, (hour + 1) * HOUR, True) for hour in range(24)]
    days = [(SPRING, ["", *FULL[:23], ""]), (AUTUMN, ["", *FULL])]
    with pytest.raises(DataError, match="are not numbered in one way"):
        by_clock(tmp_path, slots, days, VIENNA)
