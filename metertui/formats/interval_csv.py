"""Intervals as a data folder has them: `identifier,start,end,kwh,quality`, with the header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import BadLine, Int64Array, SiteZone
from metertui.engine.errors import DataError, Refused
from metertui.engine.intervals import IntervalPiece, IntervalRows, concat_intervals, lines
from metertui.formats.blocks import read_blocks

_REPLACED: Final = "a later line of the file has another value for the same interval, or withdraws it"


def read_intervals(file: BinaryIO, path: Path, zone: SiteZone, first: int = 2) -> Iterator[IntervalPiece]:
    """Yield the intervals of the rest of `file`, which begins at line `first`, and the lines that are none.

    Of the lines of one interval, which stand together, the last one holds.
    """
    held = IntervalPiece(path.name, lines.as_rows([]), np.empty(0, dtype=np.int64))
    for number, block in read_blocks(file, path, first):
        found = _parse_block(block, path, zone, number)
        rows, line = concat_intervals([held.rows, found.rows]), np.concatenate((held.line, found.line))
        same = _repeats(rows)
        last = int(np.flatnonzero(~same)[-1]) if len(same) else 0
        held = IntervalPiece(path.name, rows.take(slice(last, None)), line[last:])
        yield _standing(path, rows.take(slice(last)), line[:last], zone, found.refused)
    if len(held.rows):
        yield _standing(path, held.rows, held.line, zone, ())


def _parse_block(block: bytes, path: Path, zone: SiteZone, first: int) -> IntervalPiece:
    """Parse all lines at once, or one by one if any of them is no interval."""
    try:
        rows = lines.parse_intervals(block, path, zone, header=False)
        if len(rows) == block.count(b"\n"):
            return IntervalPiece(path.name, rows, np.arange(first, first + len(rows), dtype=np.int64))
    except DataError:
        pass
    refused, taken, line = [], [], []
    for number, raw in enumerate(block.split(b"\n")[:-1], first):
        text = raw.removesuffix(b"\r")
        if not text.strip():
            continue
        try:
            taken.append(lines.parse_line(text, zone))
            line.append(number)
        except Refused as error:
            refused.append(BadLine(path.name, number, error.code, error.why, text.decode("utf-8", "backslashreplace")))
    return IntervalPiece(path.name, lines.as_rows(taken), np.array(line, dtype=np.int64), refused)


def _repeats(rows: IntervalRows) -> NDArray[np.bool_]:
    """Return which rows are of the same interval as the row before, bool[n]."""
    same = np.ones(len(rows), dtype=bool)
    same[:1] = False
    for column in (rows.code, rows.start, rows.end):
        same[1:] &= column[1:] == column[:-1]
    return same


def _standing(
    path: Path, rows: IntervalRows, line: Int64Array, zone: SiteZone, refused: Sequence[BadLine]
) -> IntervalPiece:
    """Return the rows that hold; the others are refused, a withdrawal too."""
    last = np.append(~_repeats(rows)[1:], True)[: len(rows)]
    holds = last & (rows.energy != lines.WITHDRAWN)
    others = np.flatnonzero(~holds)
    texts = b"".join(lines.encode_intervals(rows.take(others), zone)).decode().splitlines()
    replaced = [
        BadLine(path.name, number, "conflict", _REPLACED, text)
        for number, text in zip(line[others].tolist(), texts, strict=True)
    ]
    return IntervalPiece(path.name, rows.take(holds), line[holds], [*refused, *replaced])
