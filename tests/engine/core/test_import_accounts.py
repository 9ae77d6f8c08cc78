"""What files say of accounts in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from metertui.engine.accounts.account import Account
from metertui.engine.accounts.book import AccountBook
from metertui.engine.attributes import Group
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.import_accounts import NO_STATEMENT, Statements, planned_accounts, without_repeats

NORTH, SOUTH = Group("North", "Quarry", "4-room"), Group("South", "Harbour", "landed")
NOW = 100


def statements(*rows: tuple[str, int, Group | None, bool]) -> Statements:
    """(meter, µs UTC, attributes if any, whether it is new) in any order."""
    groups = [NORTH, SOUTH]
    return Statements(
        "abc",
        groups,
        np.array(["abc".index(meter) for meter, *_ in rows], dtype=np.int32),
        np.array([time for _, time, *_ in rows], dtype=np.int64),
        np.array([NO_STATEMENT if each is None else groups.index(each) for _, _, each, _ in rows], dtype=np.int32),
        np.array([new for *_, new in rows], dtype=bool),
    )


def test_statements_that_repeat_the_one_before_are_left_out() -> None:
    assert without_repeats([(5, SOUTH), (1, NORTH), (3, NORTH), (9, NORTH)]) == [(1, NORTH), (5, SOUTH), (9, NORTH)]


def test_of_statements_about_one_instant_the_last_counts() -> None:
    assert without_repeats([(1, NORTH), (5, NORTH), (5, SOUTH)]) == [(1, NORTH), (5, SOUTH)]


def test_meters_are_registered_with_their_last_attributes_and_moved_where_these_change(tmp_path: Path) -> None:
    book = AccountBook(tmp_path, SiteZone("UTC"))
    rows = [("c", 9, SOUTH, True), ("b", 3, None, True), ("c", 5, NORTH, True), ("c", 7, NORTH, True)]
    accounts, moves = planned_accounts(book, statements(*rows), NOW)
    assert accounts == [Account("b", registered=3), Account("c", **SOUTH._asdict(), registered=5)]
    assert moves == {"c": [(5, NORTH), (9, SOUTH)]}


def test_a_stored_reading_states_what_was_empty_at_its_time(tmp_path: Path) -> None:
    book = AccountBook(tmp_path, SiteZone("UTC"))
    book.put_accounts([Account("a", registered=5), Account("b", **NORTH._asdict(), registered=1)], {})
    book.put_accounts([], {"b": [(1, Group()), (7, NORTH)]})
    accounts, moves = planned_accounts(book, statements(("a", 6, SOUTH, False), ("b", 6, SOUTH, False)), NOW)
    assert (accounts, moves) == ([Account("a", **SOUTH._asdict(), registered=5)], {"b": [(6, SOUTH), (7, NORTH)]})
    book.put_accounts(accounts, moves)
    assert planned_accounts(book, statements(("a", 6, NORTH, False), ("b", 6, NORTH, False)), NOW) == ([], {})


def test_a_stored_reading_states_nothing_of_a_known_time(tmp_path: Path) -> None:
    book = AccountBook(tmp_path, SiteZone("UTC"))
    book.put_accounts([Account("a", **NORTH._asdict(), registered=5)], {})
    assert planned_accounts(book, statements(("a", 5, SOUTH, False), ("a", 6, SOUTH, True)), NOW) == ([], {})
    _, moves = planned_accounts(book, statements(("a", 4, SOUTH, False), ("a", 6, SOUTH, True)), NOW)
    assert moves == {"a": [(4, SOUTH), (5, NORTH)]}
