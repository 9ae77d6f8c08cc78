"""Made-up tables for the tests of this folder, and their reading in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from metertui.engine.base import BadLine, SiteZone
from metertui.engine.core import FilePiece
from metertui.engine.intervals import IntervalPiece
from metertui.engine.intervals.lines import format_energy
from metertui.formats.meter_tables.reading import MeterTable, open_meter_table
from metertui.formats.meter_tables.shape import Shape, find_shapes
from metertui.formats.said import Said
from metertui.formats.tables import open_any_table

Content = str | bytes | Sequence[Sequence[object]]
QUALITIES = ("", "E", "S")


@dataclass
class Read:
    """What came of a file."""

    table: MeterTable
    intervals: list[str]
    """`IDENTIFIER START END KWH QUALITY`, in order of the file."""
    registers: list[str]
    """`IDENTIFIER TIME KWH`."""
    refused: list[BadLine]

    def total(self, identifier: str) -> float:
        """Return the energy of a register, kWh."""
        return round(sum(float(row.split()[3]) for row in self.intervals if row.startswith(f"{identifier} ")), 9)

    def lines(self) -> list[tuple[int, str]]:
        """Return the refused lines with their codes."""
        return [(each.line, each.code) for each in self.refused]


def write(folder: Path, content: Content) -> Path:
    """Write a text, bytes, or rows of a workbook, and return the file."""
    path = folder / ("june.csv" if isinstance(content, str | bytes) else "june.xlsx")
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    else:
        book = openpyxl.Workbook()
        for row in content:
            book.worksheets[0].append(list(row))
        book.save(path)
    return path


def read(folder: Path, content: Content, *, site: str = "Europe/Vienna", **said: Any) -> Read:
    """Read a table as it is read in an import. Unless given, the zone of the site and the meter `m1` are said."""
    zone = SiteZone(site)
    table = open_meter_table(write(folder, content), Said(**{"zone": site, "meter": "m1"} | said), zone)
    assert table is not None
    found = Read(table, [], [], [])
    for piece in table.pieces():
        found.refused.extend(piece.refused)
        if isinstance(piece, IntervalPiece):
            found.intervals.extend(_interval_texts(piece, zone))
        else:
            found.registers.extend(_register_texts(piece, zone))
    return found


def _interval_texts(piece: IntervalPiece, zone: SiteZone) -> list[str]:
    rows = piece.rows
    columns = (rows.code, rows.start, rows.end, rows.energy, rows.quality)
    return [
        f"{rows.ids[code]} {zone.iso(start)} {zone.iso(end)} {format_energy(energy)} {QUALITIES[quality]}".rstrip()
        for code, start, end, energy, quality in zip(*(each.tolist() for each in columns), strict=True)
    ]


def _register_texts(piece: FilePiece, zone: SiteZone) -> list[str]:
    rows = piece.rows
    columns = (rows.code, rows.time, rows.wh)
    return [
        f"{rows.ids[code]} {zone.iso(time)} {wh / 1000:.3f}"
        for code, time, wh in zip(*(each.tolist() for each in columns), strict=True)
    ]


def shape_of(folder: Path, content: Content) -> Shape:
    """Return the shape of a table."""
    table = open_any_table(write(folder, content))
    assert table is not None
    shape, *_ = find_shapes([row for _, rows in table.blocks() for row in rows])
    return shape


def clock(minutes: int) -> str:
    """Return a number of minutes after midnight as a time of day."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
