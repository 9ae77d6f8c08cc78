"""The archive: a day file `archive/YYYY/MM_DD.csv` has all readings of a local day in order of time and identifier.

Day files are changed within `changing_days` only, see `day_folder`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Progress, SiteZone, no_progress
from metertui.engine.errors import DataError
from metertui.engine.storage import durable, reading_lines
from metertui.engine.storage.day_folder import DayFolder, places_by_day
from metertui.engine.storage.file_group import FileGroup
from metertui.engine.storage.reading_lines import HEADER, HEADER_WITH_QUALITY, Rows


class Archive(DayFolder):
    """The day files of a data folder."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        super().__init__(folder / "archive")
        self._zone = zone

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

    def merge_day(self, day: date, rows: Rows) -> int:
        """Merge readings of a local day into its file, and return the number of new ones.

        Every value is kept, and so is what was said of its quality. Those of one meter and instant stand together in
        order of arrival, those of the file first; one that the file has already is not new. A file that would not
        change is not written. Raises DataError, StorageError.
        """
        with self.changing_days([day]):
            return self._merge(day, rows)

    def merge_into(self, group: FileGroup, day: date, rows: Rows) -> int:
        """Do the same within `changing_days`; the file is replaced with its group."""
        group.settle(self.path_of_day(day))
        return self._merge(day, rows, group)

    def _merge(self, day: date, rows: Rows, group: FileGroup | None = None) -> int:
        before = self.read_day(day)
        both = reading_lines.concat_rows([before, rows])
        rank = both.id_ranks()
        columns: list[NDArray[Any]] = [both.wh, rank, both.time]
        if both.quality is not None:
            columns.insert(0, both.quality)
        order = np.lexsort(columns)  # stable: readings of the file come first
        fresh = np.ones(len(order), dtype=bool)
        fresh[1:] = False
        for column in columns:
            fresh[1:] |= column[order][1:] != column[order][:-1]
        kept = np.sort(order[fresh])
        merged = both.take(kept[np.lexsort((rank[kept], both.time[kept]))])
        added = len(merged) - len(before)
        if added or not self.path_of_day(day).exists():
            self._write(day, merged, group)
        return added

    def ensure_day(self, day: date) -> None:
        """Create the file of a local day, without readings, if there is none. Raises StorageError."""
        if not self.path_of_day(day).exists():
            with self.changing_days([day]):
                self._write(day, reading_lines.NO_ROWS)

    def _write(self, day: date, rows: Rows, group: FileGroup | None = None) -> None:
        told = rows.quality is not None and bool(rows.quality.any())
        header = HEADER_WITH_QUALITY if told else HEADER
        self.replace_day(day, chain((header,), reading_lines.encode_readings(rows, self._zone, quality=told)), group)


def split_by_day(rows: Rows, zone: SiteZone) -> Iterator[tuple[date, Rows]]:
    """Yield the readings of each local day, in order of the days, each part with the ids that occur in it."""
    for day, places in places_by_day(rows.time, zone):
        yield day, rows.take(places).with_used_ids()
