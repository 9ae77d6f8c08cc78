"""The file format of intervals: `identifier,start,end,kwh,quality`, one line each, parsed and formatted fast.

The energy is in kWh with up to nine decimals. The quality is empty for an actual one, `E` estimated or `S` substituted.
An empty energy withdraws the interval. Many lines share a timestamp or an identifier, so each distinct text is parsed
once.
"""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from metertui.engine.base import Int64Array, SiteZone, check_identifier
from metertui.engine.errors import DataError, Refused
from metertui.engine.intervals.rows import NO_INTERVALS, UWH_PER_KWH, IntervalRows

HEADER: Final = b"identifier,start,end,kwh,quality\n"
WITHDRAWN: Final = -1
"""In place of an energy (µWh): the interval counts no longer."""
MAX_UWH: Final = 100_000_000 * UWH_PER_KWH - 1
"""The most energy of an interval, µWh: less than 100,000,000 kWh."""

_COLUMNS: Final = ["identifier", "start", "end", "kwh", "quality"]
_QUALITIES: Final = ("", "E", "S")
_CHUNK: Final = 20_000
"""Intervals formatted at a time: a few ms, so that other threads can run."""
_ENERGY: Final = re.compile(r"([0-9]{1,8})(?:\.([0-9]+))?", re.ASCII)
_FINE: Final = 10_000.0
"""Below so many kWh a float is exact enough for nine decimals."""


class Line(NamedTuple):
    """A line of the file: instants in µs UTC, energy in µWh or WITHDRAWN."""

    identifier: str
    start: int
    end: int
    energy: int
    quality: int


def parse_energy(text: str) -> int:
    """Return the energy (µWh) of a text in kWh, rounded half-even. Raises Refused `bad-reading`."""
    match = _ENERGY.fullmatch(text)
    if match is None:
        raise Refused("bad-reading", "an energy is digits with an optional decimal part, in kWh, like 0.125")
    fraction = match[2] or ""
    energy = int(match[1]) * UWH_PER_KWH + int(fraction[:9].ljust(9, "0"))
    rest = fraction[9:]
    half = "5".ljust(len(rest), "0")
    energy += bool(rest) and (rest > half or (rest == half and energy % 2 == 1))
    if energy > MAX_UWH:
        raise Refused("bad-reading", "the energy of an interval is less than 100000000 kWh")
    return energy


def format_energy(energy: int) -> str:
    """Return an energy (µWh) as text in kWh without trailing zeros; an empty one if it is WITHDRAWN."""
    if energy == WITHDRAWN:
        return ""
    whole, rest = divmod(energy, UWH_PER_KWH)
    return f"{whole}.{rest:09d}".rstrip("0") if rest else str(whole)


def parse_line(line: bytes, zone: SiteZone) -> Line:
    """Parse a line without its end. Raises Refused."""
    try:
        fields = line.decode("ascii").split(",")
    except UnicodeDecodeError as error:
        raise Refused("bad-encoding", "the line is not plain text") from error
    if len(fields) != len(_COLUMNS):
        what = f"a line is {','.join(_COLUMNS)}, and this one has {len(fields)} fields"
        raise Refused("syntax", what)
    identifier = check_identifier(fields[0])
    start, end = zone.parse(fields[1]), zone.parse(fields[2])
    if end <= start:
        raise Refused("bad-timestamp", "an interval ends after it starts")
    if fields[4] not in _QUALITIES:
        raise Refused("syntax", "the quality is empty, E or S")
    energy = parse_energy(fields[3]) if fields[3] else WITHDRAWN
    return Line(identifier, start, end, energy, _QUALITIES.index(fields[4]))


def as_rows(lines: list[Line]) -> IntervalRows:
    """Return lines as rows of intervals."""
    if not lines:
        return NO_INTERVALS
    codes: dict[str, int] = {}
    code = [codes.setdefault(line.identifier, len(codes)) for line in lines]
    start, end, energy, quality = np.array([line[1:] for line in lines], dtype=np.int64).T
    return IntervalRows(list(codes), np.array(code, np.int32), start, end, energy, quality.astype(np.uint8))


