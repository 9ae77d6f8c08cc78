"""Charts as text: upright bars, stacked or side by side, bars to the right, shares of a whole, and heat maps.

Series differ by what their bars are filled with as well as by colour, and heat by its shade, so that nothing is said by
colour alone. A column of a terminal is the unit; heights are told apart by eighths of a row where there is one series.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from rich.style import Style
from rich.text import Text

from metertui.screens.pictures import BEFORE, Picture, Series, means

FILLS: Final = "█▒░▓≡#+·"
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_SHADES: Final = "░▒▓█"
_THICKEST: Final = 3
"""Rows that a bar to the right takes at most."""
_ROUND: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""What a step of a scale may be, times a power of ten."""

Cells = list[tuple[str, int]]
"""Characters of a line, each with its series; -1 is none."""


def scale(highest: float, steps: int) -> list[float]:
    """Round figures from 0 to `highest` or a little more, at most `steps` steps apart, of 2 to 6."""
    least = (highest or 1.0) / min(6, max(2, steps))
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in _ROUND if factor * power >= least * (1 - 1e-9))
    return [place * step for place in range(max(1, math.ceil(highest / step - 1e-9)) + 1)]


def figure(value: float, step: float) -> str:
    """A figure of a scale, with as many decimals as its steps need."""
    decimals = next((d for d in range(4) if math.isclose(round(step, d), step)), 4)
    return f"{value:,.{decimals}f}".replace(",", " ")


