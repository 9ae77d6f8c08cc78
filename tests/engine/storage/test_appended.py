"""The end of a file after a crash: what stays of it, what is said, and that mending needs no space."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.errors import StorageError
from metertui.engine.storage import durable
from metertui.engine.storage.appended import Damage, without_holes

LINES = [b"line %03d of a file\n" % n for n in range(120)]
WHOLE = b"".join(LINES)
SECTOR = 512


@given(st.integers(0, len(WHOLE)), st.sets(st.integers(0, len(WHOLE) // SECTOR)))
def test_whole_lines_stay_whatever_sectors_are_missing(end: int, missing: set[int]) -> None:
    """And a line stays only as it was written, the last one perhaps cut short."""
    data = bytearray(WHOLE[:end])
    for sector in missing:
        for at in range(sector * SECTOR, min((sector + 1) * SECTOR, end)):
            data[at] = 0
    found = without_holes(bytes(data), len(WHOLE))
    *lines, last = found.split(b"\n")
    expected = [line for line in bytes(data).split(b"\n")[:-1] if b"\0" not in line]
    assert lines == expected
    assert not last.strip(b"\0") or any(line.startswith(last) for line in LINES)
    assert b"\0" not in found


def test_zeros_before_the_last_batch_are_damage_and_stay() -> None:
    data = WHOLE[:SECTOR] + bytes(SECTOR) + WHOLE[2 * SECTOR :]
    assert without_holes(data, len(data) - SECTOR - 1) == data
    assert without_holes(data, len(data)) != data


@pytest.mark.parametrize("hole", [True, False])
def test_mending_needs_no_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hole: bool) -> None:
    path = tmp_path / "log.txt"
    data = WHOLE[:SECTOR] + bytes(SECTOR) + WHOLE[2 * SECTOR :] if hole else WHOLE + b"torn"
    path.write_bytes(data)
    whole = without_holes(data, len(data))
    whole = whole[: whole.rfind(b"\n") + 1]

    def full(*_: object) -> None:
        raise StorageError("cannot write log.txt.rejected: No space left on device")

    monkeypatch.setattr(durable, "set_aside", full)
    damage = Damage(path, data, whole)
    assert ("missing on disk" if hole else "a torn last line of 4 bytes") in damage.warning
    damage.mend()
    assert path.read_bytes() == whole


def test_a_disk_that_refuses_to_mend_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"whole\ntorn")

    def refuses(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "ftruncate", refuses)
    with pytest.raises(StorageError, match=r"cannot write log\.txt: Read-only file system"):
        Damage(path, b"whole\ntorn", b"whole\n").mend()
