"""The writing part of the day close: from the sealed log into day files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
    days = [day_of_number(number) for number in np.unique(zone.day_numbers(rows.time)).tolist()]
    merge_days(archive, days, [rows], zone, lambda done: progress(done / len(rows)), files)
    return set(days)


def merge_days(
    archive: Archive,
    days: Sequence[date],
    parts: Iterable[Rows],
    zone: SiteZone,
    done: Callable[[int], object] = lambda merged: None,
    files: Callable[[int, int], None] = lambda written, of: None,
) -> None:
    """Do the same for readings in parts, each with all readings of its days, which are among `days`.

    `done` is called with the number of readings that are merged so far.
    """
    merged = written = 0
    with archive.changing_days(days) as group:
        for rows in parts:
            for day, of_day in split_by_day(rows, zone):
                files(written, len(days))
                archive.merge_into(group, day, of_day)
                written += 1
                merged += len(of_day)
                done(merged)
