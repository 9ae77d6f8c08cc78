"""The day files of a folder that have changed, as its manifest says: none is opened to find out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from metertui.engine.storage import DayFolder, day_of_file


class ChangedDays:
    """The day files of a folder as far as they are known. Any thread, one at a time."""

    def __init__(self, files: DayFolder, is_new: Callable[[Path], bool]) -> None:
        """`is_new` returns whether a file was replaced or has changed since it was asked about it."""
        self._files: Final = files
        self._is_new = is_new
        self._known: dict[str, str] = {}  # checksums, from the manifest before the files were read
        self._unread = False

    def find(self, *, pending: bool) -> frozenset[date]:
        """Return the days whose files have changed since the last call, or with `pending` are just changing.

        Raises DataError, OSError.
        """
        new = self._is_new(self._files.manifest.path) or self._unread
        if not new and not pending:
            return frozenset()
        self._unread = True
        stated = {file: line.sha256 for file, line in self._files.manifest.read_entries().items()}
        self._unread = False
        changed = {file for file, sha in stated.items() if self._known.get(file) != sha and (sha or pending)}
        changed |= self._known.keys() - stated.keys()
        for file in changed:
            if file in stated:
                self._known[file] = stated[file]
            else:
                del self._known[file]
        days = (day_of_file(self._files.folder / file) for file in changed)
        return frozenset(day for day in days if day is not None)

    def mark_unread(self, days: frozenset[date]) -> None:
        """Report days as changed again: they could not be read, or what they hold not be applied."""
        self._unread = True
        for day in days:
            self._known[self._files.name_of_day(day)] = "?"

    def mark_all_unread(self) -> None:
        """Report all days as changed again."""
        self._unread, self._known = True, dict.fromkeys(self._known, "?")
