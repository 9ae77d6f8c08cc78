"""Accounts: what stands in the files, what is known, and what a disk that refuses leaves of both."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.accounts.account import Account
from metertui.engine.accounts.book import AccountBook, Change
from metertui.engine.attributes import FIELDS, Group
from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import DataError, MeterError, Refused, StorageError
from metertui.engine.storage import durable
from tests.engine.book_changes import deactivate, modify, reactivate

ZONE = SiteZone("Asia/Singapore")
NOW = ZONE.parse("2025-03-12T10:40:00")
LATER = ZONE.parse("2025-03-13T08:00:00.5")
SIX = "identifier,address,region,sub_region,postcode,apartment_type\n"
EIGHT = f"{SIX[:-1]},status,registered\n"
HOME: dict[str, Any] = {
    "address": "1 Main St, #02-03",
    "region": "East",
    "sub_region": "Bedok",
    "apartment_type": "4-room",
}


def load(folder: Path) -> AccountBook:
    book = AccountBook(folder, ZONE)
    book.load()
    return book


def users(folder: Path, text: str | bytes) -> AccountBook:
    (folder / "users.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(folder)


def register(book: AccountBook, *meters: str, now: int = NOW, **fields: str) -> None:
    accounts = [book.prepare_account(meter, fields, now) for meter in meters]
    book.append_rows(accounts)
    for account in accounts:
        book.add_account(account)


def text_of(folder: Path, name: str = "users.csv") -> str:
    return (folder / name).read_text(encoding="utf-8")


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# -- registering -----------------------------------------------------------------------------------------------


def test_registrations_share_one_write_and_stand_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = load(tmp_path)
    register(book, "7")
    syncs: list[int] = []
    monkeypatch.setattr(durable, "sync_file", syncs.append)
    register(book, "524-935-527", "m.2", **HOME)
    assert len(syncs) == 1
    assert text_of(tmp_path) == (
        f"{EIGHT}7,,,,,,active,2025-03-12T10:40:00+08:00\n"
        '524-935-527,"1 Main St, #02-03",East,Bedok,,4-room,active,2025-03-12T10:40:00+08:00\n'
        'm.2,"1 Main St, #02-03",East,Bedok,,4-room,active,2025-03-12T10:40:00+08:00\n'
    )
    assert list(load(tmp_path)) == list(book)


def test_the_operating_systems_cache_is_enough_where_the_settings_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = load(tmp_path)
    register(book, "1")
    monkeypatch.setattr(durable, "sync_file", refuse)
    book.append_rows([Account("2")], sync=False)
    assert "2" in load(tmp_path)


def test_what_is_prepared_is_neither_known_nor_stored(tmp_path: Path) -> None:
    book = load(tmp_path)
    assert book.prepare_account("1", HOME, NOW).group == Group("East", "Bedok", "4-room")
    assert "1" not in book
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("meter", "fields", "code"),
    [
        ("-1", {}, "bad-meter-id"),
        ("old", {}, "already-registered"),
        ("gone", {}, "already-registered"),
        ("old", {"colour": "red"}, "already-registered"),  # the account is looked at before its fields
        ("new", {"colour": "red"}, "bad-field"),
        ("new", {"identifier": "other"}, "bad-field"),
        ("new", {"status": "deactivated"}, "bad-field"),
        *(("new", {"address": f"{first}1"}, "bad-field") for first in "=+-@"),
        *(("new", {"region": f"a{char}b"}, "bad-field") for char in "\n\r\t\0\x1b\x7f\x85\x9b\u2028\u202e\ud800"),
    ],
)
def test_what_cannot_be_registered(tmp_path: Path, meter: str, fields: dict[str, str], code: str) -> None:
    book = users(tmp_path, f"{EIGHT}old,,,,,,active,\ngone,,,,,,deactivated,\n")
    with pytest.raises(Refused) as caught:
        book.prepare_account(meter, fields, NOW)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "value", ["", " ", "a=b", "1-2", "Łódź", "北京", "a\u00a0b", "می\u200cخواهم", '"', "<[red]>", "a,b"]
)
def test_any_text_that_is_written_comes_back_as_it_was(tmp_path: Path, value: str) -> None:
    register(load(tmp_path), "1", now=NOW, **dict.fromkeys(FIELDS, value))
    assert load(tmp_path).get("1") == Account("1", value, value, value, value, value, True, NOW)


# -- what others wrote -------------------------------------------------------------------------------------------


def test_a_file_with_six_columns_loads_and_gets_the_others_at_the_first_write(tmp_path: Path) -> None:
    book = users(tmp_path, f"{SIX}1,a,East,Bedok,5,4-room\n2,b,,,,\n")
    assert text_of(tmp_path).startswith(SIX)
    assert list(book) == [Account("1", "a", "East", "Bedok", "5", "4-room"), Account("2", "b")]
    register(book, "3")
    assert text_of(tmp_path) == (
        f"{EIGHT}1,a,East,Bedok,5,4-room,active,\n2,b,,,,,active,\n3,,,,,,active,2025-03-12T10:40:00+08:00\n"
    )


def test_a_last_line_without_its_newline_counts_and_is_not_glued_to_the_next(tmp_path: Path) -> None:
    book = users(tmp_path, f"{EIGHT}1,a,,,,,active,")
    register(book, "2")
    assert list(load(tmp_path)) == list(book)
    assert [account.meter for account in book] == ["1", "2"]


def test_columns_in_another_order_and_of_others_are_kept(tmp_path: Path) -> None:
    book = users(
        tmp_path,
        "Remarks,identifier,apartment_type,postcode,sub_region,region,address,Key\n"
        '"=1+1, he said",1,4-room,5,Bedok,East,a,k\n',
    )
    register(book, "2")
    modify(book, "1", {"address": "b"}, NOW)
    head, first, second = text_of(tmp_path).splitlines()
    assert head == f"{EIGHT[:-1]},Remarks,Key"
    assert first == '1,b,East,Bedok,5,4-room,active,,"=1+1, he said",k'
    assert second == "2,,,,,,active,2025-03-12T10:40:00+08:00,,"
    register(load(tmp_path), "3")
    assert text_of(tmp_path).splitlines()[3] == "3,,,,,,active,2025-03-12T10:40:00+08:00,,"


@pytest.mark.parametrize(
    ("status", "active"), [("active", True), ("", True), (" Active", True), ("Deactivated", False)]
)
def test_a_status_in_any_case(tmp_path: Path, status: str, active: bool) -> None:
    account = users(tmp_path, f"{EIGHT}1,,,,,,{status},\n").get("1")
    assert account is not None
    assert account.active is active


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("-1,,,,,,,", "a meter id is 1 to 32"),
        ("1,,,,,,inactive,", "a status is active or deactivated, not 'inactive'"),
        ("1,,,,,,,12/03/2025", "a timestamp is like"),
        ("0,,,,,,,", "0 is listed twice"),
        ("1,,,,", "5 fields where the header has 8"),
    ],
)
def test_a_broken_row_is_named_by_file_line_and_reason(tmp_path: Path, row: str, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        users(tmp_path, f"{EIGHT}\n0,,,,,,,\n{row}\n9,,,,,,,\n")
    assert str(caught.value).startswith(f"{tmp_path / 'users.csv'}:4: {reason}")


def test_a_crash_in_an_append_costs_no_account_that_was_answered(tmp_path: Path) -> None:
    answered = f"{EIGHT}1,a,,,,,active,2025-03-12T10:40:00+08:00\n".encode()
    row = '2,"Łódź, 3",East,Bedok,5,4-room,active,2025-03-12T10:40:00+08:00\n'.encode()
    for cut in range(len(row)):
        book = users(tmp_path, answered + row[:cut])
        assert "1" in book
        assert bool(book.warnings) == (cut > 0 and "2" not in book), row[:cut]
        register(book, "3")
        again = load(tmp_path)
        assert ("3" in again, again.warnings) == (True, [])
        assert list(again) == list(book)


# -- a disk that refuses -------------------------------------------------------------------------------------------


def half_written(fd: int, data: bytes) -> None:
    os.write(fd, data[: len(data) // 2])
    refuse()


@pytest.mark.parametrize(("function", "fault"), [("write_all", half_written), ("sync_file", refuse)])
def test_a_full_disk_leaves_nothing_behind_and_clears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, fault: Callable[..., None]
) -> None:
    book = load(tmp_path)
    register(book, "1")
    before = text_of(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(durable, function, fault)
        with pytest.raises(StorageError, match=r"cannot write users\.csv: No space left"):
            register(book, "2", **HOME)
    assert text_of(tmp_path) == before
    assert "2" not in book
    with (tmp_path / "users.csv").open() as old:
        register(book, "2", **HOME)
        # After a failed sync nobody knows what the disk holds of the old file: it is not appended to any more.
        anew = not os.path.samestat(os.fstat(old.fileno()), (tmp_path / "users.csv").stat())
    assert anew == (function == "sync_file")
    assert list(load(tmp_path)) == list(book)


@pytest.mark.parametrize("next_is", ["append", "day close"])
def test_half_a_row_that_cannot_be_taken_back_goes_with_the_next_append_or_day_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, next_is: str
) -> None:
    book = load(tmp_path)
    register(book, "1")
    with monkeypatch.context() as patch:
        patch.setattr(durable, "write_all", half_written)
        patch.setattr(os, "truncate", refuse)
        with pytest.raises(StorageError):
            register(book, "2", **HOME)
    if next_is == "append":
        register(book, "2", **HOME)
    else:
        book.settle()
    assert list(load(tmp_path)) == list(book)
    assert (tmp_path / "users.csv").read_text().count("\n") == len(book) + 1


@pytest.mark.parametrize("truncate", [os.truncate, refuse])
@pytest.mark.parametrize("first", [True, False])
def test_an_append_is_retracted_with_the_batch_that_it_belongs_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, truncate: Callable[..., None], first: bool
) -> None:
    book = load(tmp_path)
    if not first:
        register(book, "1")
    mark = book.append_rows([book.prepare_account("2", HOME, NOW)])
    with monkeypatch.context() as patch:
        patch.setattr(os, "truncate", truncate)
        book.retract_rows(mark)
    register(book, "2")  # would stand there twice, and never load again, if the first were still there
    assert list(load(tmp_path)) == list(book)


@pytest.mark.parametrize("first", [True, False])
def test_an_append_that_cannot_even_be_retracted_goes_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    book = load(tmp_path)
    if not first:
        register(book, "1")
    mark = book.append_rows([book.prepare_account("2", HOME, NOW)])
    with monkeypatch.context() as patch, suppress(StorageError):
        patch.setattr(durable, "sync_metadata_too", refuse)
        book.retract_rows(mark)
    register(book, "3")
    assert list(load(tmp_path)) == list(book)


def test_a_file_that_was_taken_away_is_written_again(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1")
    (tmp_path / "users.csv").unlink()
    with pytest.raises(StorageError):
        register(book, "2")
    register(book, "2")
    assert [account.meter for account in load(tmp_path)] == ["1", "2"]


# -- changes ---------------------------------------------------------------------------------------------------------


def test_a_change_of_attributes_does_not_rewrite_history(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1", region="East", apartment_type="4-room")
    modify(book, "1", {"region": "West"}, LATER)
    assert text_of(tmp_path, "accounts_history.csv") == (
        "identifier,effective_from,region,sub_region,apartment_type\n"
        "1,2025-03-12T10:40:00+08:00,East,,4-room\n"
        "1,2025-03-13T08:00:00.500000+08:00,West,,4-room\n"
    )
    again = load(tmp_path)
    assert again.get("1") == Account("1", region="West", apartment_type="4-room", registered=NOW)
    assert list(again.moves_of("1")) == [(NOW, Group("East", "", "4-room")), (LATER, Group("West", "", "4-room"))]


def test_a_change_of_address_makes_no_history(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1", **HOME)
    modify(book, "1", {"address": "2 Main St", "postcode": "5"}, LATER)
    assert not (tmp_path / "accounts_history.csv").exists()
    assert load(tmp_path).get("1") == Account(
        **{"meter": "1", **HOME, "address": "2 Main St"}, postcode="5", registered=NOW
    )


@pytest.mark.parametrize("registered", ["", "2025-03-13T08:00:00.5+08:00", "2031-01-01T00:00:00Z"])
def test_what_was_before_a_change_stays_whatever_the_clock_says(tmp_path: Path, registered: str) -> None:
    book = users(tmp_path, f"{EIGHT}1,,East,,,,active,{registered}\n")
    modify(book, "1", {"region": "West"}, LATER)
    (first, before), (second, after) = load(tmp_path).moves_of("1")
    assert (before.region, after.region) == ("East", "West")
    assert second > first
    assert second >= LATER


def test_deactivated_and_back(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1", "2", **HOME)
    known = list(book)
    assert not deactivate(book, "1").active
    assert [account.active for account in load(tmp_path)] == [False, True]
    with pytest.raises(MeterError, match="1 is deactivated already"):
        deactivate(book, "1")
    reactivate(book, "1")
    with pytest.raises(MeterError, match="1 is active already"):
        reactivate(book, "1")
    assert list(load(tmp_path)) == known


def test_a_change_of_what_is_not_there_or_not_allowed(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1")
    for change in (deactivate, reactivate, lambda book, meter: modify(book, meter, {}, LATER)):
        with pytest.raises(MeterError, match="9 is not registered"):
            change(book, "9")
    before = text_of(tmp_path)
    with pytest.raises(Refused, match="region begins with ="):
        modify(book, "1", {"address": "fine", "region": "=1"}, LATER)
    assert (text_of(tmp_path), list(book.moves_of("1"))) == (before, [])


@pytest.mark.parametrize("step", ["make_pending", "commit_pending"])
@pytest.mark.parametrize("which", ["users.csv", "accounts_history.csv"])
def test_a_change_that_the_disk_refuses_is_made_by_trying_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str, step: str
) -> None:
    book = load(tmp_path)
    register(book, "1", region="East")
    real = getattr(durable.Replacement, step)

    def some(self: durable.Replacement) -> object:
        done = real(self)
        if self._path.name == which:
            raise StorageError(f"cannot write {which}: No space left on device")
        return done

    with monkeypatch.context() as patch:
        patch.setattr(durable.Replacement, step, some)
        with pytest.raises(StorageError, match=rf"cannot write {which}: No space left"):
            modify(book, "1", {"region": "West"}, LATER)
    assert book.get("1") == Account("1", region="East", registered=NOW)
    again = load(tmp_path)  # as after a crash
    assert list(again) == list(book)
    assert (list(again.moves_of("1")), again.warnings) == ([], [])
    assert not list(tmp_path.glob(".*.due"))
    modify(again, "1", {"region": "West"}, LATER + 5)
    moves = load(tmp_path).moves_of("1")
    assert (moves[0][1].region, moves[-1][1].region) == ("East", "West")


@pytest.mark.parametrize("before", ["East", "North"])
def test_a_change_that_a_crash_cut_in_half_never_was(tmp_path: Path, before: str) -> None:
    book = load(tmp_path)
    register(book, "1", region="North")
    if before != "North":
        modify(book, "1", {"region": before}, LATER - 5)
    users, moves = text_of(tmp_path), list(book.moves_of("1"))
    modify(book, "1", {"region": "West"}, LATER)
    (tmp_path / "users.csv").write_text(users)  # as versions before the two were one step could leave it
    told = "accounts_history.csv: the last change of 1 was dropped, as users.csv does not have it"
    for readonly in (True, True, False):
        again = AccountBook(tmp_path, ZONE)
        again.load()
        if not readonly:
            again.mend()
        assert again.warnings == [told]
        assert list(again.moves_of("1"))[-1][1].region == before
        assert len(again.moves_of("1")) == max(1, len(moves))
    assert load(tmp_path).warnings == []
    assert [account.region for account in load(tmp_path)] == [before]


def test_a_region_that_was_edited_by_hand_leaves_the_past_alone(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1", region="East")
    modify(book, "1", {"region": "West"}, LATER)
    (tmp_path / "users.csv").write_text(text_of(tmp_path).replace("West", "South"))
    assert [group.region for _, group in load(tmp_path).moves_of("1")] == ["East", "West"]


def test_many_accounts_and_their_history_with_one_rewrite_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = load(tmp_path)
    register(book, "1", "2", region="East")
    modify(book, "2", {"region": "West"}, LATER)
    written: list[str] = []
    real = durable.Replacement.commit_pending

    def commit(replacement: durable.Replacement) -> None:
        written.append(replacement._path.name)
        real(replacement)

    monkeypatch.setattr(durable.Replacement, "commit_pending", commit)
    moved = [(NOW, Group("North")), (LATER, Group("South"))]
    book.put_accounts([Account("1", region="South"), Account("3", region="South")], {"1": moved, "3": moved})
    assert written == ["accounts_history.csv", "users.csv"]
    again = load(tmp_path)
    assert [(account.meter, account.region) for account in again] == [("1", "South"), ("2", "West"), ("3", "South")]
    assert list(again.moves_of("1")) == list(again.moves_of("3")) == moved
    assert [group.region for _, group in again.moves_of("2")] == ["East", "West"]


def test_history_in_any_order_and_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "accounts_history.csv"
    head = "apartment_type,identifier,effective_from,region,sub_region\n"
    path.write_text(f"{head},1,2025-03-13T08:00:00.5,West,\n,1,2025-03-12T10:40:00,East,\n")
    assert list(load(tmp_path).moves_of("1")) == [(NOW, Group("East")), (LATER, Group("West"))]
    path.write_text(f"{head},1,2025-03-13,West,\n")
    with pytest.raises(DataError, match=r"accounts_history\.csv:2: a timestamp is like"):
        load(tmp_path)
    path.write_text(f"{head},1,2025-03-13T08:00:00,West")  # never appended to, so never torn
    with pytest.raises(DataError, match=r"accounts_history\.csv:2: 4 fields"):
        load(tmp_path)


def test_attributes_that_many_share_are_one_object(tmp_path: Path) -> None:
    rows = "".join(f"{meter},,East,Bedok,,4-room,,\n" for meter in range(2))
    book = users(tmp_path, EIGHT + rows)
    register(book, "2", **HOME)
    first, *others = book
    assert all(account.group[i] is first.group[i] for account in others for i in range(3))


def test_a_change_takes_effect_when_it_is_said_to(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1", region="East")
    modify(book, "1", {"region": "West"}, LATER, since=NOW + 1)
    assert list(load(tmp_path).moves_of("1")) == [(NOW, Group("East")), (NOW + 1, Group("West"))]
    with pytest.raises(Refused, match=r"2025-03-13T08:00:00.500001.08:00 is in the future"):
        modify(book, "1", {"region": "South"}, LATER, since=LATER + 1)
    with pytest.raises(Refused, match=r"1 was registered at 2025-03-12T10:40:00\+"):
        modify(book, "1", {}, LATER, since=NOW)
    register(book, "2", region="East")
    with pytest.raises(Refused, match="2 was registered at 2025-03-12T10:40:00"):
        modify(book, "2", {}, LATER, since=NOW)
    modify(book, "2", {"region": "South"}, LATER, since=LATER)  # now is not the future
    assert [account.region for account in load(tmp_path)] == ["West", "South"]


def test_attributes_are_set_for_the_past_before_the_registration(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1")
    modify(book, "1", {"region": "East", "address": "1 Quay"}, LATER, since=NOW - 10)
    assert list(load(tmp_path).moves_of("1")) == [(0, Group()), (NOW - 10, Group("East"))]
    modify(book, "1", {"region": "West"}, LATER, since=NOW + 10)
    modify(book, "1", {"apartment_type": "2-room"}, LATER, since=NOW - 20)
    assert list(load(tmp_path).moves_of("1")) == [
        (0, Group()),
        (NOW - 20, Group("", "", "2-room")),
        (NOW - 10, Group("East", "", "2-room")),
        (NOW + 10, Group("West", "", "2-room")),
    ]
    [account] = load(tmp_path)
    assert (account.group, account.address) == (Group("West", "", "2-room"), "1 Quay")
    register(book, "2", region="East")
    modify(book, "2", {"region": "South"}, LATER, since=NOW)  # from its registration on: it was never in the East
    kept = load(tmp_path).get("2")
    assert kept is not None
    assert (kept.region, [group for _, group in load(tmp_path).moves_of("2")]) == ("South", [Group("South")])


def test_the_date_of_the_last_change_is_corrected_and_the_change_taken_back(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1", region="East")
    modify(book, "1", {"region": "West"}, LATER, since=NOW + 10)
    modify(book, "1", {"region": "South"}, LATER, since=NOW + 30)

    def moves() -> list[tuple[int, Group]]:
        return list(load(tmp_path).moves_of("1"))

    before = [(NOW, Group("East")), (NOW + 10, Group("West"))]
    for since in (NOW + 40, NOW + 20, LATER):  # later, earlier, and now
        modify(book, "1", {"region": "South"}, LATER, since=since)
        assert moves() == [*before, (since, Group("South"))]
    for since in (NOW + 10, NOW, LATER + 1):  # no earlier than what was before it began, and not in the future
        with pytest.raises(Refused):
            modify(book, "1", {}, LATER, since=since)
    modify(book, "1", {"address": "1 Quay"}, LATER + 9, since=LATER + 9)  # an address has no date, and moves none
    modify(book, "1", {"region": "South"}, LATER)
    assert moves() == [*before, (LATER, Group("South"))]
    modify(book, "1", {"region": "North"}, LATER, since=LATER)
    assert moves() == [*before, (LATER, Group("North"))]
    modify(book, "1", {"region": "West"}, LATER, since=LATER)
    assert moves() == before
    modify(book, "1", {"region": "East"}, LATER, since=NOW + 10)
    assert moves() == before[:1]
    modify(book, "1", {"region": "West"}, LATER, since=NOW + 20)
    assert moves() == [before[0], (NOW + 20, Group("West"))]
    modify(book, "1", {"region": "West", "address": "2 Quay"}, LATER, since=NOW + 20)  # the same once more
    assert moves() == [before[0], (NOW + 20, Group("West"))]
    assert [account.address for account in load(tmp_path)] == ["2 Quay"]
    assert [account.region for account in load(tmp_path)] == ["West"]


def test_another_date_is_that_of_the_field_that_is_named(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1", region="East")
    modify(book, "1", {"digits": "5"}, LATER, since=NOW + 10)
    modify(book, "1", {"apartment_type": "2-room"}, LATER, since=NOW + 20)
    modify(book, "1", {"multiplier": "40", "max_kw": "7"}, LATER, since=NOW + 30)

    def held() -> list[tuple[int, str, str, str]]:
        history = load(tmp_path).history_of("1")
        return [(at - NOW, group.apartment_type, device.digits, device.multiplier) for at, group, device in history]

    last = (30, "2-room", "5", "40")
    modify(book, "1", {"digits": "5"}, LATER, since=NOW + 15)
    assert held() == [(0, "", "", ""), (15, "", "5", ""), (20, "2-room", "5", ""), last]
    modify(book, "1", {"digits": "5"}, LATER, since=NOW + 25)
    assert held() == [(0, "", "", ""), (20, "2-room", "", ""), (25, "2-room", "5", ""), last]
    modify(book, "1", {"region": "East"}, LATER, since=NOW + 5)  # it was never another
    modify(book, "1", {"apartment_type": "2-room"}, LATER, since=NOW + 25)
    assert held() == [(0, "", "", ""), (25, "2-room", "5", ""), last]
    modify(book, "1", {}, LATER, since=NOW + 20)  # the last change of all, earlier than another
    assert held() == [(0, "", "", ""), (20, "", "", "40"), (25, "2-room", "5", "40")]
    modify(book, "1", {"max_kw": ""}, LATER)
    modify(book, "1", {"max_kw": ""}, LATER, since=NOW + 20)  # as if it had never been
    assert [device.max_kw for _, _, device in load(tmp_path).history_of("1")] == ["", "", ""]
    [account] = load(tmp_path)
    assert (account.device.digits, account.device.multiplier, account.device.max_kw) == ("5", "40", "")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.sampled_from(["", "East", "West", "South"])), max_size=8))
def test_an_instant_has_one_row_and_the_later_change_stands(changes: list[tuple[int, str]]) -> None:
    with TemporaryDirectory() as name:
        book = load(Path(name))
        register(book, "1", region="East")
        for since, region in changes:
            with suppress(Refused):
                modify(book, "1", {"region": region}, LATER, since=NOW + since)
                moves = book.moves_of("1")
                assert len({at for at, _ in moves}) == len(moves)
                held = [group.region for at, group in moves if at <= NOW + since]
                assert not moves or (held or [moves[0][1].region])[-1] == region


@pytest.mark.parametrize("piece", [8, 64, 1 << 20])
def test_registrations_go_on_while_a_change_is_drafted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(durable, "_COPIED", piece)
    book = users(tmp_path, f'{SIX}0,"a, ""b"" ",East,,,\n')
    register(book, "1", "10", "2", region="East")
    register(book, "3", address="1,,East,,,,active,2025-03-12T10:40:00+08:00")
    draft = book.draft_change(book.standing(), book.plan_change("1", {"region": "West"}, LATER))
    assert load(tmp_path).get("1") == book.get("1") == Account("1", region="East", registered=NOW)
    register(book, "4", region="North")
    book.commit_change(draft)
    register(book, "5")
    again = load(tmp_path)
    assert list(again) == list(book)
    assert [account.region for account in again] == ["East", "West", "East", "East", "", "North", ""]
    assert text_of(tmp_path).splitlines()[1] == '0,"a, ""b"" ",East,,,,active,'
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["accounts_history.csv", "users.csv"]


def test_a_file_replaced_since_a_change_was_drafted_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = load(tmp_path)
    register(book, "1", "2", region="East")
    draft = book.draft_change(book.standing(), book.plan_activity("1", active=False))
    with monkeypatch.context() as patch:
        patch.setattr(durable, "sync_file", refuse)
        with pytest.raises(StorageError):
            register(book, "3")
    register(book, "3")
    book.commit_change(draft)
    assert [(account.meter, account.active) for account in load(tmp_path)] == [("1", False), ("2", True), ("3", True)]
    assert [path.name for path in tmp_path.iterdir()] == ["users.csv"]


def test_who_was_registered_while_an_import_was_drafted_stands_once_and_as_registered(tmp_path: Path) -> None:
    book = load(tmp_path)
    register(book, "1", region="East")
    moved = {meter: [(NOW, Group("North")), (LATER, Group("South"))] for meter in ("1", "2", "3")}
    change = Change([Account(meter, region="South") for meter in moved], moved)
    draft = book.draft_change(book.standing(), change)
    register(book, "2", region="West")
    book.commit_change(draft)
    again = load(tmp_path)
    assert list(again) == list(book)
    assert {account.meter: account.region for account in again} == {"1": "South", "2": "West", "3": "South"}
    assert [bool(again.moves_of(meter)) for meter in ("1", "2", "3")] == [True, False, True]
    assert again.warnings == []


# -- search -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a1", "a1 A1 a10 a12 b"),  # the id itself, ids that begin so, then the rest as they stand
        ("A1", "A1 a1 a10 a12 b"),
        ("1", "a12 a1 b a10 A1"),
        ("MAIN a", "b"),
        ("strasse", "c"),
        (" 082 ", "c"),
        ("east", "a12 a1 b"),  # the region
    ],
)
def test_search_by_part_of_id_address_or_postcode(tmp_path: Path, text: str, found: str) -> None:
    rows = "a12,,East,,,\na1,,East,,,\nb,1 Main A1,East,,,\na10,,,,,\nA1,,,,,\nc,Hauptstraße,,,0825,\n"
    assert [account.meter for account in users(tmp_path, SIX + rows).search(text)] == found.split()


def test_search_gives_as_many_as_are_asked_for_and_the_exact_one_always(tmp_path: Path) -> None:
    rows = "".join(f"1{number:03d},9 Lane,,,,\n" for number in range(100))
    book = users(tmp_path, f"{SIX}{rows}1,,,,,\n")
    assert book.search("1", 3)[0].meter == "1"
    assert [len(book.search(text, 7)) for text in ("", "1", "lane", "1050")] == [7, 7, 7, 1]
    assert book.search("1", 0) == []


def test_iteration_and_count(tmp_path: Path) -> None:
    book = load(tmp_path)
    assert (len(book), list(book), book.get("1"), "1" in book) == (0, [], None, False)
    register(book, "2", "1")
    assert (len(book), [account.meter for account in book]) == (2, ["2", "1"])
    assert replace(book.prepare_account("3", {}, NOW), meter="1") == book.get("1")


# -- anything, in any order ----------------------------------------------------------------------------------------

METERS = st.sampled_from("abc")
FIELD_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"]), max_size=4
)
SOME_FIELDS = st.dictionaries(
    st.sampled_from(FIELDS), FIELD_TEXT.filter(lambda text: not text.startswith(tuple("=+-@")))
)
ACTIONS = st.tuples(st.sampled_from(["register", "modify", "deactivate", "reactivate", "load"]), METERS, SOME_FIELDS)


@given(st.lists(ACTIONS, max_size=12))
def test_the_files_hold_what_a_plain_dictionary_would(actions: list[tuple[str, str, dict[str, Any]]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        book = load(folder)
        known: dict[str, Account] = {}
        moves: dict[str, list[tuple[int, Group]]] = {}
        for now, (action, meter, fields) in enumerate(actions, NOW):
            account = known.get(meter)
            allowed = {
                "register": account is None,
                "modify": account is not None,
                "deactivate": account is not None and account.active,
                "reactivate": account is not None and not account.active,
                "load": True,
            }[action]
            with nullcontext() if allowed else pytest.raises(MeterError):
                if action == "register":
                    register(book, meter, now=now, **fields)
                elif action == "modify":
                    modify(book, meter, fields, now)
                elif action == "load":
                    book = load(folder)
                else:
                    (deactivate if action == "deactivate" else reactivate)(book, meter)
            if not allowed:
                continue
            if action == "register":
                known[meter] = Account(meter, **fields, registered=now)
            elif action == "modify":
                before, known[meter] = known[meter], replace(known[meter], **fields)
                if known[meter].group != before.group:
                    assert before.registered is not None
                    moves.setdefault(meter, [(before.registered, before.group)]).append((now, known[meter].group))
            elif action != "load":
                known[meter] = replace(known[meter], active=action == "reactivate")
        for each in (book, load(folder)):
            assert {account.meter: account for account in each} == known
            assert {meter: list(each.moves_of(meter)) for meter in known if each.moves_of(meter)} == moves
