"""The account files: rows appended, undone and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.accounts.account import Account
from metertui.engine.accounts.account_files import AccountFiles, parse_accounts
from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import DataError

ZONE = SiteZone("UTC")
ONE, TWO = Account("m1", "1 Elm", "East"), Account("m2", "2 Elm", "West", active=False)


def opened(folder: Path) -> AccountFiles:
    """Return files with one account."""
    files = AccountFiles(folder, ZONE)
    files.rewrite_accounts([ONE])
    return files


def test_an_appended_row_is_read_again(tmp_path: Path) -> None:
    opened(tmp_path).append_rows([TWO])
    assert AccountFiles(tmp_path, ZONE).read_accounts() == {"m1": ONE, "m2": TWO}


def test_an_append_is_undone_by_the_size_before(tmp_path: Path) -> None:
    files = opened(tmp_path)
    before = files.path.read_bytes()
    files.cut_rows(files.append_rows([TWO]))
    assert files.path.read_bytes() == before


def test_a_torn_last_line_is_dropped_and_said(tmp_path: Path) -> None:
    files = opened(tmp_path)
    with files.path.open("ab") as file:
        file.write(b'm3,"3 El')
    again = AccountFiles(tmp_path, ZONE)
    assert again.read_accounts() == {"m1": ONE}
    assert again.damage is not None
    assert not again.appendable
    again.mend()
    assert again.appendable
    assert files.path.read_bytes().endswith(b"\n")


def test_a_meter_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    files = opened(tmp_path)
    files.append_rows([ONE])
    with pytest.raises(DataError, match="m1"):
        AccountFiles(tmp_path, ZONE).read_accounts()


def test_rows_of_a_file_without_optional_columns_are_active(tmp_path: Path) -> None:
    data = b"identifier,address,region,sub_region,postcode,apartment_type\nm1,1 Elm,East,,,\n"
    assert parse_accounts(data, tmp_path / "users.csv", ZONE) == [ONE]
