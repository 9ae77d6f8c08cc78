"""Blocks of whole lines: large enough to parse fast, small enough to keep in memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import numpy as np

from metertui.engine.base import BadLine, SiteZone, is_bare
from metertui.engine.core import FilePiece
from metertui.engine.errors import DataError, Refused
from metertui.engine.storage import Rows

_Entry = TypeVar("_Entry")
Parsed = tuple[str, int, int, int]
"""Identifier, instant (µs UTC), register read (Wh) and quality."""

_BLOCK_BYTES: Final = 4_000_000
"""Bytes; some 50,000 lines."""
_MAX_LINE_BYTES: Final = 1_000_000
"""A file with a longer line is no text file of readings."""


def read_blocks(file: BinaryIO, path: Path, first: int = 1, *, size: int = _BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
    """Yield the rest of `file` in blocks: the number of the first line (the rest begins at `first`), and whole lines.

    Every line ends with a newline, the last one of the file too. Raises DataError for a file without lines, OSError.
    """
    rest = b""
    while data := file.read(size):
        data = rest + data
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if len(rest) > _MAX_LINE_BYTES:
            raise DataError(path, first + data.count(b"\n"), "the line is too long: this is no text file of readings")
        if end:
            yield first, data[:end]
            first += data.count(b"\n")
    if rest:
        yield first, rest + b"\n"


def parse_lines(
    block: bytes,
    path: Path,
    first: int,
    parse: Callable[[bytes], Parsed],
    blanks: bytes | None = None,
    elsewhere: list[int] | None = None,
) -> FilePiece:
    """Parse a block of lines one by one; `first` is the number of the first. Lines with only `blanks` are left out.

    `parse` raises Refused for a line that is no reading. `elsewhere` as in `parse_entries`.
    """
    return parse_entries(
        path.name,
        (
            (number, line)
            for number, raw in enumerate(block.split(b"\n")[:-1], first)
            if (line := raw.removesuffix(b"\r")).strip(blanks)
        ),
        parse,
        lambda line: line.decode("utf-8", "backslashreplace"),
        elsewhere,
    )


class TakenElsewhere(Exception):
    """A line is no reading, and who parses it has kept what it is."""


def parse_entries(
    source: str,
    entries: Iterable[tuple[int, _Entry]],
    parse: Callable[[_Entry], Parsed],
    text_of: Callable[[_Entry], str],
    elsewhere: list[int] | None = None,
) -> FilePiece:
    """Parse lines or rows, each with its number, one by one; `text_of` returns the text of one that is refused.

    `elsewhere` gets the numbers of those that raise TakenElsewhere.
    """
    codes: dict[str, int] = {}
    code, times, whs, qualities, lines = [], [], [], [], []
    refused = []
    for number, entry in entries:
        try:
            meter, time, wh, quality = parse(entry)
        except TakenElsewhere:
            if elsewhere is not None:
                elsewhere.append(number)
            continue
        except Refused as error:
            refused.append(BadLine(source, number, error.code, error.why, text_of(entry)))
            continue
        code.append(codes.setdefault(meter, len(codes)))
        times.append(time)
        whs.append(wh)
        qualities.append(quality)
        lines.append(number)
    rows = Rows(
        list(codes),
        np.array(code, dtype=np.int32),
        np.array(times, dtype=np.int64),
        np.array(whs, dtype=np.int64),
        np.array(qualities, dtype=np.uint8),
    )
    return FilePiece(source, rows, np.array(lines, dtype=np.int64), refused)


def with_bare_times(
    piece: FilePiece, block: bytes, first: int, zone: SiteZone, timestamp_of: Callable[[bytes], str]
) -> FilePiece:
    """Return the readings of a block with a note of those whose timestamps name no zone.

    Lines are looked at only where the clock shows a time twice. `timestamp_of` returns the timestamp of a line.
    """
    lines = cache(lambda: block.split(b"\n"))
    return mark_bare_times(piece, zone, lambda number: timestamp_of(lines()[number - first]))


def mark_bare_times(piece: FilePiece, zone: SiteZone, timestamp_of: Callable[[int], str]) -> FilePiece:
    """Return readings with a note of those whose timestamps name no zone.

    `timestamp_of` returns the timestamp in a line or row, by its number; it is asked only where the clock shows a time
    twice.
    """
    twice = np.flatnonzero(zone.second_instants(piece.rows.time) != piece.rows.time)
    if not len(twice):
        return piece
    bare = np.zeros(len(piece.rows), dtype=bool)
    bare[twice] = [is_bare(timestamp_of(number)) for number in piece.line[twice].tolist()]
    return replace(piece, bare=bare)


def split_cells(line: bytes) -> list[str]:
    """Return the cells of a line of CSV, without the blanks around them. Raises Refused."""
    try:
        return [cell.strip() for cell in next(csv.reader([line.decode()], strict=True))]
    except UnicodeDecodeError as error:
        raise Refused("bad-encoding", "the line is not UTF-8") from error
    except csv.Error as error:
        raise Refused("syntax", f"the line is not CSV: {error}") from error
