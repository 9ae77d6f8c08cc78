"""The attributes of accounts in time, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.accounts.account_history import courses_as_csv, is_unfinished, read_courses, with_move
from metertui.engine.attributes import Group
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
