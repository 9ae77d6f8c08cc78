"""Tables in Excel workbooks of the old kind (.xls), which hold at most 65,536 rows a sheet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from metertui.engine.errors import DataError
from metertui.formats.tables.rows import Block, Row, as_cell, in_blocks

_LARGEST: Final = 200_000_000
"""Bytes; such a file is read as a whole."""


def read_rows(path: Path) -> Iterator[Block]:
    """Yield the rows of all sheets. Raises DataError, OSError."""
    import xlrd  # noqa: PLC0415  # most sessions do not need it

    if path.stat().st_size > _LARGEST:
        raise DataError(path, None, "the workbook is too large for its kind (.xls)")
    content = path.read_bytes()
    with open(os.devnull, "w", encoding="utf-8") as log:
        try:
            book = xlrd.open_workbook(file_contents=content, logfile=log)
            sheets = [(sheet.name, _rows(sheet, book.datemode)) for sheet in book.sheets()]
        except Exception as error:  # damaged files make the library fail in any way
            raise DataError(path, None, f"the workbook is damaged, or it is none: {error}") from error
    for place, (name, rows) in enumerate(sheets):
        numbered = (Row(name, number, cells) for number, cells in enumerate(rows, 1))
        for share, block in in_blocks(numbered, lambda: 0.0):
            yield (place + share) / len(sheets), block


def _rows(sheet: Any, datemode: int) -> list[list[str]]:
    """Return the cells of the rows of a sheet; those of an error in a formula hold its name."""
    import xlrd  # noqa: PLC0415

    def value_of(cell: Any) -> object:
        match cell.ctype:
            case xlrd.XL_CELL_DATE:
                moment = xlrd.xldate_as_datetime(cell.value, datemode)
                return moment.time() if cell.value < 1 else moment
            case xlrd.XL_CELL_BOOLEAN:
                return bool(cell.value)
            case xlrd.XL_CELL_ERROR:
                return str(xlrd.error_text_from_code.get(cell.value, cell.value))
            case _:
                return cell.value

    return [[as_cell(value_of(cell), since_1904=datemode == 1) for cell in sheet.row(at)] for at in range(sheet.nrows)]
