"""Tables with a column for each time and a row for each series: their figures as rows of one figure each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from metertui.formats.tables.rows import Block, Row
from metertui.formats.tables.times import kind_of

_FEWEST: Final = 3
"""From so many columns that are named by times on, each column is a time."""


def times_in(cells: Sequence[str]) -> list[int]:
    """Return the columns that a row names by times; none where they are too few to make a table of times."""
    places = [at for at, cell in enumerate(cells) if kind_of(cell) in ("stamp", "epoch")]
    return places if len(places) >= _FEWEST else []


def find_heading(rows: Sequence[Row]) -> Row | None:
    """Return the row that names columns by times, if no row below it has a time of its own."""
    for at, row in enumerate(rows):
        if places := times_in(row.cells):
            own = (kind_of(cell) for each in rows[at + 1 :] for cell in each.cells)
            others = any(row.cells[place] for place in _others(row.cells, places))
            return row if others and rows[at + 1 :] and not any(own) else None
    return None


def _others(cells: Sequence[str], places: Sequence[int]) -> list[int]:
    return sorted({*range(len(cells))} - {*places})


def as_rows(blocks: Callable[[], Iterator[Block]], heading: Row) -> Iterator[Block]:
    """Yield the figures of a table as rows: the cells that are of no time, the time, and the figure.

    Rows bear the numbers of those of the file. An empty figure makes no row.
    """
    places = times_in(heading.cells)
    others = _others(heading.cells, places)
    rows = [heading._replace(cells=[*(heading.cells[at] for at in others), "time", "value"])]
    for share, block in blocks():
        for row in block:
            if row.sheet != heading.sheet or row.number <= heading.number:
                continue
            if row.fault is not None:
                rows.append(row)
                continue
            cells = row.cells + [""] * (len(heading.cells) - len(row.cells))
            same = [cells[at] for at in others]
            rows.extend(row._replace(cells=[*same, heading.cells[at], cells[at]]) for at in places if cells[at])
        yield share, rows
        rows = []
