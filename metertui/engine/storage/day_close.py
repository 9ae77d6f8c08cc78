"""The writing part of the day close: from the sealed log into day files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from metertui.engine.base import Progress, SiteZone, day_of_number, no_progress
from metertui.engine.storage.day_files import Archive, split_by_day
from metertui.engine.storage.reading_lines import Rows


def write_day_files(
    archive: Archive,
    rows: Rows,
    zone: SiteZone,
    progress: Progress = no_progress,
    files: Callable[[int, int], None] = lambda written, of: None,
) -> set[date]:
    """Merge readings into the files of their local days, and return those days.

    Doing it again changes nothing, so an interrupted close is finished by repeating it. `progress` is called with the
    share done, `files` with the number of files written and that of all. Raises StorageError, DataError.
    """
    done = 0
    days = [day_of_number(number) for number in np.unique(zone.day_numbers(rows.time)).tolist()]
    with archive.changing_days(days):
        for written, (day, of_day) in enumerate(split_by_day(rows, zone)):
            files(written, len(days))
            archive.merge_day(day, of_day)
            done += len(of_day)
            progress(done / len(rows))
    return set(days)
