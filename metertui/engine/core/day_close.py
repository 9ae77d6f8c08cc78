"""The day close, step by step: seal the log, write the day files, swap the rebuilt index in, drop the sealed log."""

from __future__ import annotations

from datetime import date

import numpy as np

from metertui.engine.base import Progress
from metertui.engine.core import loading
from metertui.engine.core.data_folder import DataFolder
from metertui.engine.index import Mark, Rebuilt
from metertui.engine.storage import day_close


class DayClose:
    """The steps of a day close, and how far it is.

    `ReadingStore.rebuild_history` comes between `write_day_files` and `finish`. Only `finish` is for the thread
    that owns the engine; all other steps are for any thread.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self.sealed = folder.sealed_at_start
        """The tail's first readings that are in a sealed log and wait for their day files."""
        self.day_files = (0, 0)
        """Day files that the running day close has written, and those that it will write."""
        self._spent = not self.sealed  # whether a sealed log is there only because it could not be removed

    def seal(self) -> Mark:
        """Set the log aside and open a new one; return which readings were set aside.

        A log that an interrupted close left sealed comes first. Not while a batch is written. Raises StorageError.
        """
        folder = self._folder
        folder.accounts.settle()
        if folder.log.sealed and self._spent:
            self.drop_sealed()
        if not folder.log.sealed and (folder.log.size or folder.log.broken):
            mark = folder.readings.mark()
            folder.log.seal()
            self.sealed, self._spent = mark, False
            if not mark:
                folder.log.drop_sealed()  # it had failed before it held anything
        return self.sealed

    def write_day_files(self, mark: Mark, progress: Progress) -> set[date]:
        """Merge the first readings of the tail into their day files; return the days."""
        folder = self._folder
        rows = loading.to_rows(folder.directory, folder.readings.first_of_tail(mark))

        def note_files(written: int, of: int) -> None:
            self.day_files = written, of

        return day_close.write_day_files(folder.archive, rows, folder.zone, progress, note_files)

    def count_late(self, mark: Mark, day: date) -> int:
        """Return how many of the first readings of the tail are of days before `day`."""
        return int(np.count_nonzero(self._folder.readings.first_of_tail(mark).time < self._folder.zone.midnight(day)))

    def finish(self, rebuilt: Rebuilt) -> None:
        """Put the rebuilt index in use."""
        self._folder.readings.swap_history(rebuilt)
        self.sealed = Mark()
        self._spent = True

    def drop_sealed(self) -> None:
        """Remove the sealed log, whose readings are in their day files. Raises StorageError."""
        self._folder.log.drop_sealed()
        self._spent = False
