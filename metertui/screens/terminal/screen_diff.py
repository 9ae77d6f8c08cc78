"""The cells that the terminal shows, so that only those that differ are written.

A screen paints whole widgets, and the whole screen if one has moved. A slow line carries 1,000 bytes a second, so only
the cells that the terminal does not show already are written, and colours only where they change from cell to cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, cast

from rich.cells import cell_len, split_graphemes
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

Ink = tuple[str, str, str]
"""The SGR codes of a cell: attributes, foreground, background."""

_NOTHING: Final = ""
"""The second cell of a character that takes two."""
_NEAR: Final = 4
"""Unchanged cells up to this many are written again: moving the cursor over them takes as many bytes."""
_SHOWN_ON_BLANKS: Final = {"4", "7", "9", "21", "53"}
"""Attributes that a blank shows: underline, reverse, strike, double underline, overline."""


class _Line:
    """The cells of one line; None if it is not known what the terminal shows there."""

    def __init__(self, width: int) -> None:
        self.cells: list[str | None] = [None] * width
        self.inks: list[Ink | None] = [None] * width


class ShownCells:
    """The cells of a terminal, as far as they are known from what was written to it."""

    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}

    def forget(self) -> None:
        """Forget all cells: the terminal may show anything."""
        self._lines.clear()

    def apply_update(self, update: ChopsUpdate | LayoutUpdate, width: int, colours: ColorSystem) -> str:
        """Return what to write so that the terminal shows the update; "" if it does already.

        The cells are then taken as shown. `width` is that of the terminal, in cells.
        """
        lines: defaultdict[int, list[tuple[int, Strip]]] = defaultdict(list)
        for y, x, strip in _pieces(update):
            lines[y].append((x, strip))
        out: list[str] = []
        ink: Ink | None = None
        for y, pieces in lines.items():
            before = self._lines.get(y)
            if before is None or len(before.cells) != width:
                before = _Line(width)
            now = _painted(before, pieces, colours, width)
            self._lines[y] = now
            for x, cells, inks in _differing(before, now):
                placed = False
                for at, (cell, wanted) in enumerate(zip(cells, inks, strict=True), x):
                    place = f"\x1b[{y + 1};{at + 1}H"
                    if cell and not placed:
                        out.append(place)
                        placed = True
                    if wanted != ink:
                        out.append(_codes_between(ink, wanted))
                        ink = wanted
                    if len(cell) > 1 and cell_len(cell) > 1:
                        # Terminals differ in the width of an emoji of several characters.
                        out.append(f"  {place}")
                        placed = False
                    out.append(cell)
        return f"{''.join(out)}\x1b[0m" if out else ""


class ScreenDiff(CompositorUpdate):
    """An update that is written as the cells that differ from those shown."""

    def __init__(self, update: ChopsUpdate | LayoutUpdate, width: int, shown: ShownCells) -> None:
        self._update = update
        self._width = width
        self._shown = shown

    def render_segments(self, console: Console) -> str:
        return self._shown.apply_update(self._update, self._width, console._color_system or ColorSystem.TRUECOLOR)


def _pieces(update: ChopsUpdate | LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield the strips of an update, each with its line and column."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield y, x, strip
                x += strip.cell_length
        return
    for y, first, stop in update.spans:
        for end, (x, part) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            left, right = max(x, first), min(end, stop)
            if part is not None and left < right:
                yield y, left, part.crop(left - x, right - x)


def _painted(before: _Line, pieces: Iterable[tuple[int, Strip]], colours: ColorSystem, width: int) -> _Line:
    """Return a line with strips painted over it."""
    now = _Line(0)
    now.cells, now.inks = before.cells[:], before.inks[:]
    for x, strip in pieces:
        cells: list[str] = []
        inks: list[Ink] = []
        for text, style, _ in strip:
            cells += _cells(text)
            inks += [_ink(style, colours, text.isspace())] * (len(cells) - len(inks))
        now.cells[x : x + len(cells)] = cells
        now.inks[x : x + len(inks)] = inks
    del now.cells[width:], now.inks[width:]
    return now


def _cells(text: str) -> Iterable[str]:
    """Return a text split into terminal cells."""
    if text.isascii() or all(cell_len(each) == 1 for each in set(text)):
        return text
    cells: list[str] = []
    for start, end, wide in split_graphemes(text)[0]:
        if wide:  # else it combines with nothing
            cells += [text[start:end], *[_NOTHING] * (wide - 1)]
    return cells


def _differing(before: _Line, now: _Line) -> Iterator[tuple[int, list[str], list[Ink]]]:
    """Yield the parts of a line that differ, each with its first column; a wide character is never split."""
    if now.cells == before.cells and now.inks == before.inks:
        return
    both = zip(before.cells, now.cells, before.inks, now.inks, strict=True)
    changed = [x for x, (old, new, was, ink) in enumerate(both) if old != new or was != ink]
    start = stop = changed[0]
    for x in changed:
        if x - stop > _NEAR or None in now.cells[stop:x]:
            yield _part(now, start, stop)
            start = x
        stop = x + 1
    yield _part(now, start, stop)


def _part(line: _Line, start: int, stop: int) -> tuple[int, list[str], list[Ink]]:
    """Return some cells of a line, all of them known."""
    return start, cast("list[str]", line.cells[start:stop]), cast("list[Ink]", line.inks[start:stop])


@lru_cache(maxsize=4096)
def _ink(style: Style | None, colours: ColorSystem, blank: bool) -> Ink:
    """Return the codes of a style; for a blank only those that show."""
    if style is None:
        return ("", "", "")
    attributes = [part for part in Strip.render_ansi(style.without_color, colours).split(";") if part]
    ink = style.color.downgrade(colours).get_ansi_codes() if style.color else ()
    ground = style.bgcolor.downgrade(colours).get_ansi_codes(foreground=False) if style.bgcolor else ()
    if blank and not _SHOWN_ON_BLANKS.intersection(attributes):
        attributes, ink = [], ()
    return ";".join(attributes), ";".join(ink), ";".join(ground)


def _codes_between(before: Ink | None, wanted: Ink) -> str:
    """Return the escape sequence that changes from one way of drawing to another."""
    if before is None or before[0] != wanted[0]:
        return f"\x1b[{';'.join(part for part in ('0', *wanted) if part)}m"
    changed = [
        part or default for part, old, default in zip(wanted[1:], before[1:], ("39", "49"), strict=True) if part != old
    ]
    return f"\x1b[{';'.join(changed)}m"
