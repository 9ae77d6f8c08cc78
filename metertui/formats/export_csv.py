"""Tables of register reads as our exports are written: UTF-8, with commas between cells and decimal points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from metertui.engine.base import SiteZone
from metertui.engine.core import FilePiece
from metertui.engine.intervals import IntervalPiece
from metertui.formats.blocks import parse_lines, read_blocks, split_cells, with_bare_times
from metertui.formats.register_rows import RegisterRows, is_header


def parse_header(line: str) -> list[str] | None:
    """Return the columns that a first line names; None if it is not the first line of such a file."""
    names = [cell.strip() for cell in line.strip().split(",")]
    return names if is_header(names) else None


def read_pieces(
    file: BinaryIO, path: Path, zone: SiteZone, names: list[str], first: int = 2
) -> Iterator[FilePiece | IntervalPiece]:
    """Yield the readings and intervals of the rest of `file`, from line `first` on, and the lines that are none."""
    for number, block in read_blocks(file, path, first):
        rows, elsewhere = RegisterRows(names, zone), list[int]()
        yield _parse_block(block, path, zone, number, rows, elsewhere)
        if (stated := rows.interval_piece(path.name, elsewhere)) is not None:
            yield stated


def _parse_block(
    block: bytes, path: Path, zone: SiteZone, first: int, rows: RegisterRows, elsewhere: list[int]
) -> FilePiece:
    piece = parse_lines(block, path, first, lambda line: rows.parse(split_cells(line)), b" ,", elsewhere)
    return rows.with_groups(with_bare_times(piece, block, first, zone, lambda line: rows.timestamp(split_cells(line))))
