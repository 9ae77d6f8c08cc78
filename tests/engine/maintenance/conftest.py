"""A data folder with a history of three meters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from metertui.engine.accounts.account import Account
from metertui.engine.accounts.book import AccountBook
from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR
from metertui.engine.storage.day_files import Archive, split_by_day
from metertui.engine.storage.reading_lines import Rows
from tests.engine.maintenance.proofs import START, ZONE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three meters over a change of the clock: a steady one that moved, one with a bad read, one that was exchanged."""
    hours = 24 * 9
    registers = np.array([np.arange(hours) * 500 + 7, np.arange(hours) * 333, np.arange(hours) * 1001 + 50_000])
    registers[1, 40] = 0
    registers[2, 100:] -= registers[2, 100]
    rows = Rows(
        ["m-1", "m-2", "m-3"],
        np.repeat(np.arange(3, dtype=np.int32), hours),
        np.tile(START + np.arange(hours, dtype=np.int64) * HOUR, 3),
        registers.ravel(),
    )
    archive = Archive(tmp_path, ZONE)
    for day, of_day in split_by_day(rows, ZONE):
        archive.merge_day(day, of_day)
    accounts = [Account(meter, region=region, registered=START) for meter, region in zip(rows.ids, "NSS", strict=True)]
    moves = {"m-1": [(START, Group("W")), (START + 50 * HOUR, Group("N"))]}
    AccountBook(tmp_path, ZONE).put_accounts(accounts, moves)
    (tmp_path / "log.txt").write_text("m-1,2024-11-04T01:00:00+01:00,120\n")
    return tmp_path
