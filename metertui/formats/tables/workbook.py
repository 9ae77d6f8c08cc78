"""Tables in Excel workbooks (.xlsx): a table may go on in further sheets."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metertui.engine.errors import DataError
from metertui.formats.tables.rows import Block, Row, as_cell, in_blocks


def read_rows(path: Path) -> Iterator[Block]:
    """Yield the rows of all sheets. Raises DataError, OSError."""
    import openpyxl  # noqa: PLC0415  # it loads slowly, and most sessions do not need it
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    with path.open("rb") as file:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles and the like, which are nothing to a table
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            try:
                sheets = book.worksheets
                for place, sheet in enumerate(sheets):
                    for share, rows in in_blocks(_rows(sheet), lambda: 0.0):
                        yield (place + share) / len(sheets), rows
            finally:
                book.close()
        except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError, EOFError) as error:
            raise DataError(path, None, f"the workbook is damaged, or it is none: {error}") from error


def _rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # a sheet that was written row by row may state wrong ones
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        yield Row(sheet.title, number, [as_cell(value) for value in values])
