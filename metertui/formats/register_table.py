"""Register reads in any table: our exports as CSV, Parquet or workbook, also after a spreadsheet has saved them.

The file is read twice: first for the decimal mark of its figures, which it must prove, then for its readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from metertui.engine.base import Progress, SiteZone, no_progress, parse_kwh, part_of_progress, visible
from metertui.engine.core import FilePiece
from metertui.engine.errors import DataError, Refused
from metertui.engine.intervals import IntervalPiece, lines
from metertui.formats.blocks import Parsed, mark_bare_times, parse_entries
from metertui.formats.register_rows import RegisterRows, place_of_register
from metertui.formats.tables import DecimalMark, FigureEvidence, Row, Section, Table, Typed, plain_figure

_DAY_AND_MONTH: Final = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}\b.*")


def read_pieces(table: Table, zone: SiteZone, progress: Progress = no_progress) -> Iterator[FilePiece | IntervalPiece]:
    """Yield the readings and intervals of a table that was opened by `is_header`, and the rows that are none.

    Raises DataError for a file whose figures or times can be read in two ways, and OSError.
    """
    mark = _decimal_mark(table, part_of_progress(progress, 0, 2))
    for section in table.sections(part_of_progress(progress, 1, 2)):
        yield from _parse_section(table, section, zone, mark)


def _decimal_mark(table: Table, progress: Progress) -> DecimalMark:
    """Return the decimal mark of the register reads. Raises DataError if the file does not prove it."""
    evidence = FigureEvidence("." if table.delimiter == "," else None)
    names: list[str] = []
    for section in table.sections(progress):
        if not names:
            names = section.names
            if section.rows:
                _check_time(table, section.rows[0], names.index("timestamp"))
        places = [place_of_register(section.names)]
        places += [section.names.index("interval_kwh")] if "interval_kwh" in section.names else []
        figures = [
            (row.cells[place], row.number)
            for row in section.rows
            for place in places
            if len(row.cells) > place and row.cells[place] and not row.fault
        ]
        untyped = [each for each in figures if not isinstance(each[0], Typed)]
        for figure, number in untyped:
            evidence.note(figure, number)
        if table.uniform and figures and not untyped:
            break
    if not names:
        what = "identifier, timestamp and usage or reading_kwh, and no other than those of an export"
        raise DataError(table.path, None, f"no row has the columns {what}")
    try:
        return evidence.decide()
    except Refused as error:
        raise DataError(table.path, None, f"column {names[place_of_register(names)]}: {error.why}") from error


def _check_time(table: Table, row: Row, place: int) -> None:
    """Raise DataError if the first time is written with day and month in an order that nothing tells."""
    text = row.cells[place] if len(row.cells) > place else ""
    if _DAY_AND_MONTH.fullmatch(text):
        why = f"the time '{visible(text)}' does not tell the day from the month; write times like 2025-03-12T10:00:00"
        raise DataError(table.path, row.number, why)


def _parse_section(
    table: Table, section: Section, zone: SiteZone, mark: DecimalMark
) -> Iterator[FilePiece | IntervalPiece]:
    rows = RegisterRows(section.names, zone, partial(_register, mark=mark), partial(_energy, mark=mark))
    elsewhere: list[int] = []
    source = f"{table.path.name}, {section.sheet}" if section.sheet else table.path.name

    def parse(row: Row) -> Parsed:
        if row.fault is not None:
            raise row.fault
        return rows.parse(row.cells)

    def text_of(row: Row) -> str:
        return (table.delimiter or ",").join(row.cells)

    piece = parse_entries(source, ((row.number, row) for row in section.rows), parse, text_of, elsewhere)
    by_number = {row.number: row for row in section.rows}
    yield rows.with_groups(mark_bare_times(piece, zone, lambda number: rows.timestamp(by_number[number].cells)))
    if (stated := rows.interval_piece(source, elsewhere)) is not None:
        yield stated


def _energy(cell: str, mark: DecimalMark) -> int:
    """Return the energy (µWh) of a cell. Raises Refused."""
    return lines.parse_energy(cell if isinstance(cell, Typed) else plain_figure(cell, mark))


def _register(cell: str, mark: DecimalMark) -> int:
    """Return the register (Wh) of a cell. Raises Refused."""
    return parse_kwh(cell if isinstance(cell, Typed) else plain_figure(cell, mark))
