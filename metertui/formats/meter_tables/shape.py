"""The shape of a table: where its rows begin, what stands above them, and what its columns hold.

It is read from the cells, not from the words above them: rows begin where a column begins to hold times.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from metertui.formats.meter_tables.words import is_named
from metertui.formats.tables import Row, Typed, kind_of, without_empty_end

Kind = Literal["", "stamp", "date", "clock", "range", "clock range", "epoch", "serial", "month", "figure", "text"]
TIMES: Final = ("stamp", "date", "range", "epoch", "serial")
"""What a column may hold that says when; a time of day alone does not."""

MISSING: Final = frozenset(
    ("", "-", "--", "nan", "null", "none", "n/a", "na", "n.v.", "k.a.", "#n/a", "nil", "unavailable", "unknown")
)
"""Texts of cells without a value, in small letters."""
_FIGURE: Final = re.compile(r"[+-]?[0-9.,][0-9.,' \u00a0\u202f’]*(?:[eE][+-]?[0-9]+)?(?:\s?[kM]?Wh)?", re.IGNORECASE)
_SERIAL: Final = re.compile(r"[2-6][0-9]{4}(?:[.,][0-9]+)?", re.ASCII)
_FORMULA: Final = re.compile(r'="(.*)"')
_WIDE: Final = 12
"""From so many columns named by times of day on, a row is a day."""
_SAMPLE: Final = 400
"""Rows in which the table is looked for."""
PART_NUMBER: Final = re.compile(r"(?:[^\W\d_]{0,9}[ _.-]?)?([0-9]{1,3})")
"""The name of a column for a numbered part of a day: `7`, `H7`, `Hour 07`."""


@dataclass(frozen=True)
class Shape:
    """What a table is, before anyone says what it means."""

    sheet: str
    names: list[str]
    """The names of the columns, or their numbers from 1 where no row names them."""
    named: bool
    context: list[list[str]]
    """Other texts above each column: units, groups."""
    before: list[list[str]]
    """The rows before the table that are none of its headings, without empty cells."""
    first: int
    """The number of the first row of figures."""
    width: int
    """How many cells its rows usually have."""
    kinds: list[Kind]
    rows: list[Row]
    """The first rows of figures."""
    slots: list[int]
    """The columns that are named by a time of day or a number each, where a row is a day."""

    def places(self, *kinds: Kind) -> list[int]:
        """Return the columns that hold one of these, from the left."""
        return [place for place, kind in enumerate(self.kinds) if kind in kinds]


def clean(cell: str) -> str:
    """Return a cell without the formula by which a spreadsheet is told that it is a text."""
    found = _FORMULA.fullmatch(cell) if cell[:1] == "=" else None
    return found[1] if found else cell


def find_shapes(rows: Sequence[Row]) -> list[Shape]:
    """Return the shapes of the tables in the first rows of a file: one of each sheet that has one."""
    sheets: dict[str, list[Row]] = {}
    for row in rows:
        if any(row.cells):
            sheets.setdefault(row.sheet, []).append(row)
    return [shape for each in sheets.values() if (shape := _shape_of(each)) is not None]


def _shape_of(rows: list[Row]) -> Shape | None:
    head = [[clean(cell) for cell in row.cells] for row in rows[:_SAMPLE]]
    time = _time_column(head)
    if time is None:
        return None
    written = _way_of_times(head, time)
    begin = next((at for at, cells in enumerate(head) if _is_row(cells, time, written)), None)
    if begin is None:  # nothing stands beside the times, as where a workbook holds formulas without their values
        return None
    body = [cells for cells in head[begin:] if len(cells) > time]
    width = Counter(len(cells) for cells in body).most_common(1)[0][0]
    place = _heading(head[:begin], rows, width)
    names = without_empty_end(head[place]) if place is not None else []
    count = max(len(names), *(len(without_empty_end(cells)) for cells in body))
    context, before = _above(rows[:begin], head[:begin], place, count)
    full = [names[at] if at < len(names) and names[at] else str(at + 1) for at in range(count)]
    kinds = [
        _kind([cells[at] for cells in body if at < len(cells)], names[at] if at < len(names) else "")
        for at in range(count)
    ]
    slots = _slots(full, kinds) if place is not None else []
    return Shape(
        rows[0].sheet,
        full,
        place is not None,
        context,
        before,
        rows[begin].number,
        width,
        kinds,
        [row for row in rows[begin:] if any(row.cells)],
        slots if len(slots) >= _WIDE else [],
    )


def _time_column(head: list[list[str]]) -> int | None:
    """Return the column that holds the most times, the leftmost of several.

    Where there are none it is one that holds months, or serials below a name of times.
    """
    count = max(map(len, head))
    held = [sum(kind_of(cells[at]) in TIMES for cells in head if at < len(cells)) for at in range(count)]
    varied = [len({cells[at] for cells in head if at < len(cells)}) > 1 or held[at] == 1 for at in range(count)]
    best = max(range(count), key=lambda at: (held[at] * varied[at], held[at]))
    if held[best]:
        return best
    months = [sum(kind_of(cells[at]) == "month" for cells in head if at < len(cells)) for at in range(count)]
    if any(months):
        return months.index(max(months))
    for at in range(count):
        column = [cells[at] for cells in head if at < len(cells) and cells[at]]
        serials = sum(_SERIAL.fullmatch(cell) is not None for cell in column)
        if serials and serials >= len(column) // 2 and any(is_named("time", cell) for cell in column[:5]):
            return at
    return None


def _way_of_times(head: list[list[str]], time: int) -> str:
    """Return whether most times of a column are written as dates or as plain numbers; others above are no rows."""
    ways = Counter(_way_of_time(cells[time]) for cells in head if time < len(cells))
    del ways[""]
    return max(ways, key=ways.__getitem__, default="")


def _way_of_time(cell: str) -> str:
    kind = kind_of(cell)
    if kind == "epoch" or (kind not in TIMES and _SERIAL.fullmatch(cell)):
        return "number"
    return "date" if kind in (*TIMES, "month") else ""


def _is_row(cells: list[str], time: int, written: str) -> bool:
    """Return whether cells are a row of figures: with a time that is written as the others, and something beside it."""
    return time < len(cells) and _way_of_time(cells[time]) == written and sum(map(bool, cells)) > 1


def _heading(above: list[list[str]], rows: Sequence[Row], width: int) -> int | None:
    """Return which of the rows above the figures names the columns: the one with the most different texts.

    Rows with no more cells than the figures have (`width`) go before wider ones, and rows below an empty one before
    those above it: those may describe the file in more texts than there are columns.
    """
    fitting = [len(cells) <= width + 1 for cells in above]  # one may end with a delimiter
    counts = [
        len({cell for cell in cells if cell}) if fits or not any(fitting) else 0
        for cells, fits in zip(above, fitting, strict=True)
    ]
    first = max((at for at in range(1, len(above)) if rows[at].number - rows[at - 1].number > 1), default=0)
    for places in (range(first, len(above)), range(len(above))):
        best = max(places, key=lambda at: (counts[at], at), default=None)
        if best is not None and counts[best] > 1:
            return best
    return None


def _above(
    rows: list[Row], head: list[list[str]], place: int | None, count: int
) -> tuple[list[list[str]], list[list[str]]]:
    """Return the other texts above each column, and the rows that are none of the headings.

    Headings stand in rows without an empty one between. A text stands over the columns on its right as well, up to the
    next one, as in cells that are joined.
    """
    context: list[list[str]] = [[] for _ in range(count)]
    if place is None:
        return context, [[cell for cell in cells if cell] for cells in head]
    gaps = [after.number - row.number > 1 for row, after in pairwise(rows)]
    first = max((at + 1 for at in range(place) if gaps[at]), default=0)
    for cells in (*head[first:place], *head[place + 1 :]):
        over = ""
        for at in range(count):
            over = (cells[at] if at < len(cells) else "") or over
            if over:
                context[at].append(over)
    return context, [[cell for cell in cells if cell] for cells in head[:place]]


def _kind(cells: list[str], name: str) -> Kind:
    """Return what most of the cells of a column hold; nothing if all are without a value."""
    counts = Counter[Kind]()
    for cell in cells:
        if cell.lower() not in MISSING:
            counts[_kind_of_cell(cell)] += 1
    if not counts:
        return ""
    kind = counts.most_common(1)[0][0]
    held = [cell for cell in cells if cell.lower() not in MISSING]
    if kind == "stamp" and all(isinstance(cell, Typed) and cell.endswith("T00:00:00") for cell in held):
        return "date"
    if kind == "figure" and is_named("time", name) and all(map(_SERIAL.fullmatch, held)):
        return "serial"
    if kind in ("date", "epoch") and len(set(held)) == 1 and len(held) > 2 and held[0].isdigit():
        return "figure"  # an id or a figure that looks like a day
    return kind


def _kind_of_cell(cell: str) -> Kind:
    kind: Kind = kind_of(cell)
    if kind:
        return kind
    return "figure" if _FIGURE.fullmatch(cell) else "text"


def is_name(cell: str) -> bool:
    """Return whether a cell among figures holds a text, as where columns are named."""
    return cell.lower() not in MISSING and _kind_of_cell(cell) == "text"


def _slots(names: list[str], kinds: list[Kind]) -> list[int]:
    """Return the columns that are named by parts of a day, all in one way: `00:15`, `00:00-00:15`, or `H7`."""
    ways: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        way = kind_of(name) or ("number" if PART_NUMBER.fullmatch(name) else "")
        if kinds[at] in ("figure", "") and way in ("clock", "clock range", "number"):
            ways.setdefault(way, []).append(at)
    return max(ways.values(), key=len, default=[])
