"""What is under the cursor of a chart in words, in the room that its border has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len

from metertui.screens.charts.chart import BEFORE, NO_CURSOR, Picture, Series
from metertui.text import HIDDEN, INCOMPLETE, cut_text, fmt

_LEAST_NAME: Final = 6
"""Cells of the start of a name that say something."""


def words_at(picture: Picture, place: int, across: int = NO_CURSOR, lead: int = NO_CURSOR, *, room: int) -> str:
    """Return what a label stands for, with the value of each series there, or of the series `across`.

    The series `lead` comes first. Only whole figures are said: what does not fit in `room` cells is left out, first
    other series, then the unit, then the name.
    """
    name, label = (picture.names or picture.labels)[place], picture.labels[place]
    order = list(range(len(picture.series)))
    if across != NO_CURSOR:
        series = picture.series[across].name
        name, label, order = f"{series} {name}", f"{series} {label}", [across]
    elif 0 < lead < len(order):
        order.insert(0, order.pop(lead))
    figures = [_figure(picture, which, place, alone=across != NO_CURSOR) for which in order]
    figure, known = figures[0]
    unit = f" {picture.unit}" if known else ""
    marks = {"estimated": picture.estimated, "not over yet": picture.running, "in part": picture.cut}
    words = [word for word, mark in marks.items() if mark and mark[place]]
    gap = any((place, which) in picture.gaps for which in order)
    words += ["with a gap"] if gap else []
    part = f"{INCOMPLETE} " * bool(gap or picture.marks()[1][place])
    left = room - cell_len(f"{part}{figure}") - 3
    ways = (
        [name, f"{figure}{unit}", *words],
        [label, f"{figure}{unit}", *words],
        [label, figure, *words],
        [*([cut_text(label, left)] if left >= _LEAST_NAME else []), f"{part}{figure}"],
    )
    said = next((parts for parts in ways if _length(parts) <= room), None)
    if said is None:
        return "…"
    return " · ".join([*said, *_further([text for text, _ in figures[1:]], room - _length(said))])


def _figure(picture: Picture, which: int, place: int, *, alone: bool) -> tuple[str, bool]:
    """Return the name of a series with its value at a label, and whether it is known."""
    series: Series = picture.series[which]
    value, name = series.values[place], "" if alone else series.name
    if value is None:
        return f"{name} {HIDDEN if picture.withheld()[which, place] else fmt.NOTHING}".strip(), False
    part = " in part" if series.name == BEFORE and picture.before_cut and picture.before_cut[place] else ""
    return f"{name} {fmt.number(round(value * 1000))}{part}".strip(), True


def _further(figures: Sequence[str], room: int) -> list[str]:
    """Return as many more figures as fit behind others, and how many are left out."""
    for count in range(len(figures), -1, -1):
        left = len(figures) - count
        said = [*figures[:count], *([f"{left} more"] if left else [])]
        if sum(cell_len(text) + 3 for text in said) <= room:
            return said
    return []


def _length(parts: Sequence[str]) -> int:
    return cell_len(" · ".join(parts))
