"""The attributes of accounts in time, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.accounts.account_history import (
    changes_of,
    courses_as_csv,
    is_unfinished,
    read_courses,
    with_field,
    with_move,
)
from metertui.engine.attributes import DeviceFields, Group
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.errors import DataError

ZONE = SiteZone("UTC")
START = ZONE.parse("2025-03-01T00:00")
MOVES = {"m1": [(START, Group("East")), (START + HOUR, Group("West", "Quay", "2-room"))]}


def test_moves_come_back_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "accounts_history.csv"
    header, first, second = courses_as_csv(MOVES, {}, ZONE).splitlines(keepends=True)
    path.write_bytes(header + second + first)
    assert read_courses(path, ZONE).moves == MOVES


def test_a_timestamp_that_cannot_be_read_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "accounts_history.csv"
    path.write_text("identifier,effective_from,region,sub_region,apartment_type\nm1,soon,East,,\n")
    with pytest.raises(DataError, match="2"):
        read_courses(path, ZONE)


@pytest.mark.parametrize(("region", "unfinished"), [("East", True), ("West", False), ("North", False)])
def test_a_last_move_that_its_account_does_not_confirm_is_unfinished(region: str, unfinished: bool) -> None:
    moves = [(START, Group("East")), (START + HOUR, Group("West"))]
    assert is_unfinished(moves, Group(region)) is unfinished


@pytest.mark.parametrize(
    ("since", "after", "expected"),
    [
        # before all: region and type; the region until it changed
        (5, "C y 2", ["0 A x -", "5 C x 2", "15 C y 2", "20 B y 2"]),
        (5, "B z -", ["0 A x -", "5 A z -", "15 A y -", "20 B y -"]),
        (10, "B z -", ["10 A z -", "15 A y -", "20 B y -"]),  # at the first
        (15, "A y -", ["10 A x -", "15 A y -", "20 B y -"]),  # as it was already
        (17, "C y -", ["10 A x -", "15 A y -", "17 C y -", "20 B y -"]),
    ],
)
def test_an_earlier_move_holds_until_its_attributes_changed_the_next_time(
    since: int, after: str, expected: list[str]
) -> None:
    def group(text: str) -> Group:
        return Group(*(word.strip("-") for word in text.split()))

    moves = [(10, group("A x -")), (15, group("A y -")), (20, group("B y -"))]
    found = with_move(moves, since, moves[-1][1], group(after))
    assert found == [(int(each.split()[0]), group(each.partition(" ")[2])) for each in expected]


@pytest.mark.parametrize(
    ("name", "value", "since", "expected"),
    [
        ("multiplier", "2", 5, ["0 - -", "5 - 2", "20 5 2", "30 5 40"]),  # until it changed the next time
        ("multiplier", "2", 30, ["10 - -", "20 5 -", "30 5 2"]),  # at the instant of a change, instead of it
        ("multiplier", "", 30, ["10 - -", "20 5 -"]),  # the change taken back
        ("multiplier", "2", 40, ["10 - -", "20 5 -", "30 5 40", "40 5 2"]),
        ("multiplier", "40", 35, ["10 - -", "20 5 -", "35 5 40"]),  # the last change later
        ("multiplier", "40", 15, ["10 - -", "15 - 40", "20 5 40"]),  # and earlier than one of another field
        ("digits", "5", 25, ["10 - -", "25 5 -", "30 5 40"]),  # the last change of this field
        ("digits", "5", 40, ["10 - -", "30 - 40", "40 5 40"]),
        ("digits", "", 20, ["10 - -", "30 - 40"]),
        ("max_kw", "", 15, ["10 - -", "20 5 -", "30 5 40"]),  # it was never another
        ("digits", "6", 10, ["10 6 -", "20 5 -", "30 5 40"]),  # from the start
    ],
)
def test_one_field_has_another_value_from_an_instant_on(name: str, value: str, since: int, expected: list[str]) -> None:
    def device(text: str) -> DeviceFields:
        return DeviceFields(*(word.strip("-") for word in text.split()))

    course = [(10, device("- -")), (20, device("5 -")), (30, device("5 40"))]
    assert changes_of(course, "multiplier") == [(30, "40")]
    found = with_field(course, name, value, since)
    assert found == [(int(each.split()[0]), device(each.partition(" ")[2])) for each in expected]
