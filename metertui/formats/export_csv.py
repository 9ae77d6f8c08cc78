"""Tables of register reads as our exports are written: UTF-8, with commas between cells and decimal points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from metertui.engine.base import SiteZone
from metertui.engine.core import FilePiece
from metertui.formats.blocks import parse_lines, read_blocks, split_cells, with_bare_times
from metertui.formats.register_rows import RegisterRows, is_header


def parse_header(line: str) -> list[str] | None:
    """Return the columns that a first line names; None if it is not the first line of such a file."""
    names = [cell.strip() for cell in line.strip().split(",")]
    return names if is_header(names) else None


def read_pieces(file: BinaryIO, path: Path, zone: SiteZone, names: list[str], first: int = 2) -> Iterator[FilePiece]:
    """Yield the readings of the rest of `file`, which begins at line `first`, and the lines that are no readings."""
    for number, block in read_blocks(file, path, first):
        yield _parse_block(block, path, zone, number, names)


def _parse_block(block: bytes, path: Path, zone: SiteZone, first: int, names: list[str]) -> FilePiece:
    rows = RegisterRows(names, zone)
    piece = parse_lines(block, path, first, lambda line: rows.parse(split_cells(line)), b" ,")
    return rows.with_groups(with_bare_times(piece, block, first, zone, lambda line: rows.timestamp(split_cells(line))))
