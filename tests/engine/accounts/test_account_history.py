"""The attributes of accounts in time, on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.accounts.account import Account
from metertui.engine.accounts.account_history import is_unfinished, moves_as_csv, read_moves
from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.errors import DataError

ZONE = SiteZone("UTC")
START = ZONE.parse("2025-03-01T00:00")
MOVES = {"m1": [(START, Group("East")), (START + HOUR, Group("West", "Quay", "2-room"))]}


def test_moves_come_back_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "accounts_history.csv"
    header, first, second = moves_as_csv(MOVES, ZONE).splitlines(keepends=True)
    path.write_bytes(header + second + first)
    assert read_moves(path, ZONE) == MOVES


def test_a_timestamp_that_cannot_be_read_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "accounts_history.csv"
    path.write_text("identifier,effective_from,region,sub_region,apartment_type\nm1,soon,East,,\n")
    with pytest.raises(DataError, match="2"):
        read_moves(path, ZONE)


@pytest.mark.parametrize(("region", "unfinished"), [("East", True), ("West", False), ("North", False)])
def test_a_last_move_that_its_account_does_not_confirm_is_unfinished(region: str, unfinished: bool) -> None:
    moves = [(START, Group("East")), (START + HOUR, Group("West"))]
    assert is_unfinished(moves, Account("m1", region=region)) is unfinished
