"""Readings as lines `identifier,timestamp,usage`: those of the log, and of day files, which have a header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from metertui.engine.base import SiteZone
from metertui.engine.core import FilePiece
from metertui.engine.errors import DataError
from metertui.engine.storage import reading_lines
from metertui.formats.blocks import parse_lines, read_blocks, with_bare_times


def read_pieces(file: BinaryIO, path: Path, zone: SiteZone, first: int = 1) -> Iterator[FilePiece]:
    """Yield the readings of the rest of `file`, which begins at line `first`, and the lines that are no readings."""
    for number, block in read_blocks(file, path, first):
        whole = _parse_block(block, path, zone, number)
        piece = whole or parse_lines(block, path, number, lambda line: reading_lines.parse_line(line, zone))
        yield with_bare_times(piece, block, number, zone, lambda line: line.decode().split(",")[1])


def _parse_block(block: bytes, path: Path, zone: SiteZone, first: int) -> FilePiece | None:
    """Parse all lines at once; return None if any of them is no reading."""
    try:
        rows = reading_lines.parse_readings(block, path, zone, header=False)
    except DataError:
        return None
    if len(rows) != block.count(b"\n"):
        return None
    return FilePiece(path.name, rows, np.arange(first, first + len(rows), dtype=np.int64))
