"""Readings as lines `identifier,timestamp,usage`: those of the log, and of day files, which have a header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from metertui.engine.base import SiteZone
from metertui.engine.core import BadLine, FilePiece
from metertui.engine.errors import DataError, Refused
from metertui.engine.storage import Rows, reading_lines
from metertui.formats.blocks import read_blocks


def read_pieces(file: BinaryIO, path: Path, zone: SiteZone, first: int = 1) -> Iterator[FilePiece]:
    """Yield the readings of the rest of `file`, which begins at line `first`, and the lines that are no readings."""
    for number, block in read_blocks(file, path, first):
        yield _parse_block(block, path, zone, number) or _parse_lines(block, path, zone, number)


def _parse_block(block: bytes, path: Path, zone: SiteZone, first: int) -> FilePiece | None:
    """Parse all lines at once; return None if any of them is no reading."""
    try:
        rows = reading_lines.parse_readings(block, path, zone, header=False)
    except DataError:
        return None
    if len(rows) != block.count(b"\n"):
        return None
    return FilePiece(path.name, rows, np.arange(first, first + len(rows), dtype=np.int64))


def _parse_lines(block: bytes, path: Path, zone: SiteZone, first: int) -> FilePiece:
    codes: dict[str, int] = {}
    code, times, whs, lines = [], [], [], []
    refused = []
    for number, raw in enumerate(block.split(b"\n")[:-1], first):
        line = raw.removesuffix(b"\r")
        if not line.strip():
            continue
        try:
            meter, time, wh = reading_lines.parse_line(line, zone)
        except Refused as error:
            refused.append(BadLine(path.name, number, error.code, error.why, line.decode("utf-8", "backslashreplace")))
            continue
        code.append(codes.setdefault(meter, len(codes)))
        times.append(time)
        whs.append(wh)
        lines.append(number)
    rows = Rows(
        list(codes), np.array(code, dtype=np.int32), np.array(times, dtype=np.int64), np.array(whs, dtype=np.int64)
    )
    return FilePiece(path.name, rows, np.array(lines, dtype=np.int64), refused)
