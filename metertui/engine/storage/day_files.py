"""The archive: `archive/YYYY/MM_DD.csv`, all readings of one local day, in order of time and identifier.

Whoever changes day files does it in `changing`, which keeps the manifest beside them true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Progress, SiteZone, day_of_number, no_progress
from metertui.engine.errors import DataError
from metertui.engine.storage import durable, reading_lines
from metertui.engine.storage.manifest import Manifest
from metertui.engine.storage.reading_lines import HEADER, Rows

_YEAR: Final = re.compile(r"[0-9]{4}")
_DAY_FILE: Final = re.compile(r"([0-9]{2})_([0-9]{2})\.csv")


class Archive:
    """The day files of a data folder. Reading is safe beside a writer: a file is replaced as one step."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self.folder = folder / "archive"
        self.manifest = Manifest(self.folder)
        self._zone = zone
        self._changing: set[date] = set()

    def stored_days(self) -> list[date]:
        """The days that have a file, in order. Raises DataError for a day file whose name is no day."""
        found = []
        if self.folder.is_dir():
            for year in sorted(self.folder.iterdir()):
                if _YEAR.fullmatch(year.name) and year.is_dir():
                    found += [day for path in sorted(year.iterdir()) if (day := day_of_file(path)) is not None]
        return found

    def path_of_day(self, day: date) -> Path:
        """Where the file of a local day stands."""
        return self.folder / f"{day.year:04d}" / f"{day.month:02d}_{day.day:02d}.csv"

    def name_of_day(self, day: date) -> str:
        """How the manifest calls the file of a day."""
        return self.path_of_day(day).relative_to(self.folder).as_posix()

    def read_day(self, day: date) -> Rows:
        """A day's readings; none where there is no file. Raises DataError that names file and line, OSError."""
        path = self.path_of_day(day)
        try:
            return self.parse_day(path.read_bytes(), path)
        except FileNotFoundError:
            return reading_lines.NO_ROWS

    def parse_day(self, data: bytes, path: Path) -> Rows:
        """The readings of a day file's bytes. Raises DataError that names file and line."""
        if not data.endswith(b"\n"):
            raise DataError(path, data.count(b"\n") + 1, "the last line is incomplete")
        return reading_lines.parse_readings(data, path, self._zone, header=True)

    def read_all_days(self, progress: Progress = no_progress) -> Iterator[Rows]:
        """Every day's readings, day by day. `progress` is told the share done."""
        days = self.stored_days()
        for done, day in enumerate(days, 1):
            yield self.read_day(day)
            progress(done / len(days))

    @contextmanager
    def changing_days(self, days: Iterable[date]) -> Iterator[None]:
        """Within it the files of `days` may change; then the manifest says what they are. Raises StorageError."""
        new = set(days) - self._changing
        names = [self.name_of_day(day) for day in sorted(new)]
        self._changing |= new
        try:
            self.manifest.begin_change(names)
            yield
            self.manifest.end_change(names)
        except OSError as error:
            raise durable.storage_error(self.manifest.path, error) from error
        finally:
            self._changing -= new

    def complete_manifest(self) -> list[str]:
        """Put day files without a line into the manifest; the files that it names and that are not there.

        Raises DataError, StorageError, OSError.
        """
        lines = self.manifest.read_entries()
        names = {self.name_of_day(day) for day in self.stored_days()}
        self.manifest.end_change(name for name in sorted(names) if name not in lines or not lines[name].sha256)
        return sorted(lines.keys() - names)

    def merge_day(self, day: date, rows: Rows) -> int:
        """Put readings of a day into its file, with those that are there; how many were new.

        Equal readings stand once; where a meter has another value at the same instant already, that one stays.
        A file that would not change is not written. Raises DataError, StorageError.
        """
        with self.changing_days([day]):
            return self._merge(day, rows)

    def _merge(self, day: date, rows: Rows) -> int:
        before = self.read_day(day)
        both = reading_lines.concat_rows([before, rows])
        rank = both.id_ranks()
        order = np.lexsort((rank, both.time))  # stable: what was there comes first
        time, who = both.time[order], rank[order]
        fresh = np.ones(len(order), dtype=bool)
        fresh[1:] = (time[1:] != time[:-1]) | (who[1:] != who[:-1])
        merged = both.take(order[fresh])
        added = len(merged) - len(before)
        if added or not self.path_of_day(day).exists():
            self._write(day, merged)
        return added

    def ensure_day(self, day: date) -> None:
        """Let a day have its file, an empty one if it has none. Raises StorageError."""
        if not self.path_of_day(day).exists():
            with self.changing_days([day]):
                self._write(day, reading_lines.NO_ROWS)

    def _write(self, day: date, rows: Rows) -> None:
        path = self.path_of_day(day)
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                for folder in (self.folder.parent, self.folder):
                    durable.sync_folder(folder)
        except OSError as error:
            raise durable.storage_error(path.parent, error) from error
        durable.replace_file(path, self._bytes(rows))

    def _bytes(self, rows: Rows) -> Iterator[bytes]:
        yield HEADER
        yield from reading_lines.encode_readings(rows, self._zone)


def split_by_day(rows: Rows, zone: SiteZone) -> Iterator[tuple[date, Rows]]:
    """Readings parted by their local day, in order of the days; each part with its own ids alone."""
    days: NDArray[np.int32] = zone.day_numbers(rows.time)
    order = np.argsort(days, kind="stable")
    edges = np.flatnonzero(np.diff(days[order])) + 1
    for places in np.split(order, edges):
        if len(places):
            yield day_of_number(int(days[places[0]])), rows.take(places).with_used_ids()


def day_of_file(path: Path) -> date | None:
    match = _DAY_FILE.fullmatch(path.name)
    if match is None:
        return None
    try:
        return date(int(path.parent.name), int(match[1]), int(match[2]))
    except ValueError as error:
        raise DataError(path, None, "no day of the calendar has this name") from error
