"""The archive: a day file `archive/YYYY/MM_DD.csv` has all readings of a local day in order of time and identifier.

Day files are changed within `changing_days` only, which keeps the manifest up to date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Progress, SiteZone, day_of_number, no_progress
from metertui.engine.errors import DataError
from metertui.engine.storage import durable, private_files, reading_lines
from metertui.engine.storage.manifest import Manifest
from metertui.engine.storage.reading_lines import HEADER, Rows

_YEAR: Final = re.compile(r"[0-9]{4}")
_DAY_FILE: Final = re.compile(r"([0-9]{2})_([0-9]{2})\.csv")


class Archive:
    """The day files of a data folder. They may be read while they are written: a file is replaced atomically."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self.folder = folder / "archive"
        self.manifest = Manifest(self.folder)
        self._zone = zone
        self._changing: set[date] = set()

    def stored_days(self) -> list[date]:
        """Return the days that have a file, in order. Raises DataError for a file whose name is not a valid day."""
        found = []
        if self.folder.is_dir():
            for year in sorted(self.folder.iterdir()):
                if _YEAR.fullmatch(year.name) and year.is_dir():
                    found += [day for path in sorted(year.iterdir()) if (day := day_of_file(path)) is not None]
        return found

    def path_of_day(self, day: date) -> Path:
        """Return the path of the file of a local day."""
        return self.folder / f"{day.year:04d}" / f"{day.month:02d}_{day.day:02d}.csv"

    def name_of_day(self, day: date) -> str:
        """Return the name of the file of a local day in the manifest."""
        return self.path_of_day(day).relative_to(self.folder).as_posix()

    def read_day(self, day: date) -> Rows:
        """Return the readings of a local day; none if there is no file. Raises DataError, OSError."""
        path = self.path_of_day(day)
        data = durable.read_present(path)
        return reading_lines.NO_ROWS if data is None else self.parse_day(data, path)

    def parse_day(self, data: bytes, path: Path) -> Rows:
        """Parse the content of a day file. Raises DataError that names file and line."""
        if not data.endswith(b"\n"):
            raise DataError(path, data.count(b"\n") + 1, "the last line is incomplete")
        return reading_lines.parse_readings(data, path, self._zone, header=True)

    def read_all_days(self, progress: Progress = no_progress) -> Iterator[Rows]:
        """Yield the readings of each day, in order. `progress` is called with the share done."""
        days = self.stored_days()
        for done, day in enumerate(days, 1):
            yield self.read_day(day)
            progress(done / len(days))

    @contextmanager
    def changing_days(self, days: Iterable[date]) -> Iterator[None]:
        """Allow the files of `days` to change within it, and update the manifest at its end. Raises StorageError."""
        new = set(days) - self._changing
        names = [self.name_of_day(day) for day in sorted(new)]
        self._changing |= new
        try:
            with durable.writing(self.manifest.path):
                self.manifest.begin_change(names)
                yield
                self.manifest.end_change(names)
        finally:
            self._changing -= new

    def complete_manifest(self) -> list[str]:
        """Add day files that the manifest lacks to it, and return the names in it whose file is missing.

        Raises DataError, StorageError, OSError.
        """
        lines = self.manifest.read_entries()
        names = {self.name_of_day(day) for day in self.stored_days()}
        self.manifest.end_change(name for name in sorted(names) if name not in lines or not lines[name].sha256)
        return sorted(lines.keys() - names)

    def merge_day(self, day: date, rows: Rows) -> int:
        """Merge readings of a local day into its file, and return the number of new ones.

        Every value is kept. Those of one meter and instant stand together in order of arrival, those of the file first;
        one that the file has already is not new. A file that would not change is not written. Raises DataError,
        StorageError.
        """
        with self.changing_days([day]):
            return self._merge(day, rows)

    def _merge(self, day: date, rows: Rows) -> int:
        before = self.read_day(day)
        both = reading_lines.concat_rows([before, rows])
        rank = both.id_ranks()
        order = np.lexsort((both.wh, rank, both.time))  # stable: readings of the file come first
        fresh = np.ones(len(order), dtype=bool)
        fresh[1:] = False
        for column in (both.time[order], rank[order], both.wh[order]):
            fresh[1:] |= column[1:] != column[:-1]
        kept = np.sort(order[fresh])
        merged = both.take(kept[np.lexsort((rank[kept], both.time[kept]))])
        added = len(merged) - len(before)
        if added or not self.path_of_day(day).exists():
            self._write(day, merged)
        return added

    def ensure_day(self, day: date) -> None:
        """Create the file of a local day, without readings, if there is none. Raises StorageError."""
        if not self.path_of_day(day).exists():
            with self.changing_days([day]):
                self._write(day, reading_lines.NO_ROWS)

    def _write(self, day: date, rows: Rows) -> None:
        path = self.path_of_day(day)
        with durable.writing(path.parent):
            if not path.parent.is_dir():
                private_files.make_folder(self.folder)
                private_files.make_folder(path.parent)
                for folder in (self.folder.parent, self.folder):
                    durable.sync_folder(folder)
        durable.replace_file(path, chain((HEADER,), reading_lines.encode_readings(rows, self._zone)))


def split_by_day(rows: Rows, zone: SiteZone) -> Iterator[tuple[date, Rows]]:
    """Yield the readings of each local day, in order of the days, each part with the ids that occur in it."""
    days: NDArray[np.int32] = zone.day_numbers(rows.time)
    order = np.argsort(days, kind="stable")
    edges = np.flatnonzero(np.diff(days[order])) + 1
    for places in np.split(order, edges):
        if len(places):
            yield day_of_number(int(days[places[0]])), rows.take(places).with_used_ids()


def day_of_file(path: Path) -> date | None:
    """Return the local day of a day file by its path; None for another file. Raises DataError for an invalid day."""
    match = _DAY_FILE.fullmatch(path.name)
    if match is None:
        return None
    try:
        return date(int(path.parent.name), int(match[1]), int(match[2]))
    except ValueError as error:
        raise DataError(path, None, "this name is not a day of the calendar") from error
