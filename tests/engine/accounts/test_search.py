"""The roster: the same answers as a plain look at every account, whatever was added or changed meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.accounts import search
from metertui.engine.accounts.account import Account
from metertui.engine.accounts.search import AccountFinder

IDS = st.text("aAbB1-", min_size=1, max_size=4)
TEXTS = st.text("aAß1\n\x1f ", max_size=4)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), IDS, TEXTS),
        st.tuples(st.just("change"), st.integers(0, 30), TEXTS),
        st.tuples(st.just("ask"), TEXTS | IDS, st.integers(0, 5)),
    ),
    max_size=30,
)


def contains(account: Account, wanted: str) -> bool:
    texts = (account.meter, account.address, account.postcode, account.region, account.sub_region)
    return any(wanted in text.casefold() for text in texts)


@settings(max_examples=60)
@given(ACTIONS, st.sampled_from([1, 3]), st.sampled_from([0, 64]), st.sampled_from([0, 32]))
def test_answers_are_those_of_a_plain_scan(
    actions: list[tuple[Any, ...]], segment: int, many: int, changes: int
) -> None:
    accounts: dict[str, Account] = {}
    book = AccountFinder(accounts.get)
    with (
        patch.object(search, "_SEGMENT", segment),
        patch.object(search, "_MANY", many),
        patch.object(search, "_CHANGES", changes),
    ):
        for action, what, value in actions:
            if action == "add":
                if what not in accounts:
                    accounts[what] = Account(what, postcode=value.replace("\n", " ").replace("\x1f", " "))
                    book.add_meter(what)
            elif action == "change":
                if accounts:
                    meter = list(accounts)[what % len(accounts)]
                    name = ("address", "region", "sub_region")[what % 3]
                    accounts[meter] = replace(accounts[meter], **{name: value.replace("\n", " ").replace("\x1f", " ")})
                    book.mark_changed(meter)
            else:
                check(book, accounts, what, value)
        check(book, accounts, "a", 2)


def check(book: AccountFinder, accounts: dict[str, Account], text: str, limit: int) -> None:
    wanted = text.casefold().strip()
    ordered = sorted(accounts, key=lambda meter: (meter.lower(), meter))
    every_row = book.rows_containing("")
    assert every_row is not None
    assert [book.meter_at(row) for row in every_row.tolist()] == ordered
    every = [meter for meter in ordered if contains(accounts[meter], wanted)]
    matches = book.rows_containing(text)
    assert matches is not None
    assert [book.meter_at(row) for row in matches.tolist()] == every
    found = [account.meter for account in book.find_accounts(text, limit) or []]
    begin = [meter for meter in ordered if meter.lower().startswith(wanted) and meter != text.strip()]
    rest = [meter for meter in accounts if meter in every and meter not in begin and meter != text.strip()]
    exact = [text.strip()] if text.strip() in accounts else []
    assert found == [*exact, *begin, *rest][:limit]


def test_a_search_is_given_up_between_two_segments() -> None:
    accounts = {str(number): Account(str(number)) for number in range(5000)}
    book = AccountFinder(accounts.get)
    book.add_meters(accounts)
    asked = iter([False, False, True])
    assert book.rows_containing("zzz", lambda: next(asked)) is None
    assert book.find_accounts("zzz", 5, lambda: True) is None
    assert book.find_accounts("zzz", 5) == []
    assert book.widest == 4


def test_ids_of_a_million_shapes_are_in_order_when_many_come_at_once() -> None:
    accounts = {meter: Account(meter) for meter in ("b", "A", "a", "a.b", "a-b", "a_", "Z9", "z" * 32)}
    book = AccountFinder(accounts.get)
    book.add_meters(accounts)
    with patch.object(search, "_PIECE", 3):
        assert [book.meter_at(row) for row in book._sorted(len(accounts)).tolist()] == sorted(
            accounts, key=lambda meter: (meter.lower(), meter)
        )
