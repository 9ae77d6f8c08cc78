"""The columns of a table, and how wide each is drawn where there is not room for all.

A figure is never cut. Room is given in this order: the key column, the figures, the texts, which may end in an
ellipsis. What does not fit is left out from the end: first the spare columns, then any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size

from metertui.text import fit_text, visible

GAP: Final = "  "
"""Between two columns."""
_LEAST: Final = 8
"""Terminal cells of a text at least, where there are more columns than room."""
_CUT: Final = "…"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and a width in terminal cells; a longer text ends in an ellipsis."""

    heading: str
    width: int
    right: bool = False
    """Whether the cells are figures: aligned to the right, and shown whole or not at all."""
    most: int = 0
    """The width if there is room."""
    spare: bool = False
    """Whether the column is left out if there is no room for all; the last one first. No key column may be spare."""
    sorts: bool = True
    """Whether a table can be sorted by it."""
    whole: bool = False
    """Whether also its texts are never cut: ids, times, codes."""
    ink: str = ""
    """The name of the colour of its cells; empty for that of texts."""
    narrowest: int = _LEAST
    """Terminal cells of its texts at least, where there are more columns than room."""

    @property
    def least(self) -> int:
        """Return the width below which the column is rather left out."""
        return self.width if self.right or self.whole else min(self.width, self.narrowest)


class Layout(NamedTuple):
    """The columns that are drawn."""

    places: tuple[int, ...]
    """Which columns, by their index."""
    widths: tuple[int, ...]
    fixed: int
    """How many of the first columns stay in view when the others are scrolled."""
    before: int
    """Columns scrolled out of view."""
    behind: int
    """Columns without room at the end; spare ones do not count."""

    @property
    def sign(self) -> str:
        """Return a sign for the columns that are not in view; empty if all are."""
        return f"{'‹' if self.before else ''}{f'+{self.behind}›' if self.behind else ''}"

    @property
    def long_sign(self) -> str:
        """Return the sign in words."""
        more = "column" if self.behind == 1 else "columns"
        return f"{'‹ ' if self.before else ''}{f'+{self.behind} {more} ›' if self.behind else ''}"


def lay_out(columns: Sequence[Column], room: int, fixed: int, first: int = 0, *, stretch: bool = True) -> Layout:
    """Return which columns are drawn in `room` terminal cells, and how wide.

    `fixed` of the first columns stay in view, and `first` of the others are scrolled out of view. `stretch`: if no
    column has a width for where there is room, the widest may double its own.
    """
    if not columns:
        return Layout((), (), 0, 0, 0)
    kept = list(range(len(columns)))
    if not first:
        spare = [place for place in kept if place >= max(1, fixed) and columns[place].spare]
        while spare and _total([columns[place].width for place in kept]) > room:
            kept.remove(spare.pop())
    wanted = [columns[place] for place in kept]
    fixed = _fitting_keys(wanted, room, fixed)
    first = max(0, min(first, len(wanted) - fixed - 1))
    places = [*kept[:fixed], *kept[fixed + first :]]
    chosen = [columns[place] for place in places]
    count = _fitting(chosen, room - (_sign_room(first, 0) if first else 0))
    if count < len(chosen):
        count = max(1, fixed, _fitting(chosen, room - _sign_room(first, len(chosen))))
        room -= _sign_room(first, len(chosen) - count)
    elif first:
        room -= _sign_room(first, 0)
    widths = _widened(chosen[:count], room, stretch=stretch)
    return Layout(tuple(places[:count]), tuple(widths), min(fixed, count), first, len(chosen) - count)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _sign_room(before: int, behind: int) -> int:
    return cell_len(Layout((), (), 0, before, behind).sign) + 1


def _fitting(columns: Sequence[Column], room: int) -> int:
    """Return how many of the first columns fit, if each is as narrow as it may be."""
    count = len(columns)
    while count > 0 and _total([column.least for column in columns[:count]]) > room:
        count -= 1
    return count


def _fitting_keys(columns: Sequence[Column], room: int, fixed: int) -> int:
    """Return how many key columns can stay in view so that any other column fits beside them."""
    fixed = min(fixed, len(columns) - 1)
    while fixed > 0:
        widest = max(column.least for column in columns[fixed:])
        beside = _total([*(column.least for column in columns[:fixed]), widest])
        if beside + _sign_room(1, len(columns)) <= room:
            break
        fixed -= 1
    return max(0, fixed)


def _widened(columns: Sequence[Column], room: int, *, stretch: bool) -> list[int]:
    """Give the room that is left to the columns that can use it; narrow the texts if there is too little."""
    left = room - _total([column.width for column in columns])
    if left < 0:
        return _shrunk(columns, room)
    able = list(columns)
    if stretch and not any(column.most for column in able):
        at = max(range(1, len(able)), key=lambda place: able[place].width, default=0)
        able[at] = replace(able[at], most=2 * able[at].width if at else 0)
    widths = []
    for column in able:
        more = max(0, min(left, column.most - column.width))
        widths.append(column.width + more)
        left -= more
    return widths


def _shrunk(columns: Sequence[Column], room: int) -> list[int]:
    """Narrow the texts until all fits, the widest first and the key last; a single column gets the whole room."""
    widths = [column.width for column in columns]
    over = _total(widths) - room
    for places in (range(1, len(columns)), range(1)):
        texts = [place for place in places if columns[place].least < columns[place].width]
        while over > 0 and texts:
            widest = max(texts, key=lambda place: widths[place] - columns[place].least)
            spare = widths[widest] - columns[widest].least
            if spare <= 0:
                break
            others = [widths[place] for place in texts if widths[place] < widths[widest]]
            step = max(1, min(spare, over, widths[widest] - max(others, default=0)))
            widths[widest] -= step
            over -= step
    if len(widths) == 1:
        widths[0] = max(1, min(widths[0], room))
    return widths


def shown_text(text: str, limit: int = 200) -> str:
    """Return a cell's text with control characters made visible, cut at `limit` characters."""
    return visible(text) if len(text) <= limit else f"{visible(text[:limit])}{_CUT}"


def fitted(text: str, width: int, right: bool) -> str:
    """Return a cell in exactly `width` terminal cells: a text that is too long ends in an ellipsis, a figure is one."""
    shown = shown_text(text, 2 * width)
    spare = width - cell_len(shown)
    if right and spare >= 0:
        return " " * spare + shown
    return fit_text(_CUT if right else shown, width)


def fitted_heading(text: str, mark: str, width: int, right: bool) -> str:
    """Return a heading in exactly `width` terminal cells; the mark of the order is not cut."""
    mark = f" {mark}" if mark else ""
    room = width - cell_len(mark)
    shown = shown_text(text)
    if cell_len(shown) > room:
        shown = f"{set_cell_size(shown, max(0, room - 1))}{_CUT}" if room > 0 else ""
    whole = f"{shown}{mark}"
    spare = width - cell_len(whole)
    if spare < 0:
        return set_cell_size(whole, width)
    return " " * spare + whole if right else whole + " " * spare
