"""The file format of readings: `identifier,timestamp,usage[,quality]`, one line each, parsed and formatted fast.

The third column is the register read, by its historical name. The fourth is there in a line of the log whose reading is
not actual, and in all lines of a day file that has such a reading. Many lines share a timestamp or a meter id, so each
distinct text is parsed once.
"""

from __future__ import annotations

import io
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.base import (
    ACTUAL,
    MAX_WH,
    QUALITY_MARKS,
    SiteZone,
    check_identifier,
    format_kwh,
    parse_kwh,
    parse_mark,
)
from metertui.engine.errors import DataError, Refused

HEADER: Final = b"identifier,timestamp,usage\n"
HEADER_WITH_QUALITY: Final = b"identifier,timestamp,usage,quality\n"
_COLUMNS: Final = ["identifier", "timestamp", "usage"]
_CHUNK: Final = 20_000
"""Readings formatted at a time: a few ms, so that other threads can run."""
_PIECE: Final = 1_000_000
"""Bytes checked at a time, for the same reason."""
_COMMA, _POINT, _NEWLINE = b",.\n"
Quality = NDArray[np.uint8]
"""The quality of each reading, uint8[n]; see base.qualities."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Readings with their own list of identifiers; arrays of equal length."""

    ids: list[str]
    code: NDArray[np.int32]
    """Positions in `ids`."""
    time: NDArray[np.int64]
    """µs UTC."""
    wh: NDArray[np.int64]
    """Register, Wh."""
    quality: Quality | None = None
    """None if all are actual, as nearly always."""

    def __len__(self) -> int:
        return len(self.time)

    def take(self, places: NDArray[Any]) -> Rows:
        """Return the readings at `places` (positions or a mask), in that order."""
        quality = None if self.quality is None else self.quality[places]
        return Rows(self.ids, self.code[places], self.time[places], self.wh[places], quality)

    @property
    def qualities(self) -> Quality:
        """Return the quality of each, also where all are actual."""
        return np.full(len(self), ACTUAL, dtype=np.uint8) if self.quality is None else self.quality

    def with_used_ids(self) -> Rows:
        """Return the same readings with only the ids that occur."""
        codes, place = np.unique(self.code, return_inverse=True)
        return Rows(
            [self.ids[code] for code in codes.tolist()], place.astype(np.int32), self.time, self.wh, self.quality
        )

    def id_ranks(self) -> NDArray[np.int32]:
        """Return for each reading the rank of its id, which sorts as the id does; int32[n]."""
        order = np.argsort(np.array(self.ids, dtype=object), kind="stable") if self.ids else np.empty(0, np.int64)
        rank = np.empty(len(self.ids), dtype=np.int32)
        rank[order] = np.arange(len(self.ids), dtype=np.int32)
        return np.asarray(rank[self.code], dtype=np.int32)


NO_ROWS: Final = Rows([], np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))


def concat_rows(parts: list[Rows]) -> Rows:
    """Concatenate readings with different lists of ids."""
    codes: dict[str, int] = {}
    moved = []
    for part in parts:
        place = np.array([codes.setdefault(meter, len(codes)) for meter in part.ids], dtype=np.int32)
        moved.append(place[part.code] if len(part) else part.code)
    if not parts:
        return NO_ROWS
    times, whs = [part.time for part in parts], [part.wh for part in parts]
    told = any(part.quality is not None for part in parts)
    quality = np.concatenate([part.qualities for part in parts]) if told else None
    return Rows(list(codes), np.concatenate(moved), np.concatenate(times), np.concatenate(whs), quality)


def parse_readings(data: bytes, path: Path, zone: SiteZone, *, header: bool) -> Rows:
    """Parse complete lines. Raises DataError that names the line of `path` and the reason."""
    body = data.removeprefix(BOM_UTF8)
    if header:
        head, body = split_header(data)
        if not head:
            raise DataError(path, 1, f"the header is not {HEADER.decode().rstrip()}")
    if not body.strip():
        return NO_ROWS
    try:
        names = _plain_columns(body)
        if names is None:
            raise ValueError("a line needs a closer look")
        frame = pd.read_csv(
            io.BytesIO(body),
            header=None,
            names=names,
            # Not "category", which makes numbers of ids that are all digits.
            dtype=dict.fromkeys(names, "object") | {"usage": "float64"},
            na_filter=False,
            index_col=False,
            quoting=3,  # no quotes: nothing in this file needs any
            encoding="ascii",
            engine="c",
        )
        return _rows(frame, zone)
    except (ValueError, Refused, UnicodeDecodeError):
        # Something is unusual: the slow way parses it all the same, or says which line is invalid.
        return _parse_line_by_line(body, path, zone, first_line=2 if header else 1)


def split_header(data: bytes) -> tuple[bytes, bytes]:
    """Return the header of a day file as it stands, with its line end, and the lines below it.

    A byte order mark and another line end are part of it. Where there is no header, it is empty.
    """
    first, newline, below = data.partition(b"\n")
    return (first + newline, below) if is_header(first) else (b"", data)


def is_header(line: bytes) -> bool:
    """Return whether a line, with its end or without, is the header of a day file."""
    return line.removeprefix(BOM_UTF8).rstrip(b"\r\n") in (HEADER.rstrip(), HEADER_WITH_QUALITY.rstrip())


