"""Bars as text: upright, stacked or side by side, bars to the right, and shares of a whole.

Series differ by the character of their bars as well as by colour, so that colour alone says nothing. Positions are in
terminal cells; the bars of a single series have a resolution of an eighth of a row, those to the right of an eighth of
a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from metertui.screens.charts.bar_places import places
from metertui.screens.charts.before_line import MIDDLE, line_before
from metertui.screens.charts.chart import BEFORE, NO_CURSOR, WITHHELD, Picture, Series, merged
from metertui.screens.charts.figure import FILLS, Figure, Line, columns_of, fitted_scale, legend
from metertui.screens.charts.inks import CONTEXT, CURSOR, ESTIMATED, ON_BAR, Inks, pair_of
from metertui.text import HIDDEN, INCOMPLETE, fit_text, fmt

READ: Final = FILLS[0]
"""The characters of bars of read and estimated values, for the legend."""
GUESSED: Final = FILLS[1]
NARROW: Final = FILLS[2]
"""Fills an incomplete bar that is too narrow for an outline, for the legend."""
_EIGHTHS: Final = " ▁▂▃▄▅▆▇"
_HALVES: Final = {"▌": "▖", "▐": "▗"}
"""The fills of bars that would touch, so that each is seen, with the end of one."""
_MIDDLE: Final = 4
_NO_SERIES: Final = -1
_MOST_OF_ROW: Final = 6
"""Eighths of a row from which on an end in half cells is nearer to the whole row than to its half."""
_LEAST_SHOWN: Final = 12
"""Eighths of a row below which a bar has no place for an outline or a fill."""
_LEFT_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_THICKEST: Final = 3
"""Rows of a bar to the right at most."""
_MOST_APART: Final = 5
"""Rows from one bar to the right to the next at most."""
_OPEN_END: Final = 2
"""Columns of the marks at the end of a bar of which a part is hidden."""
_FEW: Final = 3
"""Bars at most whose axis has the end of the last period too."""
_DIM: Final = Style(dim=True)

Cells = list[tuple[str, int]]
"""Characters of a line, each with the index of its series; -1 if it has none."""


def upright(picture: Picture, width: int, height: int, inks: Inks, cursor: int = NO_CURSOR) -> list[Line]:
    """Draw upright bars, one a label, or one a label and series, stacked or side by side.

    A known value of a single series is drawn however low it is; an unknown one leaves its place empty. The series that
    a single one is compared with is a line across its bars. A mark stands for a hidden value, or on what is known of a
    stack.
    """
    stacked = picture.kind == "stacked"
    compared = is_compared(picture)
    beside = 1 if stacked or compared else len(picture.series)
    key = legend(picture.series, width, inks, before=MIDDLE if compared else "")
    labels, series, (guessed, running) = picture.labels, picture.series, picture.marks()
    before_cut = np.array(picture.before_cut or (False,) * len(labels), dtype=bool)
    hidden = picture.withheld()
    rows = max(2, height - 1 - len(key))
    scaled, each_mark = fitted_scale(_highest(series, stacked=stacked), rows)
    room = columns_of(width, scaled)
    if len(labels) * beside > room:
        each = -(-len(labels) * beside // room)
        key += [[Segment(f"each bar is the mean of {each}"[:width], inks.style(CONTEXT))]]
        rows = max(2, rows - 1)
        labels, (series, hidden) = labels[::each], merged(series, hidden, each)
        guessed, running, before_cut = (
            np.logical_or.reduceat(mark, range(0, len(mark), each)) for mark in (guessed, running, before_cut)
        )
        cursor = cursor // each if cursor >= 0 else cursor
        scaled, each_mark = fitted_scale(_highest(series, stacked=stacked), rows)
    alone = beside == 1 and not stacked
    placed = places(len(labels), beside, room, halves=alone and not guessed.any())
    starts, widths = placed.starts, [placed.wide] * len(labels)
    figure = Figure(width, rows, scaled, each_mark)
    top = scaled[1] * rows / each_mark
    parts = np.array([[np.nan if value is None else value for value in values] for _, values in series]) / top
    if stacked:
        _stacked(figure, starts, widths, parts, np.asarray(hidden.any(axis=0)))
    elif beside == 1:
        _single(figure, starts, widths, parts[0], guessed, running, cursor, half=placed.half)
        _mark_hidden(figure, starts, widths, hidden[:1])
        if compared:
            _line_before(figure, starts, widths, parts, guessed | running, before_cut)
    else:
        _beside(figure, starts, widths, parts)
        _mark_hidden(figure, starts, widths, hidden)
    if stacked or beside > 1:
        if 0 <= cursor < len(labels):
            _point_at(figure, starts[cursor] + widths[cursor] * beside // 2)
        known = np.nan_to_num(parts)
        _mark_incomplete(figure, starts, widths, beside, known.sum(axis=0) if stacked else known.max(axis=0), running)
    middles = [
        max(0, start + (wide * beside - len(label)) // 2)
        for start, wide, label in zip(starts, widths, labels, strict=True)
    ]
    if picture.until and len(labels) <= _FEW:
        labels, middles = (*labels, picture.until), [*placed.begins, max(0, figure.columns - len(picture.until))]
    return [*figure.lines(labels, middles, inks, rising=alone), *key]


def is_compared(picture: Picture) -> bool:
    """Return whether the chart is of one series and of what it is compared with."""
    return len(picture.series) == 2 and picture.series[1].name == BEFORE and picture.kind != "stacked"


def _highest(series: Sequence[Series], *, stacked: bool) -> float:
    """Return the highest value, or the highest sum of the values of a label; 0 if none is known."""
    columns = zip(*(values for _, values in series), strict=True)
    towers = [known for column in columns if (known := [value for value in column if value is not None])]
    return max((sum(tower) if stacked else max(tower) for tower in towers), default=0.0)


def _columns(
    starts: Sequence[int], widths: Sequence[int], beside: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the columns with a bar, and for each its label and its bar within the label (int64)."""
    found = [
        (start + bar * wide + cell, label, bar)
        for label, (start, wide) in enumerate(zip(starts, widths, strict=True))
        for bar in range(beside)
        for cell in range(wide)
    ]
    at, labels, bars = np.array(found, dtype=np.int64).T
    return at, labels, bars


