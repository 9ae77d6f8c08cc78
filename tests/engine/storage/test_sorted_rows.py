"""Rows in order of a key, whether memory has them all or a file has most."""

from __future__ import annotations

import errno
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.errors import StorageError
from metertui.engine.storage import sorted_rows
from metertui.engine.storage.sorted_rows import SortedRows

ROW = np.dtype([("key", "i4"), ("time", "i8"), ("value", "i8")])
ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=40)


@pytest.fixture(autouse=True, scope="module")
def _small() -> Iterator[None]:
    """Few rows are many."""
    with patch.multiple(sorted_rows, MOST_HELD=7, PART=6, _STEP=2):
        yield


def add(to: SortedRows, rows: list[tuple[int, int]], first: int = 0) -> None:
    key, time = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    to.add(key=key, time=time, value=first + np.arange(len(rows)))


def taken(rows: SortedRows) -> list[list[tuple[int, int, int]]]:
    return [part.tolist() for part in rows.parts()]


@settings(max_examples=40)
@given(st.lists(ROWS, max_size=4), st.booleans(), st.integers(1, 2))
def test_they_come_in_order_of_the_key_and_then_as_they_were_added(
    added: list[list[tuple[int, int]]], spills: bool, leading: int
) -> None:
    with TemporaryDirectory() as folder:
        rows = SortedRows(ROW, ("key", "time"), Path(folder) if spills else None, leading=leading)
        expected: list[tuple[int, int, int]] = []
        for each in added:
            add(rows, each, len(expected))
            expected += [(*row, len(expected) + at) for at, row in enumerate(each)]
            found = taken(rows)  # between, too
            assert [row for part in found for row in part] == sorted(expected, key=lambda row: row[:2])
            of_keys = [{row[:leading] for row in part} for part in found]
            assert sum(map(len, of_keys)) == len(set().union(*of_keys)), "what leads alike is in one part"
        assert len(rows) == len(expected)
        assert os.listdir(folder) == []


def test_a_part_has_few_rows_unless_a_key_has_many(tmp_path: Path) -> None:
    rows = SortedRows(ROW, ("key", "time"), tmp_path)
    add(rows, [(at % 25, 0) for at in range(100)])
    add(rows, [(99, at) for at in range(40)])
    sizes = [len(part) for part in taken(rows)]
    assert (sizes[-1], sum(sizes)) == (40, 140)
    assert max(sizes[:-1]) <= 20


def test_a_part_ends_within_a_key_if_two_fields_lead(tmp_path: Path) -> None:
    rows = SortedRows(ROW, ("key", "time"), tmp_path, leading=2)
    add(rows, [(3, at) for at in range(40)])
    add(rows, [(3, 39 - at) for at in range(40)])
    assert max(len(part) for part in taken(rows)) <= 20


def test_the_file_is_gone_with_the_rows(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    rows = SortedRows(ROW, ("key",), tmp_path)
    add(rows, [(1, 1)] * 30)
    assert len(os.listdir("/proc/self/fd")) == before + 1
    del rows
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("operation", ["write", "preadv"])
def test_a_disk_that_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    rows = SortedRows(ROW, ("key",), tmp_path)
    if operation == "preadv":
        add(rows, [(1, 1)] * 30)
    monkeypatch.setattr(os, operation, full)
    why = "cannot keep the rows of an import for a while: No space left on device"
    with pytest.raises(StorageError, match=why):
        taken(rows) if operation == "preadv" else add(rows, [(1, 1)] * 30)


def test_a_file_that_was_cut_is_told(tmp_path: Path) -> None:
    rows = SortedRows(ROW, ("key",), tmp_path)
    add(rows, [(1, 1)] * 30)
    assert rows._file is not None
    rows._file.truncate(30)
    with pytest.raises(StorageError, match="Input/output error"):
        taken(rows)
