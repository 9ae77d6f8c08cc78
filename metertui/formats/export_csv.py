"""Readings as a table with a header: `identifier,timestamp,usage` with columns for attributes, and our own exports.

The columns are in any order. The register read is in `usage` (by its historical name) or, in an export, `reading_kwh`.
A row of an export that was not counted by decision is refused: its table does not hold the decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from metertui.engine.accounts import check_field
from metertui.engine.attributes import ATTRIBUTES, Group
from metertui.engine.base import SiteZone, check_meter_id, parse_kwh
from metertui.engine.core import FilePiece
from metertui.engine.errors import Refused
from metertui.formats.blocks import parse_lines, read_blocks, split_cells, with_bare_times

_REGISTERS: Final = ("reading_kwh", "usage")
_OTHERS: Final = frozenset({"identifier", "timestamp", "usage_kwh", "status", *ATTRIBUTES})
_DECIDED: Final = {"exchange": "the final reading of an exchange", "void": "void"}


def parse_header(line: str) -> list[str] | None:
    """Return the columns that a first line names; None if it is not the first line of such a file."""
    names = [cell.strip() for cell in line.strip().split(",")]
    registers = [name for name in names if name in _REGISTERS]
    known = len(set(names)) == len(names) and set(names) - {*registers} <= _OTHERS
    return names if known and len(registers) == 1 and {"identifier", "timestamp"} <= {*names} else None


def read_pieces(file: BinaryIO, path: Path, zone: SiteZone, names: list[str], first: int = 2) -> Iterator[FilePiece]:
    """Yield the readings of the rest of `file`, which begins at line `first`, and the lines that are no readings."""
    for number, block in read_blocks(file, path, first):
        yield _parse_block(block, path, zone, number, names)


def _parse_block(block: bytes, path: Path, zone: SiteZone, first: int, names: list[str]) -> FilePiece:
    groups: dict[Group, int] = {}
    of_rows: list[int] = []

    def parse(line: bytes) -> tuple[str, int, int]:
        cell = _cells(line, names)
        meter = check_meter_id(cell["identifier"])
        group = Group(*(cell.get(name, "").removeprefix("'") for name in ATTRIBUTES))
        for name, value in group._asdict().items():
            check_field(name, value)
        wh = parse_kwh(cell["reading_kwh"] if "reading_kwh" in cell else cell["usage"])
        if cell.get("status", "") in _DECIDED:
            raise Refused("bad-reading", f"it is {_DECIDED[cell['status']]} where it was exported, by decision")
        time = zone.parse(cell["timestamp"])
        of_rows.append(groups.setdefault(group, len(groups)))
        return meter, time, wh

    piece = parse_lines(block, path, first, parse, b" ,")
    piece = with_bare_times(piece, block, first, zone, lambda line: _cells(line, names)["timestamp"])
    if not {*names} & {*ATTRIBUTES}:
        return piece
    return replace(piece, groups=list(groups), group=np.array(of_rows, dtype=np.int32))


def _cells(line: bytes, names: list[str]) -> dict[str, str]:
    """Return the cells of a line by the names of their columns. Raises Refused."""
    cells = split_cells(line)
    if len(cells) != len(names):
        raise Refused("syntax", f"the line has {len(cells)} cells instead of {len(names)}")
    return dict(zip(names, cells, strict=True))