def _plain_columns(body: bytes) -> list[str] | None:
    """Return the columns of lines whose third field has only digits and a point, as pandas accepts `1e3`, `+5`, ` 5`.

    None if any line needs a closer look.
    """
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")
    if not body.endswith(b"\n") or b"\r" in body or b"\0" in body:
        return None
    names = _COLUMNS
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + _PIECE) + 1 or len(body)
        piece = body[start:end]
        rest = piece.translate(None, b"0123456789.")
        lines = rest.count(b"\n")
        if not lines == rest.count(b",\n") == rest.count(b",") - lines:
            if b".," in piece or not _has_qualities(rest, lines):
                return None
            names = [*_COLUMNS, "quality"]
        left = np.frombuffer(piece, dtype=np.uint8)
        right = left[1:]
        left = left[:-1]
        if np.any((left == _COMMA) & (right == _POINT)) or np.any((left == _POINT) & (right == _NEWLINE)):
            return None
        start = end
    return names


def _has_qualities(rest: bytes, lines: int) -> bool:
    """Return whether all lines have a plain third field, and some a quality behind it; digits and points are gone."""
    blank = rest.count(b",,\n")
    four = blank + rest.count(b",,E\n") + rest.count(b",,S\n")
    three = rest.count(b",\n") - blank
    return three + four == lines and rest.count(b",") == 2 * three + 3 * four


def _rows(frame: pd.DataFrame, zone: SiteZone) -> Rows:
    """Convert a frame as pandas read it. Raises ValueError or Refused if the slow way is needed."""
    code, ids = pd.factorize(frame["identifier"])
    moment, timestamps = pd.factorize(frame["timestamp"])
    times = np.array([zone.parse(text) for text in timestamps], dtype=np.int64)
    scaled = frame["usage"].to_numpy() * 1000
    wh = np.rint(scaled)
    # A double holds more than eleven digits, so three decimals are exact. Others are left to the slow way.
    if not np.all(np.abs(scaled - wh) <= 1e-4) or not np.all((wh >= 0) & (wh <= MAX_WH)):
        raise ValueError("a reading needs a closer look")
    checked = [check_identifier(text) for text in ids]
    quality = _qualities(frame["quality"]) if "quality" in frame else None
    rows = Rows(checked, code.astype(np.int32), times[moment], wh.astype(np.int64), quality)
    return rows if len(set(checked)) == len(checked) else concat_rows([rows])  # METER and METER:use are the same


def _qualities(marks: pd.Series[str]) -> Quality | None:
    """Return the qualities that a column says; None if all are actual. Raises ValueError for anything else."""
    place, texts = pd.factorize(marks)
    found = np.array([QUALITY_MARKS.index(text) for text in texts], dtype=np.uint8)[place]
    return found if found.any() else None


def _parse_line_by_line(body: bytes, path: Path, zone: SiteZone, first_line: int) -> Rows:
    codes: dict[str, int] = {}
    code, times, whs, qualities = [], [], [], []
    for number, raw in enumerate(body.split(b"\n"), first_line):
        line = raw.rstrip(b"\r")
        if not line:
            continue
        try:
            meter, time, wh, quality = parse_line(line, zone)
        except Refused as error:
            raise DataError(path, number, error.why) from error
        code.append(codes.setdefault(meter, len(codes)))
        times.append(time)
        whs.append(wh)
        qualities.append(quality)
    return Rows(
        list(codes),
        np.array(code, dtype=np.int32),
        np.array(times, dtype=np.int64),
        np.array(whs, dtype=np.int64),
        np.array(qualities, dtype=np.uint8) if any(qualities) else None,
    )


def parse_line(line: bytes, zone: SiteZone) -> tuple[str, int, int, int]:
    """Parse a line into identifier, instant (µs UTC), register (Wh) and quality. Raises Refused."""
    try:
        fields = line.decode("ascii").split(",")
    except UnicodeDecodeError as error:
        raise Refused("bad-encoding", "the line is not plain text") from error
    quality = parse_mark(fields[3]) if len(fields) == 4 else ACTUAL
    if quality is None and not fields[3].isdigit():  # else it has a decimal comma
        raise Refused("syntax", "the quality, a fourth field, is E, S or empty")
    if len(fields) not in (3, 4) or quality is None:
        raise Refused("syntax", f"a line is identifier,timestamp,usage, and this one has {len(fields)} fields")
    return check_identifier(fields[0]), zone.parse(fields[1]), parse_kwh(fields[2]), quality


def encode_readings(rows: Rows, zone: SiteZone, *, quality: bool = False) -> Iterator[bytes]:
    """Yield the lines of readings, in their order, in pieces; with a fourth field each where it is about `quality`."""
    ids, iso = rows.ids, zone.iso
    columns = (rows.code, rows.time, rows.wh, rows.qualities)
    ends = [f",{mark}\n" for mark in QUALITY_MARKS] if quality else ["\n"] * len(QUALITY_MARKS)
    for start in range(0, len(rows), _CHUNK):
        piece = [column[start : start + _CHUNK].tolist() for column in columns]
        yield "".join(
            f"{ids[code]},{iso(time)},{format_kwh(wh)}{ends[known]}"
            for code, time, wh, known in zip(*piece, strict=True)
        ).encode("ascii")


def encode_line(identifier: str, time: str, wh: int, quality: int = ACTUAL) -> str:
    """Return the line of a reading in the log; `time` is its timestamp."""
    mark = f",{QUALITY_MARKS[quality]}" if quality else ""
    return f"{identifier},{time},{format_kwh(wh)}{mark}\n"
