"""A folder that a start made: it is taken away again where nothing has been stored in it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from metertui.engine.errors import OwnedError
from metertui.engine.storage import manifest, reading_lines, wal
from metertui.engine.storage.folder_lock import FolderLock
from metertui.engine.storage.private_files import LOCK


class FreshFolder:
    """A data folder as it is before a start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._missing = [each for each in (folder, *folder.parents) if not each.exists()]
        self._is_fresh = False
        with contextlib.suppress(OSError):  # a start says why
            self._is_fresh = bool(self._missing) or not any(folder.iterdir())

    def remove_unused(self) -> None:
        """Remove what a start makes in a folder that was missing or empty, if there is no more than that.

        A folder that another process owns by now stays; so does what cannot be removed.
        """
        if not self._is_fresh or not self._folder.is_dir():
            return
        lock = FolderLock(self._folder, recovers=False)
        with contextlib.suppress(OSError, OwnedError):
            lock.acquire()
            try:
                self._remove()
            finally:
                lock.release()

    def _remove(self) -> None:
        """Remove it. Raises OSError."""
        found = [path for path in self._folder.rglob("*") if path.name != LOCK]
        files = [path for path in found if not path.is_dir()]
        if not all(map(self._is_of_a_start, files)):
            return
        for path in files:
            path.unlink()
        for path in sorted((path for path in found if path not in files), reverse=True):
            path.rmdir()
        (self._folder / LOCK).unlink()
        for path in self._missing:
            path.rmdir()

    def _is_of_a_start(self, path: Path) -> bool:
        """Return whether a file is one that a start makes, and holds nothing yet."""
        name = path.relative_to(self._folder).as_posix()
        if name == wal.LOG:
            return not path.stat().st_size
        if name == f"archive/{manifest.NAME}":
            return True  # it lists day files
        return name.startswith("archive/") and path.read_bytes() == reading_lines.HEADER
