"""Folders with a file for each local day, `YYYY/MM_DD.csv`, and a manifest.

The files are changed within `changing_days` only, which keeps the manifest up to date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from metertui.engine.base import Int64Array, SiteZone, day_of_number
from metertui.engine.errors import DataError
from metertui.engine.storage import durable, private_files
from metertui.engine.storage.file_group import FileGroup
from metertui.engine.storage.manifest import Manifest

_YEAR: Final = re.compile(r"[0-9]{4}")
_DAY_FILE: Final = re.compile(r"([0-9]{2})_([0-9]{2})\.csv")


class DayFolder:
    """The day files of a folder. They may be read while they are written: a file is replaced atomically."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = Manifest(folder)
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

    @contextmanager
    def changing_days(self, days: Iterable[date]) -> Iterator[FileGroup]:
        """Allow the files of `days` to change within it, and update the manifest at its end. Raises StorageError.

        Yields a group for `replace_day`, which is put in place before the manifest says anything of its files.
        """
        new = set(days) - self._changing
        names = [self.name_of_day(day) for day in sorted(new)]
        self._changing |= new
        try:
            with durable.writing(self.manifest.path):
                self.manifest.begin_change(names)
                group = FileGroup()
                try:
                    yield group
                    group.commit()
                finally:
                    group.discard()
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

    def replace_day(self, day: date, pieces: Iterable[bytes], group: FileGroup | None = None) -> None:
        """Replace the file of a local day, which is among the days that change; at once, or with a group.

        Raises StorageError.
        """
        path, above = self.path_of_day(day), (self.folder.parent, self.folder)
        made = not path.parent.is_dir()
        with durable.writing(path.parent):
            if made:
                private_files.make_folder(self.folder)
                private_files.make_folder(path.parent)
            if group is not None:
                group.replace(path, pieces, *(above if made else ()))
                return
            for folder in above if made else ():
                durable.sync_folder(folder)
        durable.replace_file(path, pieces)


def places_by_day(time: Int64Array, zone: SiteZone) -> Iterator[tuple[date, Int64Array]]:
    """Yield the places of the instants (µs UTC) in each local day, in order of the days."""
    days = zone.day_numbers(time)
    order = np.argsort(days, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(days[order])) + 1):
        if len(places):
            yield day_of_number(int(days[places[0]])), places


def day_of_file(path: Path) -> date | None:
    """Return the local day of a day file by its path; None for another file. Raises DataError for an invalid day."""
    match = _DAY_FILE.fullmatch(path.name)
    if match is None:
        return None
    try:
        return date(int(path.parent.name), int(match[1]), int(match[2]))
    except ValueError as error:
        raise DataError(path, None, "this name is not a day of the calendar") from error
