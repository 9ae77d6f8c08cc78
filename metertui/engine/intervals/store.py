"""The intervals of a data folder: `intervals/YYYY/MM_DD.csv` has those that begin on a local day.

The rows are in order of start, identifier and end. Every value that was ever stored stays, see `standing`. Correcting
an interval rewrites the file of its day alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np

from metertui.engine.base import Progress, SiteZone, day_of_number, no_progress
from metertui.engine.errors import DataError
from metertui.engine.intervals import lines
from metertui.engine.intervals.rows import NO_INTERVALS, IntervalRows, concat_intervals
from metertui.engine.intervals.standing import merge_values
from metertui.engine.storage import DayFolder, FileGroup, durable, places_by_day

FOLDER: Final = "intervals"


class IntervalStore(DayFolder):
    """The day files of the intervals of a data folder."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        super().__init__(folder / FOLDER)
        self._zone = zone

    def read_day(self, day: date) -> IntervalRows:
        """Return all rows of a local day; none if there is no file. Raises DataError, OSError."""
        path = self.path_of_day(day)
        data = durable.read_present(path)
        return NO_INTERVALS if data is None else self.parse_day(data, path)

    def parse_day(self, data: bytes, path: Path) -> IntervalRows:
        """Parse the content of a day file. Raises DataError that names file and line."""
        if not data.endswith(b"\n"):
            raise DataError(path, data.count(b"\n") + 1, "the last line is incomplete")
        return lines.parse_intervals(data, path, self._zone, header=True)

    def read_all(self, progress: Progress = no_progress) -> IntervalRows:
        """Return all rows of all days. `progress` is called with the share done. Raises DataError, OSError."""
        days, found = self.stored_days(), []
        for done, day in enumerate(days, 1):
            found.append(self.read_day(day))
            progress(done / len(days))
        return concat_intervals(found)

    def add_values(self, rows: IntervalRows, progress: Progress = no_progress) -> set[date]:
        """Add values, at most one of an interval, to the files of their days, and return those days.

        A value that stands already is not added, so doing it again changes nothing. `progress` is called with the share
        done. Raises DataError, StorageError.
        """
        days = [day_of_number(number) for number in np.unique(self._zone.day_numbers(rows.start)).tolist()]
        self.add_days(days, [rows], lambda done: progress(done / len(rows)))
        return set(days)

    def add_days(
        self, days: Iterable[date], parts: Iterable[IntervalRows], done: Callable[[int], object] = lambda added: None
    ) -> None:
        """Do the same for values in parts, each with all values of its days, which are among `days`.

        `done` is called with the number of values that are added so far.
        """
        added = 0
        with self.changing_days(days) as group:
            for rows in parts:
                for day, places in places_by_day(rows.start, self._zone):
                    self._add(day, rows.take(places).with_used_ids(), group)
                    added += len(places)
                    done(added)

    def _add(self, day: date, rows: IntervalRows, group: FileGroup) -> None:
        group.settle(self.path_of_day(day))
        before = self.read_day(day)
        both = concat_intervals([before, rows])
        split = len(before)
        merged = merge_values(both.take(slice(split)), both.take(slice(split, None)))
        if len(merged) > split:
            self.replace_day(day, chain((lines.HEADER,), lines.encode_intervals(merged, self._zone)), group)
