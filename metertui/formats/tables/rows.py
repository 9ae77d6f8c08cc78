"""Rows of a table, and the text of their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from metertui.engine.errors import Refused

ROWS_PER_BLOCK: Final = 20_000
_LONGEST_CELL: Final = 200
"""Characters; no name, time or figure needs more."""


class Typed(str):
    """The text of a cell that the file holds as a number or a time: its decimal mark is a point, a time is ISO 8601."""

    __slots__ = ()


class Since1904(Typed):
    """The text of a number in a workbook whose days are counted from 1904 on, as it may be such a day."""

    __slots__ = ()


class Row(NamedTuple):
    """A row of a table. The text of a cell that the file holds as text may be anything."""

    sheet: str
    """The sheet of a workbook that it is in; empty in other files."""
    number: int
    """Its number in the sheet or the file, from 1."""
    cells: list[str]
    fault: Refused | None = None
    """Why it has no cells other than its whole text, if so."""


Block = tuple[float, Sequence[Row]]
"""Rows that follow one another, and the share of the file (0 to 1) that has been read after them."""
IsHeader = Callable[[list[str]], bool]
"""Whether cells are names of the columns that are looked for."""


def cut_cell(text: str) -> str:
    """Return the text of a cell, or the beginning of a very long one, which is then neither a time nor a figure."""
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def cut_cells(texts: list[str]) -> list[str]:
    """Return the texts of many cells, each as `cut_cell` has it."""
    return list(map(cut_cell, texts)) if max(map(len, texts), default=0) > _LONGEST_CELL else texts


def as_cell(value: object, *, since_1904: bool = False) -> str:
    """Return the text of a value; a missing one is empty. `since_1904`: whether a workbook counts days from then on."""
    if value is None or value != value:  # noqa: PLR0124  # NaN
        return Typed("")
    if since_1904 and isinstance(value, int | float) and not isinstance(value, bool):
        return Since1904(as_cell(value))
    match value:
        case str():
            return cut_cell(value.strip())
        case bool():
            return Typed(str(value).upper())
        case float():
            text = repr(value)
            return Typed(f"{Decimal(text):f}" if "e" in text else text.removesuffix(".0"))
        case Decimal():
            return Typed(f"{value:f}")
        case date():  # a datetime is one as well
            return Typed(value.isoformat())
        case _:
            return Typed(str(value))


def without_empty_end(cells: list[str]) -> list[str]:
    """Return cells without the empty ones after the last that is not."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def in_blocks(rows: Iterator[Row], share: Callable[[], float]) -> Iterator[Block]:
    """Yield rows in blocks; `share` returns how much of the file has been read."""
    block: list[Row] = []
    for row in rows:
        block.append(row)
        if len(block) == ROWS_PER_BLOCK:
            yield min(1.0, share()), block
            block = []
    yield 1.0, block
