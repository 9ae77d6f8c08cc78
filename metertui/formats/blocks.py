"""A file of lines in blocks: large enough to be read fast, small enough to be held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from metertui.engine.errors import DataError

_BLOCK_BYTES: Final = 4_000_000
"""Bytes; some 50,000 lines."""
_MAX_LINE_BYTES: Final = 1_000_000
"""Bytes in a line; more is no line of any of these forms, but something else altogether."""


def read_blocks(file: BinaryIO, path: Path, first: int = 1, *, size: int = _BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
    """From where `file` stands: the number of a block's first line (counted from `first`), and whole lines.

    Each line ends with a newline, the last one too. Raises DataError for what has no lines, OSError.
    """
    rest = b""
    while data := file.read(size):
        data = rest + data
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if len(rest) > _MAX_LINE_BYTES:
            raise DataError(path, first + data.count(b"\n"), "a line without an end: this is no text file of readings")
        if end:
            yield first, data[:end]
            first += data.count(b"\n")
    if rest:
        yield first, rest + b"\n"
