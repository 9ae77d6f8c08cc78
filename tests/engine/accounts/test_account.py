"""An account and the check of its fields."""

from __future__ import annotations

import pytest

from metertui.engine.accounts.account import Account, check_field, check_row, parse_effective, with_fields
from metertui.engine.attributes import Group
from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import Refused

ZONE = SiteZone("Asia/Singapore")
HOME = Account("m1", "1 Elm", "East", "Bedok", "012345", "4-room")


def test_the_group_of_an_account_is_its_attributes() -> None:
    assert HOME.group == Group("East", "Bedok", "4-room")


def test_a_row_shows_fields_status_and_registration() -> None:
    registered = ZONE.parse("2025-03-01T08:00")
    row = Account("m1", region="East", active=False, registered=registered).as_row(ZONE)
    assert (row["identifier"], row["region"], row["postcode"]) == ("m1", "East", "")
    assert (row["status"], row["registered"]) == ("deactivated", "2025-03-01T08:00:00+08:00")


def test_changed_fields_replace_only_themselves() -> None:
    moved = with_fields(HOME, {"region": "West", "postcode": ""})
    assert moved == Account("m1", "1 Elm", "West", "Bedok", "", "4-room")


@pytest.mark.parametrize(("name", "value"), [("colour", "red"), ("region", "=1"), ("address", "a\x1bb")])
def test_a_field_that_cannot_be_stored_is_refused(name: str, value: str) -> None:
    with pytest.raises(Refused):
        check_field(name, value)


def test_a_date_takes_effect_at_its_local_midnight() -> None:
    assert parse_effective(" 2025-03-01 ", ZONE) == ZONE.parse("2025-03-01T00:00")
    with pytest.raises(Refused):
        parse_effective("2025-02-30", ZONE)


@pytest.mark.parametrize(("status", "active"), [("", True), ("Active", True), ("deactivated", False)])
def test_a_row_is_active_unless_it_says_otherwise(status: str, active: bool) -> None:
    assert check_row("m1", status, "", ZONE) == (active, None)
