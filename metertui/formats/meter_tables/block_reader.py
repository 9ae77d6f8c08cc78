"""The rows of a text by its plan, a block at a time: plain ones column by column, and others one by one.

Plain is a row whose cells that are read are each plain, or of a text that has been looked at before. Others are read as
any row is, in their place, so that what comes of a block is what comes of its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, BadLine, Int64Array
from metertui.formats.meter_tables.columns import ODD, Columns, Lookup, Texts
from metertui.formats.meter_tables.energies import plain_energies
from metertui.formats.meter_tables.figure_columns import Figures, is_identifier, is_meter_id
from metertui.formats.meter_tables.label_columns import LabelColumns, Labels
from metertui.formats.meter_tables.local_times import BARE
from metertui.formats.meter_tables.roles import holds_registers
from metertui.formats.meter_tables.row_reader import Entries, RowReader
from metertui.formats.meter_tables.shape import MISSING, clean
from metertui.formats.meter_tables.slots import edges_of
from metertui.formats.meter_tables.statuses import flags_estimates, status_of
from metertui.formats.tables import Lines, Row

Mask = NDArray[np.bool_]
_BITS = 31
"""Of the number of a channel, in one with that of a meter."""


class _Series(NamedTuple):
    """A column of figures with the labels that they have in each row; arrays of equal length."""

    labels: Labels
    energy: Int64Array
    quality: Int64Array
    held: Mask
    """Which rows have a figure."""
    plain: Mask
    """Which rows have a plain one, or none."""


class _Registers(NamedTuple):
    """What rows say of their registers; the numbers are those of `Texts`."""

    unit: Int64Array
    pairs: list[tuple[int, int]]
    """Different numbers of meters, each with that of a channel."""
    which: Int64Array
    """Which of the pairs a row has; -1 where meter or channel is not taken."""

    def first_rows(self, held: Mask, codes: Mapping[tuple[int, int], int]) -> list[int]:
        """Return the first row with a figure of each pair that has no code yet."""
        first = np.full(len(self.pairs), -1)
        rows = np.flatnonzero(held)[::-1]
        first[self.which[rows]] = rows  # of rows of one pair, the last that is assigned stands
        return [row for row, pair in zip(first.tolist(), self.pairs, strict=True) if row >= 0 and pair not in codes]


@dataclass
class BlockReader:
    """Reads blocks of rows as `rows` would read them one by one."""

    rows: RowReader

    def __post_init__(self) -> None:
        plan, names = self.rows.plan, self.rows.shape.names
        assert plan.order, "the plan is not complete"
        self._plan = plan
        self._labels = LabelColumns(plan.roles.times, plan.order, plan.zone)
        is_known = is_identifier if holds_registers(self.rows.shape, plan.roles.meter) else is_meter_id
        self._meters = Texts(lambda text: bool(plan.meter) or is_known(text))
        self._channels = Texts(lambda text: bool(self.rows.channel(text)))
        self._units = Texts(lambda text: bool(self.rows.unit(text)))
        flags = {each.status: flags_estimates(names[each.status]) for each in plan.figures if each.status is not None}
        self._qualities = {at: Lookup(partial(_quality, flag)) for at, flag in flags.items()}
        self._codes: list[dict[tuple[int, int], int]] = [{} for _ in plan.figures]
        """Codes of registers by the numbers of meter and channel, for each column of figures."""
        figures = [[each.place] if each.place >= 0 else plan.roles.slots for each in plan.figures]
        self._figure_places = [place for places in figures for place in places]
        own = {plan.meter} if plan.meter else {each.meter for each in plan.figures}
        self._by_rows = (bool(plan.meter) or plan.roles.meter is None) and not all(map(is_meter_id, own))

    def read(self, rows: Sequence[Row]) -> tuple[Entries, list[BadLine]]:
        """Return the figures of rows, and the rows that have none but should. Empty lines are left out."""
        if not isinstance(rows, Lines) or self._by_rows:
            return self.rows.read(row for row in rows if any(row.cells))
        columns = Columns(*rows.columns(self.rows.shape.width))
        labels, registers = self._labels.read(columns), self._registers(columns)
        every = [self._series(figures, columns, labels, registers.unit) for figures in self._plan.figures]
        plain = (labels.wall != ODD) & (registers.which >= 0) & (registers.unit != ODD)
        plain &= ~columns.has_more(len(self.rows.shape.names))
        plain &= np.logical_and.reduce([each.plain for series in every for each in series])
        new = [
            registers.first_rows(plain & np.logical_or.reduce([each.held for each in series]), codes)
            for codes, series in zip(self._codes, every, strict=True)
        ]
        plain[[row for rows_of_one in new for row in rows_of_one]] = False
        gaps = plain & ~np.logical_and.reduce([each.held for series in every for each in series])
        entries, refused = self.rows.read(self._others(rows, columns.places[plain], columns.places[gaps]))
        for figures, codes, places in zip(self._plan.figures, self._codes, new, strict=True):
            codes |= {
                pair: self._code(figures, *pair) for pair in (registers.pairs[registers.which[at]] for at in places)
            }
        return _merged(self._entries(every, registers, plain, rows.first + columns.places), entries), refused

    def _others(self, lines: Lines, plain: Int64Array, gaps: Int64Array) -> Iterator[Row]:
        """Yield the rows that are not plain, and note the gaps of those between them; all are places among lines."""
        others = np.ones(len(lines), dtype=bool)
        others[plain] = False
        missing = set(gaps.tolist())
        for at in sorted({*np.flatnonzero(others).tolist(), *missing}):
            cells = (row := lines[at]).cells
            if at in missing:
                for place in self._figure_places:
                    self.rows.is_missing(cells[place] if place < len(cells) else "", row.number)
            elif any(cells):
                yield row

    def _registers(self, columns: Columns) -> _Registers:
        roles, zeros = self._plan.roles, np.zeros(len(columns), dtype=np.int64)
        meter, channel, unit = (
            zeros if at is None else texts.numbers(columns[at])
            for texts, at in ((self._meters, roles.meter), (self._channels, roles.channel), (self._units, roles.unit))
        )
        if roles.meter is None and roles.channel is None:
            return _Registers(unit, [(0, 0)], zeros)
        taken = (meter != ODD) & (channel != ODD)
        pairs, which = np.unique(np.where(taken, meter << _BITS | channel, -1), return_inverse=True)
        return _Registers(unit, [divmod(pair, 1 << _BITS) for pair in pairs.tolist()], np.where(taken, which, -1))

    def _code(self, figures: Figures, meter: int, channel: int) -> int:
        """Return the code of a register, of which a row has been read."""
        roles = self._plan.roles
        meter_name = "" if roles.meter is None else self._meters.text(meter)
        return self.rows.code(figures, meter_name, "" if roles.channel is None else self._channel(channel))

    def _channel(self, number: int) -> str:
        return self.rows.channel(self._channels.text(number))

    def _series(self, figures: Figures, columns: Columns, labels: Labels, unit: Int64Array) -> list[_Series]:
        quality = np.zeros(len(columns), dtype=np.int64)
        if figures.status is not None:
            quality = self._qualities[figures.status](columns[figures.status])
        found = []
        for place, at in self._places(figures, labels):
            energy, held, plain = self._energies(figures, columns[place], unit)
            found.append(_Series(at, energy, quality, held, plain & (quality != ODD)))
        return found

    def _places(self, figures: Figures, labels: Labels) -> Iterator[tuple[int, Labels]]:
        """Yield the columns of figures with the labels that these have in each row."""
        if figures.place >= 0:
            yield figures.place, labels
            return
        day, zeros = np.where(labels.wall == ODD, 0, labels.wall) // DAY * DAY, np.zeros_like(labels.wall)
        counted = any(slot.elapsed for slot in self.rows.slots)
        begin, after = edges_of(day, self._plan.zone) if counted else (day, day)
        for slot in self.rows.slots:
            if slot.elapsed:
                start, end = (np.minimum(begin + each, after) for each in (slot.start, slot.end))
                yield slot.place, Labels(start, zeros, end, zeros, zeros)
            else:
                yield slot.place, Labels(day + slot.start, zeros + BARE, day + slot.end, zeros + BARE, zeros)

    def _energies(self, figures: Figures, texts: list[str], unit: Int64Array) -> tuple[Int64Array, Mask, Mask]:
        """Return the energies of a column, which rows have one, and which have a plain one or none."""
        mark = self._plan.marks[figures.place]
        if figures.unit:
            energy, held = plain_energies(texts, mark, figures.unit)
        else:
            energy, held = np.zeros(len(texts), dtype=np.int64), np.zeros(len(texts), dtype=bool)
            for number in np.unique(unit[unit != ODD]).tolist():
                rows = np.flatnonzero(unit == number)
                of_unit = [texts[at] for at in rows.tolist()]
                energy[rows], held[rows] = plain_energies(of_unit, mark, self.rows.unit(self._units.text(number)))
        plain = held.copy()
        plain[[at for at in np.flatnonzero(~held).tolist() if texts[at].lower() in MISSING]] = True
        if figures.place in self._plan.negated:
            energy = -energy
        if figures.sign:
            energy = np.maximum(0, energy * figures.sign)
        return energy, held, plain & (energy >= 0)

    def _entries(
        self, every: Sequence[Sequence[_Series]], registers: _Registers, plain: Mask, line: Int64Array
    ) -> Entries:
        """Return the figures of plain rows, row by row."""
        series = [each for of_one in every for each in of_one]
        held = np.stack([each.held[plain] for each in series], axis=1)
        codes = [
            np.array([known.get(pair, ODD) for pair in registers.pairs], dtype=np.int64)[registers.which]
            for known, of_one in zip(self._codes, every, strict=True)
            for _ in of_one
        ]
        labels = [[each.labels[at] for each in series] for at in range(len(Labels._fields))]
        energies, qualities = [each.energy for each in series], [each.quality for each in series]
        columns = (codes, *labels, energies, qualities, [line] * len(series))
        return Entries(*(np.stack([each[plain] for each in column], axis=1)[held] for column in columns))


def _merged(one: Entries, other: Entries) -> Entries:
    """Return entries of both in order of lines; those of a line are in one of them."""
    if not len(other.line):
        return one
    both = Entries(*(np.concatenate(each) for each in zip(one, other, strict=True)))
    order = np.argsort(both.line, kind="stable")
    return Entries(*(column[order] for column in both))


def _quality(flag: bool, text: str) -> int:
    status = status_of(clean(text), flags_estimates=flag)
    return status.quality if status.known else ODD