def _eighths(figure: Figure, parts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return heights in eighths of a row, at least one; 0 where a value is unknown."""
    heights = np.maximum(1, np.round(np.nan_to_num(parts) * figure.rows * 8))
    return np.where(np.isnan(parts), 0, heights).astype(np.int64)


def _single(
    figure: Figure,
    starts: Sequence[int],
    widths: Sequence[int],
    parts: NDArray[np.float64],
    guessed: NDArray[np.bool_],
    running: NDArray[np.bool_],
    cursor: int,
    *,
    half: bool,
) -> None:
    """Draw bars of a single series, in eighths of a row; `parts` are shares of the height, NaN if unknown.

    `half`: every second bar is in the right half of its cell.
    """
    at, label, _ = _columns(starts, widths)
    full, rest = (each[label] for each in np.divmod(_eighths(figure, parts), 8))
    inks = np.where(guessed, ESTIMATED, 0)
    inks[[cursor] if 0 <= cursor < len(inks) else []] = CURSOR
    outlined = running & (np.array(widths) >= 2)
    touching = len(starts) > 1 and starts[1] - starts[0] == 1
    left, right = _HALVES if touching else (READ, READ)
    read = np.where(half & (np.arange(len(starts)) % 2 == 1), right, left)
    fills = np.where(running, NARROW, np.where(guessed, GUESSED, read))
    for ink in np.unique(inks).tolist():
        for fill in np.unique(fills).tolist():
            these = (inks[label] == ink) & (fills[label] == fill) & ~outlined[label]
            some = these & (full > 0)
            figure.bars(at[some], full[some] - 1, fill, ink)
            for eighth in range(1, 8):
                some = these & (rest == eighth)
                figure.mark(at[some], full[some], _end(fill, eighth), ink)
    low = np.flatnonzero(running & (_eighths(figure, parts) > 0) & (_eighths(figure, parts) < _LEAST_SHOWN))
    for place in low.tolist():  # neither an outline nor a fill would be seen
        above = min(figure.rows - 1, 1)
        figure.mark([starts[place] + widths[place] // 2], [above], INCOMPLETE, int(inks[place]))
    for place in np.flatnonzero(outlined).tolist():
        mine = at[label == place].tolist()
        if mine:
            _outline(figure, mine, int(full[label == place][0]), int(rest[label == place][0]), int(inks[place]))


def _end(fill: str, eighth: int) -> str:
    """Return the upper end of a bar of a fill, `eighth` eighths of a row high."""
    if fill in _HALVES:
        return fill if eighth >= _MOST_OF_ROW else _HALVES[fill]
    return _EIGHTHS[eighth]


def _outline(figure: Figure, columns: Sequence[int], full: int, rest: int, ink: int) -> None:
    """Draw the outline of a bar of `full` rows and `rest` eighths of a row over columns."""
    sides = full - (rest == 0)
    figure.cover(columns, full, ink)
    for column, char in ((columns[0], "▌"), (columns[-1], "▐")):
        figure.mark([column] * sides, range(sides), char, ink)
    if rest:
        figure.mark(columns, [full] * len(columns), _EIGHTHS[rest], ink)
    elif full:
        figure.mark(columns, [sides] * len(columns), ["▛", *"▀" * (len(columns) - 2), "▜"], ink)


def _line_before(
    figure: Figure,
    starts: Sequence[int],
    widths: Sequence[int],
    parts: NDArray[np.float64],
    open_bars: NDArray[np.bool_],
    cut: NDArray[np.bool_],
) -> None:
    """Draw a line across each bar as high as what it is compared with; `parts` are the shares of both.

    `open_bars` are those that are not filled, so that there is no ground behind a line. `cut` are those whose line is
    of a part of its period: it has a mark in its middle.

    Where the bar ends in the same row, the line leaves that end to be seen: it takes the right half of the bar, or the
    gap beside one of a single column. Bars of a single column that touch have no such gap, not even the last one.
    """
    at, label, _ = _columns(starts, widths)
    now, before = (_eighths(figure, each)[label] for each in parts)
    rows, chars = line_before(before, now, figure.rows)
    ends_here = (rows == now // 8) & (now % 8 > 0)
    begin, wide = np.array(starts)[label], widths[0]
    shown = (before > 0) & (~ends_here | (at >= begin + wide // 2))
    if wide == 1:
        touching = len(starts) > 1 and np.ptp(np.diff(starts)) == 0 and starts[1] - starts[0] == 1
        at = np.where(ends_here, at + 1, at)
        shown &= (at < figure.columns) & ~(ends_here & (touching | np.isin(at, starts)))
    on_bar = (rows < now // 8) & ~open_bars[label]
    for ink, some in ((ON_BAR, on_bar), (CONTEXT, ~on_bar)):
        here = some & shown
        marked = cut[label] & (np.arange(len(at)) % wide == wide // 2)
        figure.mark(at[here].tolist(), rows[here].tolist(), np.where(marked, INCOMPLETE, chars)[here].tolist(), ink)


def _beside(figure: Figure, starts: Sequence[int], widths: Sequence[int], parts: NDArray[np.float64]) -> None:
    """Draw bars side by side; a row of `parts` is a series, as shares of the height."""
    at, label, bar = _columns(starts, widths, len(parts))
    full = np.round(np.nan_to_num(parts) * figure.rows).astype(np.int64)[bar, label]
    for place in range(len(parts)):
        some = (bar == place) & (full > 0) & (at < figure.columns)
        figure.bars(at[some], full[some] - 1, FILLS[place % len(FILLS)], place)


def _mark_hidden(figure: Figure, starts: Sequence[int], widths: Sequence[int], hidden: NDArray[np.bool_]) -> None:
    """Mark the places of hidden bars; a row of `hidden` is a series."""
    at, label, bar = _columns(starts, widths, len(hidden))
    out = at[hidden[bar, label] & (at < figure.columns)].tolist()
    figure.mark(out, [0] * len(out), WITHHELD, CONTEXT)


def _point_at(figure: Figure, column: int) -> None:
    """Mark the bars under the cursor, which have the colours of their series, with an arrow above the chart."""
    figure.mark([column], [figure.rows - 1], "▼", CURSOR)


def _mark_incomplete(
    figure: Figure,
    starts: Sequence[int],
    widths: Sequence[int],
    beside: int,
    highest: NDArray[np.float64],
    incomplete: NDArray[np.bool_],
) -> None:
    """Mark the bars of incomplete periods above their `highest`, a share of the height."""
    for place in np.flatnonzero(incomplete).tolist():
        above = min(figure.rows - 1, round(float(highest[place]) * figure.rows))
        figure.mark([starts[place] + widths[place] * beside // 2], [above], INCOMPLETE, CONTEXT)


def _stacked(
    figure: Figure,
    starts: Sequence[int],
    widths: Sequence[int],
    parts: NDArray[np.float64],
    open_ended: NDArray[np.bool_],
) -> None:
    """Draw one bar a label, with the series on top of each other, as shares of the height.

    Series end with a row; where one of half a row or more would not be seen then, they end in halves of rows. An
    open-ended bar, of which a part is hidden, ends in a row of marks.
    """
    at, label, _ = _columns(starts, widths)
    tops = _half_rows(np.nan_to_num(parts) * figure.rows)[:, label]
    half = np.arange(2 * figure.rows)[:, None]
    owner = (half[None] >= tops[:, None]).sum(axis=0)
    owner[owner == len(parts)] = _NO_SERIES
    lower, upper = owner[::2], owner[1::2]
    for below, above in sorted(set(zip(lower.ravel().tolist(), upper.ravel().tolist(), strict=True))):
        if below != _NO_SERIES:
            row, column = np.nonzero((lower == below) & (upper == above))
            alone = above in (below, _NO_SERIES)
            fill = FILLS[below % len(FILLS)] if above == below else _EIGHTHS[_MIDDLE]
            figure.mark(at[column].tolist(), row.tolist(), fill, below if alone else pair_of(below, above))
    ends = np.flatnonzero(open_ended[label])
    marks = np.minimum(-(-tops[-1, ends] // 2), figure.rows - 1)
    figure.mark(at[ends].tolist(), marks.tolist(), WITHHELD, CONTEXT)


def _half_rows(heights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return in half rows where the parts of stacks end; a row of `heights` is a series, in rows, and 0 if unknown."""
    ends = heights.cumsum(axis=0)
    rows = np.round(ends)
    lost = (np.diff(rows, axis=0, prepend=0) == 0) & (heights >= 0.5)
    return (np.round(2 * ends) if lost.any() else 2 * rows).astype(np.int64)


def sideways(picture: Picture, width: int, height: int, inks: Inks, cursor: int = NO_CURSOR) -> list[Line]:
    """Draw bars to the right, one a label, thicker if there is room; several series are stacked.

    Where there is no room for all, those round the cursor are drawn.

    A chart of shares shows parts of the whole. Those of one series have their share in figures, and bars that fill the
    room by the largest. A stack of which a part is hidden has no figure and ends in marks; as a whole it would be of an
    unknown size, so it is not drawn in shares.
    """
    shares = picture.kind == "shares"
    compared = is_compared(picture)
    keys = legend(picture.series, width, inks, before="│" if compared else "")
    shown = max(1, height - len(keys))
    cut = bool(picture.more) or len(picture.labels) > shown
    in_view = min(len(picture.labels), shown - cut)
    first = max(0, min(cursor - in_view // 2, len(picture.labels) - in_view)) if in_view > 0 else 0
    places = range(len(picture.labels))[first : first + in_view]
    towers = [[values[place] for _, values in picture.series] for place in range(len(picture.labels))]
    sums = [sum(value or 0.0 for value in tower) for tower in towers]
    alone = len(picture.series) == 1
    longest = max(map(_max, towers) if compared else sums, default=0.0)
    whole = sum(sums) + picture.rest if shares and alone else longest
    names = min(width // 3, max((cell_len(picture.labels[place]) for place in places), default=0))
    digits = max((len(_number(total)) for total in sums), default=0)
    tails = [_tail(tower[:1] if compared else tower, whole, digits if shares and alone else 0) for tower in towers]
    hidden = picture.withheld_labels()
    tails = [HIDDEN if out else tail for tail, out in zip(tails, hidden.tolist(), strict=True)]
    most = max((len(tails[place]) for place in places), default=0)
    room = max(4, width - names - most - 2)
    each = min(_MOST_APART, shown // max(1, len(places)))  # rows from one bar to the next
    thick = max(1, min(_THICKEST, each - 1))
    lines: list[Line] = []
    for place in places:
        tower, full = towers[place], sums[place] if shares and not alone else longest
        drawn = [None] if hidden[place] and shares else tower[:1] if compared else tower
        cells = _sideways_row(drawn, full, room, open_ended=bool(hidden[place]))
        if compared and tower[1] is not None and full:
            cells[min(room - 1, round(tower[1] / full * room))] = ("│", CONTEXT)
        bar = _pieces(cells, inks)
        name = f"{fit_text(picture.labels[place], names)} "
        ends = Style(reverse=True, bold=True) if place == cursor else None
        lines.append([Segment(name, ends), *bar, Segment(f" {tails[place]:>{most}}", ends)])
        lines += [[Segment(" " * (names + 1)), *bar] for _ in range(thick - 1)] + [[]] * (each - thick)
    if cut:
        more = fmt.count(picture.more + len(picture.labels) - len(places))
        lines.append([Segment(f"… and {more} more, in the table", _DIM)])
    return lines + keys


def _sideways_row(tower: Sequence[float | None], full: float, room: int, *, open_ended: bool = False) -> Cells:
    """Return a line of `room` cells with the values one after another; `full` fills the line.

    A single value ends within an eighth of a cell, and a known one is seen however small it is. An open-ended line ends
    in marks.
    """
    cells: Cells = [(" ", -1)] * room
    if open_ended:
        known = round(sum(value or 0.0 for value in tower) / full * room) if full else 0
        start = min(known, room - _OPEN_END)
        cells[start : start + _OPEN_END] = [(WITHHELD, CONTEXT)] * _OPEN_END
        room = start
        if len(tower) == 1:
            return cells
    if len(tower) == 1:
        eighths = max(1, round(tower[0] / full * room * 8)) if full and tower[0] is not None else 0
        whole, rest = divmod(eighths, 8)
        cells[:whole] = [(FILLS[0], 0)] * whole
        if rest:
            cells[whole] = (_LEFT_EIGHTHS[rest], 0)
        return cells
    done = 0.0
    for which, value in enumerate(tower):
        upto = done + (value or 0.0)
        for place in range(round(done / full * room), round(upto / full * room)) if full else ():
            cells[min(place, room - 1)] = (FILLS[which % len(FILLS)], which)
        done = upto
    return cells


def _max(tower: Sequence[float | None]) -> float:
    """Return the highest known value; 0 if there is none."""
    return max((value for value in tower if value is not None), default=0.0)


def _tail(tower: Sequence[float | None], whole: float, digits: int) -> str:
    """Return the figure behind a bar; with `digits` also its share, and the figure aligned to so many characters."""
    if all(value is None for value in tower):
        return "no data"
    total = sum(value or 0.0 for value in tower)
    return f"{total / whole if whole else 0.0:6.1%} {_number(total):>{digits}}" if digits else _number(total)


def _number(value: float) -> str:
    return f"{value:,.3f}".replace(",", " ")


def _pieces(cells: Cells, inks: Inks) -> Line:
    """Return the segments of a line, one for each run of an ink."""
    return [
        Segment("".join(chars for chars, _ in run), None if which == -1 else inks.style(which))
        for which, run in groupby(cells, key=lambda cell: cell[1])
    ]


def deciles(
    labels: Sequence[str], values: Sequence[float], figures: Sequence[str], width: int, inks: Sequence[Style]
) -> Text:
    """Draw bars from a middle line, to the left for negative values, each with its label and its figure."""
    names, digits = max(map(len, labels)), max(map(len, figures))
    half = max(4, (width - names - digits - 3) // 2)
    highest = max((abs(value) for value in values), default=0.0) or 1.0
    text = Text(no_wrap=True, overflow="crop")
    for label, value, figure in zip(labels, values, figures, strict=True):
        length = round(abs(value) / highest * half)
        text.append(f"{label:>{names}} ")
        text.append(f"{FILLS[1] * length if value < 0 else '':>{half}}", style=inks[1])
        text.append("│")
        text.append(f"{FILLS[0] * length if value > 0 else '':<{half}}", style=inks[0])
        text.append(f" {figure:>{digits}}\n")
    text.right_crop(1)
    return text
