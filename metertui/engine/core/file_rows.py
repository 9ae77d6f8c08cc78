"""The first rows of the files of an import as they are read, for a person who compares them with the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from metertui.engine.base import Int64Array, SiteZone, format_kwh, split_identifier
from metertui.engine.intervals import IntervalRows, lines
from metertui.engine.storage import Rows

MOST_ROWS: Final = 12
"""Rows of a file that are kept."""
_QUALITIES: Final = ("", "E", "S")


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of a file as it is read."""

    source: str
    line: int
    register: str
    """Its identifier."""
    start: int | None
    """Where its interval begins, µs UTC; None for a register read."""
    end: int
    """Where it ends, or when the register was read, µs UTC."""
    kwh: str
    """The energy, or the register."""
    quality: str = ""
    """Empty, `E` or `S`, as in files."""

    def as_json(self, zone: SiteZone) -> dict[str, Any]:
        """Return it as JSON values."""
        meter, channel = split_identifier(self.register)
        return {
            "file": self.source,
            "line": self.line,
            "meter": meter,
            "channel": channel,
            "start": None if self.start is None else zone.iso(self.start),
            "end": zone.iso(self.end),
            "kwh": self.kwh,
            "quality": self.quality,
        }


def first_rows(source: str, rows: IntervalRows | Rows, line: Int64Array, most: int) -> Sequence[FileRow]:
    """Return the first of some rows of a file, in the order of their lines (int64[n])."""
    found = []
    for at in np.argsort(line, kind="stable")[:most].tolist():
        register, number = rows.ids[int(rows.code[at])], int(line[at])
        if isinstance(rows, IntervalRows):
            start, end, kwh = int(rows.start[at]), int(rows.end[at]), lines.format_energy(int(rows.energy[at]))
            found.append(FileRow(source, number, register, start, end, kwh, _QUALITIES[int(rows.quality[at])]))
        else:
            found.append(FileRow(source, number, register, None, int(rows.time[at]), format_kwh(int(rows.wh[at]))))
    return found
