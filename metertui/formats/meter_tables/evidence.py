"""What all rows of a table prove: the order of day and month, decimal marks, signs, whether times name their zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Final

from metertui.engine.base import DAY, Progress, no_progress
from metertui.formats.meter_tables.energies import bare, note_figure
from metertui.formats.meter_tables.news import News
from metertui.formats.meter_tables.roles import Roles
from metertui.formats.meter_tables.row_series import MOST_SERIES, RowText
from metertui.formats.meter_tables.shape import MISSING, Shape, clean
from metertui.formats.tables import (
    AnyTable,
    DateEvidence,
    FigureEvidence,
    Lines,
    Row,
    clock_part,
    days_of,
    kind_of,
    parse_clock,
    split_range,
    split_stamp,
)

_MOST_KEPT: Final = 1000


class Evidence:
    """What the rows of one series of a table prove; those of several series stand side by side."""

    def __init__(self, roles: Roles, width: int, delimiter: str | None, shared: FigureEvidence | None = None) -> None:
        self.dates = DateEvidence()
        self.shared = shared or FigureEvidence()
        """What the figures of all columns prove together, for one that proves nothing by itself."""
        self.figures = {each.place: FigureEvidence("." if delimiter == "," else None) for each in roles.figures}
        self.negative: set[int] = set()
        """Columns with a figure below zero."""
        self.positive: set[int] = set()
        self.bare = False
        """Whether a time names no zone."""
        self.texts: dict[int, set[str]] = {}
        """Different texts of the columns of meters, units and series; the first thousand of each."""
        self.series: set[RowText] = set()
        """What rows say of the series that they are of; the first thousand, but of each meter all of its streams."""
        self.unknown: dict[tuple[int, str], set[str]] = {}
        """Different texts of columns of which nobody knows what they say, by column and meter."""
        self._roles = roles
        self._news = News(roles, width)
        self._clocks: set[str] = set()
        self._named = [each for each in (roles.meter, roles.unit, roles.channel) if each is not None]

    @property
    def ends_days(self) -> bool:
        """Return whether days end at 24:00 and none begins at 00:00, as where a time is the end of its interval."""
        shown = [parse_clock(clock_part(clock)) for clock in self._clocks]
        walls = {each[0] for each in shown if each is not None}
        return DAY in walls and 0 not in walls

    def note(self, rows: Sequence[Row]) -> None:
        """Note rows of the table; of lines, those that can tell something new."""
        times, roles = self._roles.times, self._roles
        every = {each.place for each in roles.figures}.union(roles.slots)
        places = [(each.place, (each.place,) if each.place >= 0 else roles.slots) for each in roles.figures]
        news = self._news.among(rows) if isinstance(rows, Lines) else zip(rows, repeat(every))
        for row, figures in news:
            cells = row.cells
            count = len(cells)
            if row.fault is not None:
                continue
            for at in times.places:
                if at < count and cells[at]:
                    self._note_time(cells[at], row.number, at in times.dates())
            for place, columns in places:
                for at in columns:
                    if at < count and cells[at] and at in figures:
                        self._note_figure(place, cells[at], row.number)
            tells = roles.series.are_streams or len(self.series) < MOST_SERIES
            if roles.channel is not None and roles.channel < count and tells:
                says = roles.meter, roles.channel, roles.unit
                texts = ("" if at is None or at >= count else clean(cells[at]) for at in says)
                self.series.add(RowText(*texts))
            for at in roles.unknown:
                if at < count and cells[at] and len(self.unknown) < _MOST_KEPT:
                    meter = "" if roles.meter is None or roles.meter >= count else cells[roles.meter]
                    self.unknown.setdefault((at, meter), set()).add(clean(cells[at]))
            for at in self._named:
                if at < count:
                    found = self.texts.setdefault(at, set())
                    if len(found) < _MOST_KEPT:
                        found.add(clean(cells[at]))

    def _note_time(self, text: str, row: int, dated: bool) -> None:
        ranges = self._roles.times.form in ("range", "day and range")
        parts = (split_range(text) if ranges else None) or (text,)
        for part in parts:
            if not dated and not days_of(split_stamp(part)[0]):
                self._note_clock(part)
                continue
            self.dates.note(part, row)
            if kind_of(part) != "epoch":
                self._note_clock(split_stamp(part)[1])

    def _note_clock(self, clock: str) -> None:
        if clock in self._clocks:
            return
        self._clocks.add(clock)
        shown = parse_clock(clock_part(clock))
        self.bare = self.bare or shown is None or shown[1] is None

    def _note_figure(self, place: int, text: str, row: int) -> None:
        if text.lower() in MISSING:
            return
        note_figure(self.figures[place], text, row)
        note_figure(self.shared, text, row)
        figure, negative = bare(text)
        if any(digit in figure for digit in "123456789"):
            (self.negative if negative else self.positive).add(place)


def rows_of(table: AnyTable, shape: Shape, progress: Progress = no_progress) -> Iterator[Sequence[Row]]:
    """Yield the rows of figures of a table in blocks: those of its sheet, and of further ones with the same headings.

    Of lines of a text, some may be empty. Raises DataError, OSError.
    """
    begun = {shape.sheet}
    for share, block in table.blocks():
        rows = []
        if isinstance(block, Lines):
            yield block.since(shape.first)
            progress(share)
            continue
        for row in block:
            if row.sheet == shape.sheet:
                if row.number >= shape.first and any(row.cells):
                    rows.append(row)
            elif row.sheet in begun:
                if any(row.cells):
                    rows.append(row)
            elif shape.named and [clean(cell) for cell in row.cells][: len(shape.names)] == shape.names:
                begun.add(row.sheet)
        yield rows
        progress(share)
