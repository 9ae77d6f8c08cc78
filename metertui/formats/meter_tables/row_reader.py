"""The rows of a table by its plan, cell by cell: labels, registers, figures and qualities as columns of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from metertui.engine.base import DAY, BadLine, Int64Array, check_identifier, check_meter_id, split_identifier, visible
from metertui.engine.errors import MeterError, Refused
from metertui.formats.meter_tables.energies import energy_reader
from metertui.formats.meter_tables.figure_columns import Figures
from metertui.formats.meter_tables.label_columns import as_shown
from metertui.formats.meter_tables.left_out import LeftOut
from metertui.formats.meter_tables.plan import Plan
from metertui.formats.meter_tables.roles import holds_registers
from metertui.formats.meter_tables.row_series import not_energy
from metertui.formats.meter_tables.shape import MISSING, Shape, clean, is_name
from metertui.formats.meter_tables.slots import Slot
from metertui.formats.meter_tables.statuses import flags_estimates, status_of
from metertui.formats.meter_tables.words import POWER_UNITS, is_total, meter_named, unit_of
from metertui.formats.tables import Label, Row

_EMPTY_CELL: Final = "rows with an empty cell"


def why_missing(text: str) -> str:
    """Return why a cell without a figure is left out; `text` is one of MISSING, in letters of any size."""
    return f"rows with '{visible(text)}' instead of a figure" if text else _EMPTY_CELL


class Entries(NamedTuple):
    """Figures of rows as they are written; arrays of equal length."""

    code: Int64Array
    wall: Int64Array
    """µs by the clock: the start, or the one time."""
    offset: Int64Array
    """µs east of UTC, or BARE."""
    end_wall: Int64Array
    end_offset: Int64Array
    day_only: Int64Array
    energy: Int64Array
    """µWh; of a power, µW."""
    quality: Int64Array
    line: Int64Array


@dataclass
class RowReader:
    """Reads the rows of a table by a plan."""

    source: str
    shape: Shape
    plan: Plan
    slots: Sequence[Slot]
    delimiter: str | None
    left_out: LeftOut
    codes: dict[str, int] = field(default_factory=dict)
    """Identifiers of registers by their places in `ids`."""
    _meters: dict[str, str] = field(default_factory=dict)
    _readers: dict[tuple[int, str], Callable[[str], int]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """Return the identifiers that codes stand for."""
        return list(self.codes)

    def __post_init__(self) -> None:
        assert self.plan.order, "the plan is not complete"
        self._times = self.plan.roles.times.reader(self.plan.order, self.plan.zone)

    def read(self, rows: Iterable[Row]) -> tuple[Entries, list[BadLine]]:
        """Return the figures of rows, and the rows that have none but should."""
        entries: list[tuple[int, ...]] = []
        refused: list[BadLine] = []
        for row in rows:
            try:
                if row.fault is not None:
                    raise row.fault
                cells = self._cells(row)
                if cells is not None:
                    self._read_row(cells, row.number, entries, refused)
            except Refused as error:
                refused.append(self._bad_line(row.cells, row.number, error))
        columns = np.array(entries, dtype=np.int64).reshape(-1, len(Entries._fields)).T
        return Entries(*columns), refused

    def _cells(self, row: Row) -> list[str] | None:
        """Return the cells of a row, one for each column; None for half a row, which holds no figure. Raises Refused.

        A row that is cut holds a figure, but not all cells that stand behind it.
        """
        count, names = len(row.cells), len(self.shape.names)
        if count == names:
            return [clean(cell) for cell in row.cells]
        if count > names and any(row.cells[names:]):
            raise Refused("syntax", f"the line has {count} cells instead of {names}")
        if count < min(self.shape.width, names):
            self._check_part(row.cells, row.number)
            places = [*self.plan.roles.slots] or [each.place for each in self.plan.figures]
            if all(at >= count for at in places) or any(at < count and row.cells[at] for at in places):
                raise Refused("syntax", f"the line has {count} cells instead of {names}")
            self.left_out.note("rows without a value", row.number)
            return None
        return [clean(cell) for cell in row.cells[:names]] + [""] * (names - count)

    def _read_row(self, cells: list[str], line: int, entries: list[tuple[int, ...]], refused: list[BadLine]) -> None:
        roles = self.plan.roles
        found = self._times(cells)
        if found is None:
            self._note_no_time(cells, line)
            return
        unit, channel = "", ""
        if roles.unit is not None and not (unit := self.unit(cells[roles.unit])):
            self.left_out.note(f"figures in {visible(cells[roles.unit]) or 'no unit'}", line)
            return
        if roles.channel is not None and not (channel := self.channel(cells[roles.channel])):
            text = cells[roles.channel]
            why = "" if not_energy(text, self.plan.figures[0].unit) else f", as {roles.series.why_left_out(text)}"
            self.left_out.note(f"figures of {visible(text)}{why}", line)
            return
        meter = "" if roles.meter is None else cells[roles.meter]
        start, when = found[0], as_shown(*found)
        for figures in self.plan.figures:
            for text, shown in self._figures(figures, cells, when, start, line):
                try:
                    energy = self._energy(figures, text, unit)
                    if energy is not None:
                        code = self.code(figures, meter, channel)
                        entries.append((code, *shown, energy, self._quality(figures, cells, line), line))
                except Refused as error:
                    refused.append(self._bad_line(cells, line, error))

    def _figures(
        self, figures: Figures, cells: list[str], when: tuple[int, ...], day: Label, line: int
    ) -> list[tuple[str, tuple[int, ...]]]:
        """Return the figures of a row that are not missing, with their labels."""
        if figures.place >= 0:
            text = cells[figures.place]
            if self.is_missing(text, line):
                return []
            return [(text, when)]
        found: list[tuple[str, tuple[int, ...]]] = []
        for slot in self.slots:
            text = cells[slot.place]
            if not self.is_missing(text, line):
                found.append((text, slot.labels(day.wall // DAY * DAY, self.plan.zone)))
        return found

    def is_missing(self, text: str, line: int) -> bool:
        """Return whether a cell has no figure, and note it."""
        if text.lower() not in MISSING:
            return False
        self.left_out.note_missing(why_missing(text), line)
        return True

    def unit(self, text: str) -> str:
        """Return the unit that a row names; empty if its figures are not taken."""
        unit = unit_of(text)
        return unit if (unit in POWER_UNITS) == (self.plan.figures[0].unit in POWER_UNITS) else ""

    def channel(self, text: str) -> str:
        """Return the channel that a row names; empty if its figures are not taken."""
        is_energy = not not_energy(text, self.plan.figures[0].unit)
        return self.plan.roles.series.channel_of(text) if is_energy else ""

    def _note_no_time(self, cells: list[str], line: int) -> None:
        """Note a row below the table, such as a total. Raises Refused for one with a time that is none."""
        self._check_part(cells, line)
        texts = [cells[at] for at in self.plan.roles.times.places]
        first = next((cell for cell in cells if cell), "")
        if not any(map(str.isdigit, texts[0])) or is_total(first):
            self.left_out.note("rows without a time, such as totals", line)
            return
        raise Refused("bad-timestamp", f"'{visible(' '.join(texts)[:60])}' is no time as the others are")

    def _check_part(self, cells: Sequence[str], line: int) -> None:
        """Raise MeterError for a row without a time that begins a part of the file with other columns or meter."""
        told, before = [clean(cell) for cell in cells if cell], [each for each in self.shape.before if each]
        places = [each.place for each in self.plan.figures]
        named = all(0 <= at < len(cells) and is_name(cells[at]) for at in places)
        other = named and told != [name for name, cell in zip(self.shape.names, cells, strict=False) if cell]
        if meter := meter_named(told):
            again = len(told) > 1 or any(each[0].partition(":")[0] == told[0].partition(":")[0] for each in before)
            other = again and self.plan.meter not in ("", meter) and told not in before
        if other:
            why = f"another table begins with '{visible(' '.join(told)[:60])}': import each as a file of its own"
            raise MeterError(f"{self.source}:{line}: {why}")

    def _energy(self, figures: Figures, text: str, unit: str) -> int | None:
        """Return the energy of a figure (µWh); None if it is of another channel. Raises Refused."""
        key = figures.place, figures.unit or unit
        read = self._readers.get(key)
        if read is None:
            read = self._readers[key] = energy_reader(self.plan.marks[figures.place], key[1])
        energy = read(text)
        if figures.place in self.plan.negated:
            energy = -energy
        if figures.sign:
            return max(0, energy * figures.sign)
        if energy < 0:
            what = (
                "feed-in is negative in no other row"
                if figures.channel[0] == "e"
                else "energy that is used is not negative"
            )
            raise Refused("bad-reading", f"{visible(text)}: {what}")
        return energy

    def code(self, figures: Figures, meter: str, channel: str) -> int:
        """Return the code of the register of a figure, in a row of this meter and channel. Raises Refused."""
        if self.plan.meter or self.plan.roles.meter is None:
            meter = self.plan.meter or figures.meter
        elif ":" in meter and figures.channel == "use" and holds_registers(self.shape, self.plan.roles.meter):
            meter, channel = split_identifier(check_identifier(meter))
        if meter not in self._meters:
            self._meters[meter] = check_meter_id(meter)
        channel = self.plan.roles.series.renamed.get((meter, channel), channel)
        name = figures.channel if figures.channel not in ("use",) else channel or figures.channel
        identifier = meter if name == "use" else f"{meter}:{name}"
        return self.codes.setdefault(identifier, len(self.codes))

    def _quality(self, figures: Figures, cells: list[str], line: int) -> int:
        if figures.status is None:
            return 0
        text = cells[figures.status]
        status = status_of(text, flags_estimates=flags_estimates(self.shape.names[figures.status]))
        if not status.known:
            self.left_out.note(f"figures with the status '{visible(text)}', which count", line)
        return status.quality

    def _bad_line(self, cells: Sequence[str], line: int, error: Refused) -> BadLine:
        return BadLine(self.source, line, error.code, error.why, (self.delimiter or ",").join(cells))
