"""Opening a file as a table: by its content, never by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

from metertui.engine.base import Progress, no_progress
from metertui.formats.tables import column_times, json_rows, old_workbook, parquet, text, workbook
from metertui.formats.tables.rows import ROWS_PER_BLOCK, Block, IsHeader, Row, without_empty_end

_PARQUET: Final = b"PAR1"
_ZIP: Final = b"PK\x03\x04"
_HEAD: Final = 4096
_HEADED: Final = 100
"""In how many rows columns that are named by times are looked for."""
_FIRST_CELLS: Final = 400_000
"""In so many cells of a wide table enough is shown of it."""
_OLE: Final = b"\xd0\xcf\x11\xe0"


class Section(NamedTuple):
    """Rows of one sheet that follow one another, below the row with the names of its columns."""

    sheet: str
    names: list[str]
    rows: list[Row]


@dataclass(frozen=True)
class Table:
    """A file that holds a table; it can be read more than once."""

    path: Path
    delimiter: str | None
    """What stands between the cells of a text; None in a workbook or Parquet file."""
    uniform: bool
    """Whether all cells of a column are of one type, as in a Parquet file."""
    _is_header: IsHeader
    _blocks: Callable[[], Iterator[Block]]

    def sections(self, progress: Progress = no_progress) -> Iterator[Section]:
        """Yield the rows that are not empty, in blocks, each with the names of its columns.

        Sheets without such names, and rows before the names, are left out. Raises DataError, OSError.
        """
        names: dict[str, list[str]] = {}
        for share, block in self._blocks():
            for sheet, group in groupby(block, attrgetter("sheet")):
                rows = list(group)
                if sheet not in names:
                    place = next((at for at, row in enumerate(rows) if self._names(row)), None)
                    if place is None:
                        continue
                    names[sheet] = self._names(rows[place])
                    rows = rows[place + 1 :]
                yield Section(sheet, names[sheet], list(self._filled(rows, len(names[sheet]))))
            progress(share)

    def has_names(self) -> bool:
        """Return whether the columns that are looked for are named in the first rows. Raises DataError, OSError."""
        return any(self._names(row) for row in next(self._blocks(), (0.0, []))[1])

    def _names(self, row: Row) -> list[str]:
        """Return the names of the columns if the row has them; otherwise nothing."""
        cells = without_empty_end(row.cells)
        return cells if self._is_header(cells) else []

    def _filled(self, rows: list[Row], width: int) -> Iterator[Row]:
        """Yield the rows that are not empty, without empty cells beyond the last column.

        A sheet leaves out cells at the end of a row that are empty; a line of text that is too short has lost some.
        """
        for row in rows:
            cells = row.cells
            if len(cells) > width:
                row = row._replace(cells=cells[:width] + without_empty_end(cells[width:]))  # noqa: PLW2901
            elif len(cells) < width and self.delimiter is None:
                row = row._replace(cells=cells + [""] * (width - len(cells)))  # noqa: PLW2901
            if any(cells):
                yield row


class AnyTable(NamedTuple):
    """A file that holds a table of columns that are not known yet; it can be read more than once."""

    path: Path
    form: str
    """What it is, in words."""
    delimiter: str | None
    """What stands between the cells of a text; None in a workbook or Parquet file."""
    blocks: Callable[[], Iterator[Block]]
    """Yields all its rows, those before the table too."""
    first: Sequence[Row] = ()
    """Its first rows, of each sheet, as one may be a cover."""


def open_any_table(path: Path) -> AnyTable | None:
    """Return the table of a file; None for a text without times and figures. Raises DataError, OSError."""
    table = _open_any(path)
    if table is None:
        return None
    first, same = _first_rows(table)
    heading = column_times.find_heading(first[: min(same, _HEADED)])
    if heading is None:
        return table._replace(first=first)
    rows = [row for _, block in column_times.as_rows(lambda: iter([(1.0, first)]), heading) for row in block]
    form, blocks = f"{table.form}, a column a time", partial(column_times.as_rows, table.blocks, heading)
    return table._replace(form=form, blocks=blocks, first=rows)


def _first_rows(table: AnyTable) -> tuple[list[Row], int]:
    """Return the first rows of a table, of each sheet, and how many of them come before any of a later block's sheet.

    Raises DataError, OSError.
    """
    found: list[Row] = []
    sheets: set[str] = set()
    same = 0
    for _, block in table.blocks():
        if block and not block[0].sheet:  # all rows are of one table
            found += block[: ROWS_PER_BLOCK - len(found)]
            same = len(found)
            if same == ROWS_PER_BLOCK or sum(len(row.cells) for row in found) >= _FIRST_CELLS:
                break
            continue
        found.extend(row for row in block if row.sheet not in sheets)
        sheets.update(row.sheet for row in block)
        same = same or len(found)
    return found, same


def _open_any(path: Path) -> AnyTable | None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    first = head[: len(_ZIP)]
    if json_rows.is_json(head):
        return AnyTable(path, "JSON", None, partial(json_rows.read_rows, path))
    if first == _PARQUET:
        return AnyTable(path, "Parquet file", None, partial(parquet.read_rows, path))
    if first == _ZIP:
        return AnyTable(path, "Excel workbook", None, partial(workbook.read_rows, path))
    if first == _OLE:
        return AnyTable(path, "Excel workbook of the old kind", None, partial(old_workbook.read_rows, path))
    form = text.guess_form(path)
    if form is None:
        return None
    mark = {"\t": "tab"}.get(form.delimiter, form.delimiter)
    return AnyTable(path, f"table with {mark} between cells", form.delimiter, partial(text.read_rows, path, form))


def is_other_than_utf8(path: Path, first: bytes) -> bool:
    """Return whether a file that begins with this line is a workbook or Parquet file, or text that is not UTF-8.

    Raises DataError, OSError.
    """
    if first.startswith((_PARQUET, _ZIP, _OLE)):
        return True
    return not text.detect_encoding(path).startswith("utf-8")


def open_table(path: Path, is_header: IsHeader) -> Table | None:
    """Return the table of a file; None for a text in which no row has the columns that are looked for, and for JSON.

    Raises DataError for a file that is no table, OSError.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    first = head[: len(_ZIP)]
    if json_rows.is_json(head):
        return None
    if first == _PARQUET:
        return Table(path, None, True, is_header, partial(parquet.read_rows, path))
    if first == _ZIP:
        return Table(path, None, False, is_header, partial(workbook.read_rows, path))
    if first == _OLE:
        return Table(path, None, False, is_header, partial(old_workbook.read_rows, path))
    form = text.find_form(path, is_header)
    if form is None:
        return None
    return Table(path, form.delimiter, False, is_header, partial(text.read_rows, path, form))
