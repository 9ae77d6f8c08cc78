"""The file and line of stored readings and intervals, found by reading only the files that can hold them."""

from __future__ import annotations

import contextlib
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from metertui.engine.base import Progress, SiteZone, no_progress, part_of_progress
from metertui.engine.errors import Refused
from metertui.engine.intervals import IntervalStore
from metertui.engine.intervals import lines as interval_lines
from metertui.engine.storage import LOG, SEALED, Archive, durable, private_files, reading_lines
from metertui.engine.usage import Explanation
from metertui.engine.vee import Point

_PIECE: Final = 1 << 20
"""Bytes searched in one go: under 1 ms, so that other threads get their turn."""


class Former(NamedTuple):
    """A value that another has replaced: energy (µWh), quality (0 actual, 1 estimated, 2 substituted), and its line."""

    energy: int
    quality: int
    line: int


@dataclass(frozen=True, slots=True)
class Source:
    """A line of a file; `file` is its path within the data folder, lines count from 1."""

    file: str
    line: int
    former: Former | None = None
    """The last value of an interval before the one that stands, in the same file; None if there was no other."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def locate_all(
    archive: Archive, zone: SiteZone, found: Explanation, progress: Progress = no_progress
) -> dict[str, dict[Point, Source]]:
    """Return the file and line of the readings and intervals that an explanation names, by register.

    The key of an interval is its start and end, µs UTC. For a worker thread. Raises OSError.
    """
    places: dict[str, dict[Point, Source]] = {}
    store = IntervalStore(archive.folder.parent, zone)
    parts = found.registers or (found,)
    for place, each in enumerate(parts):
        register = each.usage.meter
        readings = [(point.time, point.as_read) for point in each.named_readings()]
        share = part_of_progress(progress, place, len(parts))
        here = places.setdefault(register, {})
        here |= locate_readings(archive, zone, register, readings, share)
        here |= locate_intervals(store, register, [stated[:2] for stated in each.named_intervals()], zone)
    return places


def locate_readings(
    archive: Archive, zone: SiteZone, meter: str, readings: Iterable[Point], progress: Progress = no_progress
) -> dict[Point, Source]:
    """Return the file and line of readings of a meter (µs UTC, Wh); one that is in no file is left out.

    Reads the log, the sealed log and the day files of their days in this order, so that a day close meanwhile hides
    none. For a worker thread. Raises OSError.
    """
    folder = archive.folder.parent
    wanted = set(readings)
    split_by_day: defaultdict[date, set[Point]] = defaultdict(set)
    for reading in wanted:
        split_by_day[zone.day(reading[0])].add(reading)
    files = [(folder / name, wanted) for name in (LOG, SEALED)]
    files += [(archive.path_of_day(day), split_by_day[day]) for day in sorted(split_by_day)]
    found: dict[Point, Source] = {}
    for done, (path, here) in enumerate(files, 1):
        for reading, line in _search(path, meter, here - found.keys(), zone).items():
            found[reading] = Source(path.relative_to(folder).as_posix(), line)
        progress(done / len(files))
    return found


def locate_intervals(
    store: IntervalStore, register: str, intervals: Iterable[tuple[int, int]], zone: SiteZone
) -> dict[tuple[int, int], Source]:
    """Return the file and line of the values that stand of intervals of a register, by start and end (µs UTC).

    Each has the value that it replaced. One that is in no file is left out. For a worker thread. Raises OSError.
    """
    folder = store.folder.parent
    by_day: defaultdict[date, set[tuple[int, int]]] = defaultdict(set)
    for interval in intervals:
        by_day[zone.day(interval[0])].add(interval)
    values: dict[tuple[int, int], list[Former]] = {}
    found: dict[tuple[int, int], Source] = {}
    for day, wanted in sorted(by_day.items()):
        path = store.path_of_day(day)
        data = durable.read_present(path) or b""
        for number, line in enumerate(data.split(b"\n"), 1):
            if line.startswith(f"{register},".encode("ascii")):
                with contextlib.suppress(Refused):
                    stated = interval_lines.parse_line(line.rstrip(b"\r"), zone)
                    if (stated.start, stated.end) in wanted:
                        here = values.setdefault((stated.start, stated.end), [])
                        here.append(Former(stated.energy, stated.quality, number))
                        former = next((each for each in here[-2::-1] if each.energy != interval_lines.WITHDRAWN), None)
                        place = path.relative_to(folder).as_posix()
                        found[stated.start, stated.end] = Source(place, number, former)
    return found


def _search(path: Path, meter: str, wanted: set[Point], zone: SiteZone) -> dict[Point, int]:
    """Return the first line of each wanted reading of a meter in a file, which may be missing."""
    found: dict[Point, int] = {}
    key = f"\n{meter},".encode("ascii")
    with contextlib.suppress(FileNotFoundError), private_files.open_for_reading(path) as file:
        before = 0  # lines that ended in the pieces before
        rest = b"\n"  # so that the first line begins like the others
        file.seek(len(BOM_UTF8) * (file.read(len(BOM_UTF8)) == BOM_UTF8))
        while wanted - found.keys() and (piece := file.read(_PIECE)):
            piece = rest + piece
            cut = piece.rfind(b"\n")
            at = piece.find(key, 0, cut)
            while at >= 0:
                end = piece.index(b"\n", at + 1)
                with contextlib.suppress(Refused):
                    _, *values = reading_lines.parse_line(piece[at + 1 : end].rstrip(b"\r"), zone)
                    reading = values[0], values[1]
                    if reading in wanted:
                        found.setdefault(reading, before + piece.count(b"\n", 0, at + 1))
                at = piece.find(key, end, cut)
            before += piece.count(b"\n", 0, cut)
            rest = piece[cut:]
    return found