def parse_intervals(data: bytes, path: Path, zone: SiteZone, *, header: bool) -> IntervalRows:
    """Parse complete lines. Raises DataError that names the line of `path` and the reason."""
    body, first = data.replace(b"\r\n", b"\n"), 1
    if header:
        head, _, body = body.partition(b"\n")
        first = 2
        if not is_header(head):
            raise DataError(path, 1, f"the header is not {HEADER.decode().rstrip()}")
    if not body.strip():
        return NO_INTERVALS
    try:
        if not _is_plain(body):
            raise ValueError("a line needs a closer look")
        return _rows(_frame(body), zone)
    except (ValueError, Refused):
        # Something is unusual: the slow way parses it all the same, or says which line is invalid.
        return _parse_line_by_line(body, path, zone, first)


def is_header(line: bytes) -> bool:
    """Return whether a line, with its end or without, is the header of such a file."""
    return line.removeprefix(BOM_UTF8).rstrip() == HEADER.rstrip()


def _is_plain(body: bytes) -> bool:
    """Return whether each line has five fields, the energy only digits and a point, or empty, and a known quality."""
    rest = body.translate(None, b"0123456789.")
    lines = rest.count(b"\n")
    plain = rest.count(b",,\n") + rest.count(b",,E\n") + rest.count(b",,S\n")
    whole = body.endswith(b"\n") and b"\r" not in body and b"\0" not in body
    return whole and lines == plain and rest.count(b",") == 4 * lines and b",." not in body and b".," not in body


def _frame(body: bytes) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(body),
        header=None,
        names=_COLUMNS,
        # Not "category", which makes numbers of ids that are all digits.
        dtype={"identifier": "object", "start": "object", "end": "object", "kwh": "float64", "quality": "object"},
        keep_default_na=False,
        na_values={"kwh": [""]},
        index_col=False,
        quoting=3,  # no quotes: nothing in this file needs any
        encoding="ascii",
        engine="c",
    )


def _rows(frame: pd.DataFrame, zone: SiteZone) -> IntervalRows:
    """Convert a frame as pandas read it. Raises ValueError or Refused if the slow way is needed."""
    code, ids = pd.factorize(frame["identifier"])
    start, end = (_times(frame[name], zone) for name in ("start", "end"))
    if np.any(end <= start):
        raise ValueError("an interval needs a closer look")
    kwh = frame["kwh"].to_numpy()
    withdrawn = np.isnan(kwh)
    scaled = np.where(withdrawn, 0, kwh) * UWH_PER_KWH
    energy = np.rint(scaled)
    if np.any(np.abs(scaled - energy) > 0.1) or np.any(kwh[~withdrawn] >= _FINE):
        raise ValueError("an energy needs a closer look")
    quality, texts = pd.factorize(frame["quality"])
    of_texts = np.array([_QUALITIES.index(text) for text in texts], dtype=np.uint8)
    checked = [check_identifier(each) for each in ids]
    amount = np.where(withdrawn, WITHDRAWN, energy.astype(np.int64))
    return IntervalRows(checked, code.astype(np.int32), start, end, amount, of_texts[quality])


def _times(column: pd.Series[str], zone: SiteZone) -> Int64Array:
    place, texts = pd.factorize(column)
    return np.array([zone.parse(text) for text in texts], dtype=np.int64)[place]


def _parse_line_by_line(body: bytes, path: Path, zone: SiteZone, first: int) -> IntervalRows:
    lines = []
    for number, line in enumerate(body.split(b"\n"), first):
        if not line:
            continue
        try:
            lines.append(parse_line(line, zone))
        except Refused as error:
            raise DataError(path, number, error.why) from error
    return as_rows(lines)


def encode_intervals(rows: IntervalRows, zone: SiteZone) -> Iterator[bytes]:
    """Yield the lines of intervals, in their order, in pieces."""
    ids, iso = rows.ids, zone.iso
    columns = (rows.code, rows.start, rows.end, rows.energy, rows.quality)
    for begin in range(0, len(rows), _CHUNK):
        piece = [column[begin : begin + _CHUNK].tolist() for column in columns]
        yield "".join(
            f"{ids[code]},{iso(start)},{iso(end)},{format_energy(energy)},{_QUALITIES[quality]}\n"
            for code, start, end, energy, quality in zip(*piece, strict=True)
        ).encode("ascii")
