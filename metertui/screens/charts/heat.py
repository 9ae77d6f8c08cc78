"""Heat maps as text. Heat is told by the figure of a cell, by a colour, or by a letter and a shade."""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from metertui.screens.charts.chart import NO_CURSOR, WITHHELD, Picture
from metertui.screens.charts.figure import Line
from metertui.screens.charts.inks import CONTEXT, Inks
from metertui.text import INCOMPLETE, fit_text, fmt

LETTERS: Final = "abcdefghij"
"""Stand for tenths of the way from the lowest to the highest value, where there are too few colours for a ramp."""
_SHADES: Final = "░▒▓█"
_MOST_ROWS: Final = 8
"""Lines of a row at most."""
_DIM: Final = Style(dim=True)
_UNDER_CURSOR: Final = Style(reverse=True, bold=True)


class _Span(NamedTuple):
    """The rows, or the columns, that are in view: with the cursor, or the first ones."""

    start: int
    stop: int
    hidden: int

    @classmethod
    def of(cls, count: int, room: int, cursor: int) -> _Span:
        start = min(max(0, cursor) // room * room, max(0, count - room))
        return cls(start, min(count, start + room), max(0, count - room))


def heat(
    picture: Picture, width: int, height: int, inks: Inks, cursor: int = NO_CURSOR, across: int = NO_CURSOR
) -> list[Line]:
    """Draw a heat map, with the more numerous of labels and series across.

    `cursor` and `across`: the label and the series under the cursor. Each cell has its value where there is room for
    all of them. Without enough colours the cells have letters and shades.
    """
    rows, columns = list(picture.labels), [name for name, _ in picture.series]
    cells = [[values[place] for _, values in picture.series] for place in range(len(rows))]
    hidden, partly = picture.withheld().T, picture.parts().T
    at = cursor, across
    if len(rows) > len(columns):
        rows, columns, at = columns, rows, (across, cursor)
        cells = [list(line) for line in zip(*cells, strict=True)]
        hidden, partly = hidden.T, partly.T
    known = [value for line in cells for value in line if value is not None]
    # A part of a period is low or high by its length: it would take the ramp from all others.
    whole = [
        value
        for line, parts in zip(cells, partly.tolist(), strict=True)
        for value, part in zip(line, parts, strict=True)
        if value is not None and not part
    ] or known
    low, high = min(whole, default=0.0), max(whole, default=0.0)
    left = min(width // 4, max((cell_len(row) for row in rows), default=0)) + 1
    wide = max(1, (width - left) // max(1, len(columns)))
    tall = max(1, min(_MOST_ROWS, (height - 2) // max(1, len(rows))))
    figures = wide > max(map(len, map(_short, known)), default=0) + (0 if inks.ramp else 2)
    down = _Span.of(len(rows), max(1, (height - 2) // tall), at[0])
    over = _Span.of(len(columns), max(1, (width - left) // wide), at[1])
    lines: list[Line] = [[Segment(f"{' ' * left}{_heads(columns[over.start : over.stop], wide)}", inks.style(CONTEXT))]]
    for row in range(down.start, down.stop):
        for nth in range(tall):
            line = [Segment(f"{fit_text(rows[row], left - 1)} " if nth == 0 else " " * left)]
            for column in range(over.start, over.stop):
                value, is_out = cells[row][column], bool(hidden[row, column])
                level = 0.0 if high <= low or value is None else min(1.0, max(0.0, (value - low) / (high - low)))
                sign = INCOMPLETE if partly[row, column] else ""
                figure = f"{_short(value)}{sign}" if value is not None and figures else sign
                text = WITHHELD if is_out else "·" if value is None else figure
                if nth != (tall - 1) // 2:
                    text = ""
                cell = _cell(text, level, wide, inks, known=value is not None, lettered=not figures)
                line.append(_under_cursor(cell, text, wide) if (row, column) == at else cell)
            lines.append(line)
    return [*lines, [Segment(" " * left), *_legend(low, high, picture.unit, inks), *_rest(down, over)]]


def _heads(columns: list[str], wide: int) -> str:
    """Return the headings of columns of a width, as many as there is room for."""
    heads = [column.removesuffix(":00") for column in columns]
    step = max(1, -(-(max(map(cell_len, heads), default=1) + 1) // wide))
    return "".join(set_cell_size(head, wide * step) for head in heads[::step])[: wide * len(columns)]


def _cell(text: str, level: float, wide: int, inks: Inks, *, known: bool, lettered: bool) -> Segment:
    """Return a cell with a text; `level` is from 0, the lowest value, to 1, the highest."""
    if not known:
        return Segment(f"{text:^{wide}}", _DIM)
    if inks.ramp:
        return Segment(f"{text:^{wide}}", inks.ramp[min(len(inks.ramp) - 1, int(level * len(inks.ramp)))])
    shade = _SHADES[min(len(_SHADES) - 1, int(level * len(_SHADES)))]
    if text or not lettered:
        return Segment(f"{text:>{wide - 2}}{shade} ", None)
    letter = LETTERS[min(len(LETTERS) - 1, int(level * len(LETTERS)))]
    return Segment(f"{letter}{shade * (wide - 1 if wide < 3 else wide - 2)}{' ' * (wide > 2)}", inks.style(0))


def _under_cursor(cell: Segment, text: str, wide: int) -> Segment:
    """Return a cell reversed, with brackets where there is room, as colour alone says nothing."""
    shown = f"[{text:^{wide - 2}}]" if wide > len(text) + 1 else cell.text
    return Segment(shown, (cell.style or Style()) + _UNDER_CURSOR)


def _legend(low: float, high: float, unit: str, inks: Inks) -> Line:
    """Return what the colours, or the letters, mean."""
    ramp = [Segment("  ", style) for style in inks.ramp]
    shades = Segment(f"{LETTERS[0]}{_SHADES}{LETTERS[-1]}", inks.style(0))
    return [Segment(f"{_number(low)} ", _DIM), *(ramp or [shades]), Segment(f" {_number(high)} {unit}", _DIM)]


def _rest(down: _Span, over: _Span) -> Line:
    """Return how much is not in view."""
    parts = [fmt.counted(span.hidden, name) for span, name in ((down, "row"), (over, "column")) if span.hidden]
    return [Segment(f"  … and {' and '.join(parts)} more", _DIM)] if parts else []


def _number(value: float) -> str:
    return fmt.number(round(value * 1000))


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 10_000 else f"{value / 1000:.1f}k"
