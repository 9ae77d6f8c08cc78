"""The wide CSV: a row for each reading, with the attributes of its meter.

The time is in four cells (year, month, day, and H:MM in the site zone), the register read in `kwh_per_acc`. `Area` is
the sub_region, `dwelling_type` the apartment_type. Rows are in any order and may have more than the twelve cells. A
hundred thousand rows have few distinct dates and attributes, so each distinct one is parsed once.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.accounts import check_field
from metertui.engine.base import ACTUAL, SiteZone, check_meter_id, format_kwh, parse_kwh
from metertui.engine.columns import Group
from metertui.engine.core import FilePiece
from metertui.engine.errors import Refused
from metertui.engine.storage import Rows
from metertui.formats.blocks import Parsed, parse_lines, read_blocks, split_cells
from metertui.formats.simulated import Fleet

COLUMNS: Final = (
    "Identifier",
    "AreaID",
    "dwelling_type_id",
    "kwh_per_acc",
    "year",
    "month",
    "day",
    "time",
    "quarter",
    "Area",
    "Region",
    "dwelling_type",
)
_ID, _KWH, _YEAR, _MONTH, _DAY, _TIME, _AREA, _REGION, _DWELLING = (
    COLUMNS.index(name)
    for name in ("Identifier", "kwh_per_acc", "year", "month", "day", "time", "Area", "Region", "dwelling_type")
)
_WHEN: Final = (_YEAR, _MONTH, _DAY, _TIME)
_WHERE: Final = (_REGION, _AREA, _DWELLING)
_STRAY_CELLS: Final = 1
"""Cells after the twelve with which a row is still parsed in a block; rows with more are parsed line by line."""


def is_header(line: str) -> bool:
    """Return whether this is the first line of such a file."""
    cells = [cell.strip().casefold() for cell in line.strip().split(",")]
    return cells[: len(COLUMNS)] == [name.casefold() for name in COLUMNS]


def read_pieces(file: BinaryIO, path: Path, zone: SiteZone, first: int = 1) -> Iterator[FilePiece]:
    """Yield the readings of the rest of `file`, which begins at line `first`, and the lines that are no readings."""
    for number, block in read_blocks(file, path, first):
        yield _parse_block(block, path, zone, number) or _parse_lines(block, path, zone, number)


def _parse_block(block: bytes, path: Path, zone: SiteZone, first: int) -> FilePiece | None:
    """Parse all lines at once; return None if any of them is unusual."""
    try:
        frame = pd.read_csv(
            io.BytesIO(block),
            header=None,
            names=list(range(len(COLUMNS) + _STRAY_CELLS)),
            dtype=object,
            na_filter=False,
            index_col=False,
            skip_blank_lines=False,
            encoding="utf-8",
            engine="c",
        )
        if len(frame) != block.count(b"\n"):
            return None
        code, ids = pd.factorize(frame[_ID])
        register, kwhs = pd.factorize(frame[_KWH])
        moment, when = _distinct_rows(frame, _WHEN)
        place, where = _distinct_rows(frame, _WHERE)
        rows = Rows(
            [check_meter_id(text) for text in ids],
            code.astype(np.int32),
            np.array([zone.parse(_timestamp(*cells)) for cells in when], dtype=np.int64)[moment],
            np.array([parse_kwh(text) for text in kwhs], dtype=np.int64)[register],
        )
        groups = [_group(*cells) for cells in where]
    except (ValueError, Refused):  # pandas' own errors, and those of encodings, are ValueErrors
        return None
    lines = np.arange(first, first + len(rows), dtype=np.int64)
    return FilePiece(path.name, rows, lines, (), groups, place.astype(np.int32), np.ones(len(rows), dtype=bool))


def _distinct_rows(frame: pd.DataFrame, columns: Sequence[int]) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    """Return the distinct combinations of texts in some columns, and for each row the index of its own (int64)."""
    key = np.zeros(len(frame), dtype=np.int64)
    for column in columns:
        codes, distinct = pd.factorize(frame[column])
        key = key * len(distinct) + codes
    _, firsts, place = np.unique(key, return_index=True, return_inverse=True)
    texts = [frame[column].to_numpy()[firsts] for column in columns]
    return place, list(zip(*texts, strict=True))


def _parse_lines(block: bytes, path: Path, zone: SiteZone, first: int) -> FilePiece:
    places: dict[Group, int] = {}
    place = []

    def parse(line: bytes) -> Parsed:
        meter, time, wh, group = _parse_row(line, zone)
        place.append(places.setdefault(group, len(places)))
        return meter, time, wh, ACTUAL

    piece = parse_lines(block, path, first, parse, b" ,")
    group, bare = np.array(place, dtype=np.int32), np.ones(len(place), dtype=bool)
    return replace(piece, groups=list(places), group=group, bare=bare)


def _parse_row(line: bytes, zone: SiteZone) -> tuple[str, int, int, Group]:
    """Return the meter, instant (µs UTC), register read (Wh) and attributes of a line. Raises Refused."""
    cells = split_cells(line)
    if len(cells) < len(COLUMNS):
        raise Refused("syntax", f"the line has {len(cells)} cells instead of {len(COLUMNS)}")
    meter = check_meter_id(cells[_ID])
    group = _group(*(cells[place] for place in _WHERE))
    wh = parse_kwh(cells[_KWH])
    return meter, zone.parse(_timestamp(*(cells[place] for place in _WHEN))), wh, group


def _timestamp(year: str, month: str, day: str, time: str) -> str:
    hour, _, rest = time.strip().partition(":")
    return f"{year.strip()}-{month.strip():0>2}-{day.strip():0>2}T{hour:0>2}:{rest}"


def _group(region: str, area: str, dwelling: str) -> Group:
    group = Group(region.strip(), area.strip(), dwelling.strip())
    for name, value in group._asdict().items():
        check_field(name, value)
    return group


def write_fleet(file: TextIO, fleet: Fleet, zone: SiteZone, start: int, end: int, interval: int) -> Iterator[float]:
    """Write a fleet's readings from `start` to `end` (µs UTC, both included), `interval` µs apart, oldest first.

    The format has no time zone: where clocks show an hour twice, its second pass is left out. Yields the share done.
    """
    file.write(",".join(COLUMNS) + ",\n")
    cells = [_attribute_cells(account.group) for account in fleet.accounts]
    for instant, registers in fleet.history(start, end, interval):
        local = zone.local(instant)
        if not local.fold:
            seconds = f":{local:%S}" if local.second else ""
            when = f"{local.year},{local.month},{local.day},{local.hour}:{local:%M}{seconds},{(local.month + 2) // 3}"
            file.writelines(
                f"{account.meter},{numbers},{format_kwh(wh)},{when},{texts},\n"
                for account, (numbers, texts), wh in zip(fleet.accounts, cells, registers.tolist(), strict=True)
            )
        yield (instant - start) / max(1, end - start)


def _attribute_cells(group: Group) -> tuple[str, str]:
    """Return the cells of attributes: the two with numbers, and the three with texts."""
    area = 1000 + zlib.crc32(f"{group.region}/{group.sub_region}".encode()) % 1000
    dwelling = zlib.crc32(group.apartment_type.encode()) % 10
    return f"{area},{dwelling}", f"{group.sub_region},{group.region},{group.apartment_type}"
