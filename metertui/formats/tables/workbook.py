"""Tables in Excel workbooks (.xlsx): a table may go on in further sheets."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from metertui.engine.errors import DataError, MeterError
from metertui.formats.tables.rows import Block, Row, Typed, as_cell, in_blocks

_LOCAL: Final = re.compile(r"[0-9-]{10}T[0-9:.]+", re.ASCII)
_OFFSET: Final = re.compile(r"[+-][0-9]{2}:[0-9]{2}", re.ASCII)
_LATER_EPOCH: Final = 1904
_LARGE: Final = 100_000_000
"""Bytes of a part of a workbook, from which on it must not be packed too densely."""
_DENSEST: Final = 200
"""How much larger a part may become; rows of equal figures become some 50 times as large."""


def read_rows(path: Path) -> Iterator[Block]:
    """Yield the rows of all sheets. Raises DataError, OSError."""
    import openpyxl  # noqa: PLC0415  # it loads slowly, and most sessions do not need it

    with path.open("rb") as file:
        try:
            _check_size(path, file)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles and the like, which are nothing to a table
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            try:
                sheets, since_1904 = book.worksheets, book.epoch.year == _LATER_EPOCH
                for place, sheet in enumerate(sheets):
                    for share, rows in in_blocks(_rows(sheet, since_1904=since_1904), lambda: 0.0):
                        yield (place + share) / len(sheets), rows
            finally:
                book.close()
        except (MeterError, OSError):
            raise
        except Exception as error:  # damaged files make the library fail in any way
            raise DataError(path, None, f"the workbook is damaged, or it is none: {error}") from error


def _check_size(path: Path, file: BinaryIO) -> None:
    """Raise DataError for a workbook that would fill the memory: no table is packed as densely."""
    with zipfile.ZipFile(file) as parts:
        for part in parts.infolist():
            if part.file_size > max(_LARGE, _DENSEST * part.compress_size):
                why = f"{part.filename} would be {part.file_size // 1_000_000} MB, from {part.compress_size} bytes"
                raise DataError(path, None, f"this is no workbook of readings: {why}")


def _rows(sheet: Any, *, since_1904: bool) -> Iterator[Row]:
    sheet.reset_dimensions()  # a sheet that was written row by row may state wrong ones
    offsets: list[tuple[int, int]] = []
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [as_cell(value, since_1904=since_1904) for value in values]
        offsets = offsets or _offsets(cells)
        for time, offset in offsets:
            if offset < len(cells) and _OFFSET.fullmatch(cells[offset]) and _LOCAL.fullmatch(cells[time]):
                cells[time] = Typed(cells[time] + cells[offset])
        yield Row(sheet.title, number, cells)


def _offsets(names: list[str]) -> list[tuple[int, int]]:
    """Return the columns of times and of their offsets from UTC, which real dates do not hold: `start_offset`."""
    places = {name: at for at, name in enumerate(names) if name}
    return [(at, places[f"{name}_offset"]) for name, at in places.items() if f"{name}_offset" in places]
