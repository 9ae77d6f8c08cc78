"""The batch job of the day close: readings of the sealed log into their day files."""

from __future__ import annotations

from collections.abc import Callable

from metertui.engine.archive import Archive, by_day
from metertui.engine.readings_file import Rows
from metertui.engine.zone import SiteZone


def write_day_files(
    archive: Archive, rows: Rows, zone: SiteZone, progress: Callable[[float], None] | None = None
) -> int:
    """Merge readings into the files of their local days; how many days they belong to.

    Doing it again changes nothing, so a close that was interrupted is finished by doing it again. `progress` is told
    the share done. Raises StorageError, DataError.
    """
    files = done = 0
    for day, of_day in by_day(rows, zone):
        archive.merge(day, of_day)
        files += 1
        done += len(of_day)
        if progress is not None:
            progress(done / len(rows))
    return files
