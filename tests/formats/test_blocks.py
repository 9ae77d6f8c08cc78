"""Blocks of whole lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import MeterError
from metertui.formats.blocks import read_blocks

ZONE = SiteZone("UTC")


@pytest.mark.parametrize("size", range(1, 12))
def test_blocks_are_whole_lines_however_large(tmp_path: Path, size: int) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\n\nthree\nfour")
    with path.open("rb") as file:
        parts = list(read_blocks(file, path, 5, size=size))
    assert b"".join(block for _, block in parts) == b"one\n\nthree\nfour\n"
    for number, block in parts:
        assert block.endswith(b"\n")
        before = b"".join(other for at, other in parts if at < number)
        assert number == 5 + before.count(b"\n")


def test_a_file_without_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "disk.img"
    path.write_bytes(b"x" * 1_500_000)
    with path.open("rb") as file, pytest.raises(MeterError, match="no text file of readings"):
        list(read_blocks(file, path, size=100_000))
