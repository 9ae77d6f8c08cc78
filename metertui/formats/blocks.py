"""Blocks of whole lines: large enough to parse fast, small enough to keep in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from metertui.engine.errors import DataError

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
