"""A paper: what it answers, its charts and its tables, drawn as a picture or as text."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from metertui import __version__
from metertui.screens.charts import Picture, drawn_picture, light_inks
from metertui.screens.papers.cells_svg import as_svg
from metertui.screens.terminal import theme
from metertui.text import fmt, visible

SUFFIXES: Final = (".svg", ".txt")
"""What the name of the file of a paper ends with."""
_WIDTH: Final = 110
"""Cells of a line at least."""
_CHART_ROWS: Final = 22
_GAP: Final = "  "
_STRONG: Final = Style(bold=True)

Line = list[Segment]


@dataclass(frozen=True)
class ChartPart:
    """A chart under a heading."""

    heading: str
    picture: Picture


@dataclass(frozen=True)
class TablePart:
    """A table under a heading: the first rows of `total`, as texts."""

    heading: str
    columns: Sequence[tuple[str, bool]]
    """The heading of each, and whether it has figures."""
    rows: Sequence[Sequence[str]]
    total: int


@dataclass(frozen=True)
class TextPart:
    """Lines of text as they are, such as a statement."""

    text: str


Part = ChartPart | TablePart | TextPart


@dataclass(frozen=True)
class Paper:
    """What a screen shows, with what it answers."""

    title: str
    """The question in words."""
    definition: Mapping[str, Any]
    """What the file says of itself beside: the zone, when it was asked and the like."""
    parts: Sequence[Part]

    @cached_property
    def definition_of_file(self) -> dict[str, Any]:
        """Return all that the file says of itself."""
        return {"question": self.title, **self.definition, "made_by": f"metertui {__version__}"}

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to draw."""
        return not self.parts


def as_file(paper: Paper, suffix: str) -> str:
    """Return the content of the file of a paper, for a suffix of SUFFIXES. On the event loop alone, for its charts."""
    drawn = list(_lines(paper))
    if suffix == ".txt":
        return "\n".join("".join(segment.text for segment in line).rstrip() for line in drawn) + "\n"
    ink, ground = str(theme.LIGHT.foreground), str(theme.LIGHT.background)
    return as_svg(drawn, paper.title, paper.definition_of_file, ink, ground)


def _lines(paper: Paper) -> Iterator[Line]:
    tables = {id(part): _widths(part) for part in paper.parts if isinstance(part, TablePart)}
    width = max(_WIDTH, *(sum(each) + len(_GAP) * (len(each) - 1) for each in tables.values()), 1)
    for line in textwrap.wrap(visible(paper.title), width):
        yield [Segment(line, _STRONG)]
    told = {name.replace("_", " "): value for name, value in paper.definition_of_file.items() if name != "question"}
    said = (f"{name} {value if isinstance(value, str) else json.dumps(value)}" for name, value in told.items() if value)
    for line in textwrap.wrap(visible(" · ".join(said)), width):
        yield [Segment(line, Style(dim=True))]
    for part in paper.parts:
        yield []
        if isinstance(part, TextPart):
            yield from ([Segment(line)] for line in part.text.splitlines())
            continue
        if part.heading:
            yield [Segment(visible(part.heading), _STRONG)]
        if isinstance(part, ChartPart):
            yield from drawn_picture(part.picture, width, _CHART_ROWS, light_inks())
        else:
            yield from _table(part, tables[id(part)])


def _widths(part: TablePart) -> list[int]:
    cells = [[heading for heading, _ in part.columns], *part.rows]
    return [max(cell_len(visible(row[place])) for row in cells) for place in range(len(part.columns))]


def _table(part: TablePart, widths: Sequence[int]) -> Iterator[Line]:
    right = [figures for _, figures in part.columns]

    def line(cells: Sequence[str]) -> str:
        texts = (_aligned(visible(cell), width, each) for cell, width, each in zip(cells, widths, right, strict=True))
        return _GAP.join(texts)

    yield [Segment(line([heading for heading, _ in part.columns]), Style(dim=True))]
    for row in part.rows:
        yield [Segment(line(row))]
    if len(part.rows) < part.total:
        said = f"the first {fmt.count(len(part.rows))} of {fmt.counted(part.total, 'row')}; an export as .csv has all"
        yield [Segment(said, Style(dim=True))]


def _aligned(text: str, width: int, right: bool) -> str:
    return f"{'':{width - cell_len(text)}}{text}" if right else set_cell_size(text, width)
