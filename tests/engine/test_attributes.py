"""The one list of an account's fields."""

from __future__ import annotations

from dataclasses import fields

from metertui.engine.accounts.account import Account
from metertui.engine.attributes import ATTRIBUTES, FIELDS, FIRST_FIELDS


def test_an_account_has_every_field_in_the_order_of_files() -> None:
    assert [field.name for field in fields(Account)] == ["meter", *FIELDS, "active", "registered", "device"]


def test_every_attribute_is_a_field_of_an_account() -> None:
    assert set(ATTRIBUTES) <= set(FIELDS)


def test_files_of_the_first_release_have_these_fields() -> None:
    assert FIRST_FIELDS == ("address", "region", "sub_region", "postcode", "apartment_type")