def upright(picture: Picture, width: int, height: int, inks: Sequence[Style]) -> Text:
    """Bars that stand: a label each, series stacked or side by side."""
    stacked = picture.kind == "stacked"
    beside = 1 if stacked else len(picture.series)
    legend = _legend(picture.series, width, inks)
    rows = max(2, height - 1 - len(legend))
    highest = max((sum(tower) if stacked else max(tower) for tower in _towers(picture)), default=0.0)
    marks = scale(highest, rows // 2)
    left = max(len(figure(mark, marks[1])) for mark in marks) + 1
    room = max(1, width - left - 1)
    labels, series, each = picture.labels, picture.series, 1
    if len(labels) * beside > room:
        each = -(-len(labels) * beside // room)
        labels, series = labels[::each], tuple(Series(name, means(values, each)) for name, values in series)
    slot = min(24, room // len(labels))
    bar = max(1, (slot - 1 if slot > beside else slot) // beside)
    lines = [_upright_row(series, row, rows, marks[-1], slot, bar, stacked=stacked) for row in range(rows)]
    text = Text(no_wrap=True, overflow="crop")
    at = {max(0, math.ceil(mark / marks[-1] * rows) - 1): mark for mark in marks}  # where its height is the top edge
    for row in range(rows - 1, -1, -1):
        mark = at.get(row)
        text.append(f"{'' if mark is None else figure(mark, marks[1]):>{left - 1}}{'│' if mark is None else '┤'}")
        _append(text, lines[row], inks)
        text.append("\n")
    text.append(" " * left + _below(labels, slot, room))
    for line in legend:
        text.append("\n")
        text.append_text(line)
    return text


def _towers(picture: Picture) -> list[list[float]]:
    columns = zip(*(values for _, values in picture.series), strict=True)
    return [known for column in columns if (known := [value for value in column if value is not None])]


def _upright_row(
    series: Sequence[Series], row: int, rows: int, top: float, slot: int, bar: int, *, stacked: bool
) -> Cells:
    """A line of the bars, counted from below."""
    cells: Cells = []
    for column in zip(*(values for _, values in series), strict=True):
        used = 0
        if stacked:
            below, char, which = 0.0, " ", -1
            for place, value in enumerate(column):
                above = below + (value or 0.0)
                if round(below / top * rows) <= row < round(above / top * rows):
                    char, which = FILLS[place % len(FILLS)], place
                below = above
            cells.append((char * bar, which))
            used = bar
        else:
            for place, value in enumerate(column):
                eighths = 0 if value is None else round((value / top * rows - row) * 8)
                if len(column) == 1:
                    char = _EIGHTHS[min(8, max(0, eighths))]
                else:
                    char = FILLS[place % len(FILLS)] if eighths >= 4 else " "
                cells.append((char * bar, place if char != " " else -1))
                used += bar
        cells.append((" " * (slot - used), -1))
    return cells


def _below(labels: Sequence[str], slot: int, room: int) -> str:
    """Labels under the bars, as many as there is room for."""
    longest = max((len(label) for label in labels), default=1)
    step = max(1, -(-(longest + 2) // slot))
    line = ""
    for place in range(0, len(labels), step):
        if place * slot + len(labels[place]) <= room:
            line = line.ljust(place * slot) + labels[place]
    return line


def sideways(picture: Picture, width: int, height: int, inks: Sequence[Style]) -> Text:
    """Bars to the right, a label each, thicker where there is room; with several series, stacked.

    Of shares, parts of the whole.
    """
    shares = picture.kind == "shares"
    legend = _legend(picture.series, width, inks, marked=True)
    shown = max(1, height - len(legend))
    cut = len(picture.labels) > shown
    places = range(len(picture.labels))[: shown - 1 if cut else shown]
    towers = [[values[place] for _, values in picture.series] for place in range(len(picture.labels))]
    sums = [sum(value or 0.0 for value in tower) for tower in towers]
    alone = len(picture.series) == 1
    compared = len(picture.series) == 2 and picture.series[1].name == BEFORE
    longest = map(_max, towers) if compared else sums
    whole = sum(sums) if shares and alone else max(longest, default=0.0)
    names = min(width // 3, max((len(picture.labels[place]) for place in places), default=0))
    digits = max((len(_number(total)) for total in sums), default=0)
    tails = [_tail(tower[:1] if compared else tower, whole, digits if shares and alone else 0) for tower in towers]
    most = max((len(tails[place]) for place in places), default=0)
    room = max(4, width - names - most - 2)
    each = min(_THICKEST + 1, shown // max(1, len(places)))  # rows a bar has, the last of them free
    text = Text(no_wrap=True, overflow="crop")
    for place in places:
        label = picture.labels[place]
        text.append(f"{label if len(label) <= names else label[: names - 1] + '…':<{names}} ")
        tower, full = towers[place], sums[place] if shares and not alone else whole
        cells = _sideways_row(tower[:1] if compared else tower, full, room)
        if compared and tower[1] is not None and full:
            cells[min(room - 1, round(tower[1] / full * room))] = ("│", 1)
        _append(text, cells, inks)
        text.append(f" {tails[place]:>{most}}\n")
        for nth in range(1, each):
            if nth < each - 1:
                text.append(" " * (names + 1))
                _append(text, cells, inks)
            text.append("\n")
    if cut:
        text.append(f"… and {len(picture.labels) - len(places)} more, in the table\n", style="dim")
    for line in legend:
        text.append_text(line)
        text.append("\n")
    text.right_crop(1)
    return text


def _sideways_row(tower: Sequence[float | None], full: float, room: int) -> Cells:
    """A line of so many cells: the values one after another, where `full` fills it."""
    cells: Cells = [(" ", -1)] * room
    below = 0.0
    for which, value in enumerate(tower):
        above = below + (value or 0.0)
        for place in range(round(below / full * room), round(above / full * room)) if full else ():
            cells[min(place, room - 1)] = (FILLS[which % len(FILLS)], which)
        below = above
    return cells


def _max(tower: Sequence[float | None]) -> float:
    """The highest of those that are known."""
    return max((value for value in tower if value is not None), default=0.0)


def _tail(tower: Sequence[float | None], whole: float, digits: int) -> str:
    """What a bar comes to; where `digits` are given, its share too, and the figure below the others."""
    if all(value is None for value in tower):
        return "not told"
    total = sum(value or 0.0 for value in tower)
    return f"{total / whole if whole else 0.0:6.1%} {_number(total):>{digits}}" if digits else _number(total)


def _number(value: float) -> str:
    return f"{value:,.3f}".replace(",", " ")


def heat(picture: Picture, width: int, height: int, inks: Sequence[Style]) -> Text:
    """A map: labels down, series across where they are the more, else the other way round; darker is more."""
    rows, columns = list(picture.labels), [name for name, _ in picture.series]
    cells = [[values[place] for _, values in picture.series] for place in range(len(rows))]
    if len(rows) > len(columns):
        rows, columns = columns, rows
        cells = [list(line) for line in zip(*cells, strict=True)]
    known = [value for line in cells for value in line if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    left = min(width // 4, max((len(row) for row in rows), default=0)) + 1
    wide = max(1, (width - left) // max(1, len(columns)))
    tall = max(1, min(8, (height - 2) // max(1, len(rows))))
    figures = wide > max(len(f"{high:,.1f}"), 3) + 1 and tall >= 1
    text = Text(no_wrap=True, overflow="crop")
    heads = [column.removesuffix(":00") for column in columns]
    step = max(1, -(-(max(map(len, heads), default=1) + 1) // wide))
    above = "".join(f"{head:<{wide * step}}" for head in heads[::step])
    text.append(f"{' ' * left}{above[: width - left]}\n", style="dim")
    for row, line in list(zip(rows, cells, strict=True))[: max(1, (height - 2) // tall)]:
        for nth in range(tall):
            text.append(f"{row[: left - 1] if nth == 0 else '':<{left}}")
            for value in line:
                if value is None:
                    text.append(f"{'·' if nth == 0 else '':<{wide}}", style="dim")
                    continue
                level = 0.0 if high <= low else (value - low) / (high - low)
                shade = _SHADES[min(3, int(level * 4))]
                if figures and nth == 0:
                    text.append(f"{_short(value):>{wide - 2}}{shade} ", style=inks[0] if level >= 0.6 else "")
                else:
                    text.append(shade * (wide - 1 if wide > 2 else wide) + (" " if wide > 2 else ""), style=inks[0])
            text.append("\n")
    span = f"{_SHADES[0]} from {_number(low)}   {_SHADES[3]} to {_number(high)} {picture.unit}"
    text.append(f"{' ' * left}{span}", style="dim")
    return text


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 10_000 else f"{value / 1000:.1f}k"


def _legend(
    series: Sequence[Series], width: int, inks: Sequence[Style], *, marked: bool = False, fills: Sequence[str] = FILLS
) -> list[Text]:
    """What the fills stand for, on as many lines as it takes; none for a single series."""
    if len(series) < 2:
        return []
    lines = [Text(no_wrap=True)]
    for place, (name, _) in enumerate(series):
        fill = "│" if name == BEFORE and marked else fills[place % len(fills)]
        short = name if len(name) <= 20 else f"{name[:19]}…"
        if lines[-1].cell_len + len(short) + 4 > width and lines[-1].cell_len:
            lines.append(Text(no_wrap=True))
        lines[-1].append(f"{fill} ", style=inks[place % len(inks)])
        lines[-1].append(f"{short}  ")
    return lines


def numbered(series: Sequence[Series], width: int, inks: Sequence[Style]) -> list[Text]:
    """The same where series are told apart by their number."""
    return _legend(series, width, inks, fills=[str(place) for place in range(1, len(series) + 1)])


def _append(text: Text, cells: Cells, inks: Sequence[Style]) -> None:
    """Add a line, what has one ink in one piece."""
    for which, run in groupby(cells, key=lambda cell: cell[1]):
        text.append("".join(chars for chars, _ in run), style="" if which < 0 else inks[which % len(inks)])


def runs(places: Sequence[int]) -> list[list[int]]:
    """Places that stand side by side, together."""
    found: list[list[int]] = []
    for place in places:
        if found and found[-1][-1] == place - 1:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def deciles(
    labels: Sequence[str], values: Sequence[float], told: Sequence[str], width: int, inks: Sequence[Style]
) -> Text:
    """Bars from a middle line, to the left below zero and to the right above, a label and a figure each."""
    names, figures = max(map(len, labels)), max(map(len, told))
    half = max(4, (width - names - figures - 3) // 2)
    highest = max((abs(value) for value in values), default=0.0) or 1.0
    text = Text(no_wrap=True, overflow="crop")
    for label, value, figure_told in zip(labels, values, told, strict=True):
        length = round(abs(value) / highest * half)
        text.append(f"{label:>{names}} ")
        text.append(f"{FILLS[1] * length if value < 0 else '':>{half}}", style=inks[1])
        text.append("│")
        text.append(f"{FILLS[0] * length if value > 0 else '':<{half}}", style=inks[0])
        text.append(f" {figure_told:>{figures}}\n")
    text.right_crop(1)
    return text
