"""A table of registers or of energy per interval, read by plans for the series that stand side by side in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from metertui.engine.base import DAY, BadLine, Progress, SiteZone, no_progress
from metertui.engine.core import FilePiece
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.intervals import IntervalPiece
from metertui.engine.storage import Rows
from metertui.formats.meter_tables.block_reader import BlockReader
from metertui.formats.meter_tables.evidence import Evidence, rows_of
from metertui.formats.meter_tables.intervals import IntervalBuilder
from metertui.formats.meter_tables.left_out import LeftOut
from metertui.formats.meter_tables.local_times import BARE
from metertui.formats.meter_tables.plan import Plan, make_plan
from metertui.formats.meter_tables.roles import HEADER, column_of, find_roles, split_columns
from metertui.formats.meter_tables.row_reader import Entries, RowReader
from metertui.formats.meter_tables.shape import TIMES, Shape, clean, find_shapes
from metertui.formats.meter_tables.sheets import check_sheets
from metertui.formats.meter_tables.slots import by_clock, find_slots
from metertui.formats.meter_tables.taking import taken_of
from metertui.formats.said import FileMapping, NotSaid, Said, Taken, in_order, matching, signature, with_mapping
from metertui.formats.tables import AnyTable, FigureEvidence, open_any_table

_UWH_PER_WH = 1_000_000


@dataclass(frozen=True)
class MeterTable:
    """A file whose columns are known: its plans, by which it is read."""

    path: Path
    table: AnyTable
    shape: Shape
    plans: Sequence[Plan]
    notes: Sequence[str]
    """What was decided that a person may want to know."""
    said: Said
    """What a person or a mapping says of it."""
    mapped: str = ""
    """The name of the mapping by which it is known."""
    left_out: LeftOut = field(default_factory=LeftOut)
    """What reading it left out so far."""

    def taken(self) -> Taken:
        """Return what it is taken for."""
        return taken_of(self.table.form, self.shape, self.plans, self.mapped, self.notes)

    def mapping(self, name: str) -> FileMapping:
        """Return what is said of it as a mapping, by which another file with the columns that are taken is known.

        Raises MeterError for a table whose columns have no names.
        """
        if not self.shape.named:
            raise MeterError(f"{self.path} has no names of columns, by which another file could be known")
        places = {at for plan in self.plans for at in plan.columns()}
        names = [self.shape.names[at] for at in sorted(places)]
        columns, series = split_columns([self.shape], self.said.columns)
        columns = {role: self._lasting_name(said) for role, said in columns.items()} | series
        said = replace(self.said, meter="", mapping="", columns=columns)
        return FileMapping(name, f"as {self.path.name}", names, said)

    def _lasting_name(self, said: str) -> str:
        """Return the name of a column that a person may have said by its number, which another file may not have."""
        if said == HEADER:
            return said
        name = self.shape.names[column_of(self.path, self.shape, said)]
        return name if self.shape.names.count(name) == 1 else said

    def pieces(self, progress: Progress = no_progress) -> Iterator[IntervalPiece | FilePiece]:
        """Yield the intervals or register reads of the file, and the lines that are none. Raises DataError, OSError."""
        readers = [self._reader(plan) for plan in self.plans]
        builders = [IntervalBuilder(self.path.name, plan, self.left_out) for plan in self.plans]
        for rows in rows_of(self.table, self.shape, progress):
            for reader, builder, plan in zip(readers, builders, self.plans, strict=True):
                entries, refused = reader.read(rows)
                yield _refusing(refused, self._piece(entries, reader.rows.ids, builder, plan))
        for reader, builder in zip(readers, builders, strict=True):
            yield from builder.finish(reader.rows.ids)

    def _reader(self, plan: Plan) -> BlockReader:
        slots = find_slots(self.path, self.shape, list(plan.roles.slots)) if plan.roles.slots else []
        slots = by_clock(self.path, slots, self._days(plan), plan.zone)
        return BlockReader(RowReader(self.path.name, self.shape, plan, slots, self.table.delimiter, self.left_out))

    def _days(self, plan: Plan) -> Iterator[tuple[int, list[str]]]:
        """Yield the cells of the first rows that are days, each with its day (µs by the clock at midnight)."""
        assert plan.order, "the plan is not complete"
        times = plan.roles.times.reader(plan.order, plan.zone)
        for row in self.shape.rows:
            if row.fault is not None or len(row.cells) <= max(plan.roles.times.places):
                continue
            with suppress(Refused):
                if (found := times([clean(cell) for cell in row.cells])) is not None:
                    yield found[0].wall // DAY * DAY, row.cells

    def _piece(
        self, entries: Entries, ids: list[str], builder: IntervalBuilder, plan: Plan
    ) -> IntervalPiece | FilePiece:
        if plan.kind == "interval":
            return builder.add(entries, ids)
        return _register_piece(self.path.name, entries, ids, plan)


def _refusing(refused: list[BadLine], piece: IntervalPiece | FilePiece) -> IntervalPiece | FilePiece:
    """Return a piece with further lines that are refused, in the order of lines."""
    every = sorted([*refused, *piece.refused], key=lambda each: each.line)
    if isinstance(piece, FilePiece):
        return FilePiece(piece.source, piece.rows, piece.line, every, bare=piece.bare)
    return IntervalPiece(piece.source, piece.rows, piece.line, every)


def _register_piece(source: str, entries: Entries, ids: list[str], plan: Plan) -> FilePiece:
    """Return register reads: where a row has two times, the register is that at the end.

    Where its one time is said to be the start of an interval, the register is that at the end of the interval.
    """
    pair = plan.roles.times.is_pair and plan.stamps != "start"
    wall, offset = (entries.end_wall, entries.end_offset) if pair else (entries.wall, entries.offset)
    step = plan.stats.step if plan.stamps == "start" and not plan.roles.times.is_pair else 0
    by_day = step % DAY == 0
    wall = wall + step * by_day
    bare = offset == BARE
    time = np.where(bare, plan.zone.instants_of(wall), wall - offset)
    skipped = bare & (plan.zone.wall_clock(time) != wall)
    refused = [
        BadLine(source, int(entries.line[at]), "bad-timestamp", f"the clock of {plan.zone.name} skips its time", "")
        for at in np.flatnonzero(skipped).tolist()
    ]
    half = entries.energy % _UWH_PER_WH * 2
    wh = entries.energy // _UWH_PER_WH
    up = (half > _UWH_PER_WH) | ((half == _UWH_PER_WH) & (wh % 2 == 1))
    time += step * (not by_day)
    rows = Rows(ids, entries.code.astype(np.int32), time, wh + up, entries.quality.astype(np.uint8)).take(~skipped)
    return FilePiece(source, rows, entries.line[~skipped], refused, bare=bare[~skipped])


def open_meter_table(
    path: Path,
    said: Said,
    site: SiteZone,
    progress: Progress = no_progress,
    mappings: Sequence[FileMapping] = (),
) -> MeterTable | None:
    """Return a file as a table of registers or of energy per interval, by what it, a person and a mapping say.

    `site` is the zone of days, not that of its times. None for a file that has no times in rows. Raises NotSaid for one
    that does not say enough, with what it is taken for so far; DataError, OSError.
    """
    table = open_any_table(path)
    shapes = find_shapes(table.first) if table is not None else []
    if table is None or (not shapes and table.delimiter is not None):
        return None
    if not shapes:
        what = "a time and a figure, and none has the columns identifier, timestamp and usage or reading_kwh"
        raise DataError(path, None, f"no row has {what}")
    columns, series = split_columns(shapes, said.columns)
    said = replace(said, columns=columns)
    shape, mapping = _choose(path, shapes, said, mappings)
    said = said if mapping is None else with_mapping(said, mapping)
    said = replace(said, columns={**said.columns, **series})
    every = find_roles(path, shape, said)
    check_sheets(path, table.form, shape, shapes, said)
    shared = FigureEvidence("." if table.delimiter == "," else None)
    evidence = [Evidence(roles, shape.width, table.delimiter, shared) for roles in every]
    for rows in rows_of(table, shape, progress):
        for each in evidence:
            each.note(rows)
    plans = [make_plan(path, shape, roles, said, proofs, site) for roles, proofs in zip(every, evidence, strict=True)]
    kept = _finest(plans)
    known = [] if mapping is None else [f"mapping {mapping.name}: {mapping.about}"]
    others = [f"'{each.sheet}' left out: another table" for each in shapes if each.names != shape.names]
    notes = [*known, *others]
    needs = in_order(need for plan in plans for need in plan.needs)
    mapped = "" if mapping is None else mapping.name
    if needs:
        raise NotSaid(path, needs, taken_of(table.form, shape, kept, mapped, notes))
    return MeterTable(path, table, shape, kept, notes, said, mapped)


def _choose(
    path: Path, shapes: Sequence[Shape], said: Said, mappings: Sequence[FileMapping]
) -> tuple[Shape, FileMapping | None]:
    """Return the first table that has the columns that are said or that a mapping knows, and the mapping.

    Where there is none it is the first of all; one of months may sum up the others, and comes last.
    """
    shapes = sorted(shapes, key=lambda each: not each.places(*TIMES))
    named = next((each for each in mappings if each.name == said.mapping), None)
    if said.mapping and named is None:
        there = ", ".join(each.name for each in mappings)
        raise DataError(path, None, f"no mapping is called '{said.mapping}'; there are {there or 'none'}")
    wanted = said.columns or (named.said.columns if named is not None else {})
    if wanted:
        asked = {*map(signature, split_columns(shapes, wanted)[0].values())}
        same = (each for each in shapes if asked <= {*map(signature, each.names)})
        return next(same, shapes[0]), named
    known = ((each, found) for each in shapes if (found := matching(each.names, mappings)) is not None)
    return next(known, (shapes[0], named))


def _finest(plans: list[Plan]) -> list[Plan]:
    """Return the plans to read by: of series with the same registers, such as days beside hours, the finest alone."""
    kept: dict[tuple[str, ...], Plan] = {}
    for plan in sorted(plans, key=lambda each: each.stats.length or each.stats.step):
        key = (plan.meter, plan.kind, *(f"{each.meter}:{each.channel}" for each in plan.figures))
        finer = kept.setdefault(key, plan)
        if finer is not plan:
            same = {each.place: "the same energy, in longer intervals" for each in plan.figures}
            kept[key] = finer.leaving_out(same)
    return sorted(kept.values(), key=lambda each: each.roles.times.places)
