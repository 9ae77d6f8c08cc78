"""Files that are replaced as a group: each atomically, with a few syncs for all of them.

Two syncs for each day file took most of the time of an import of many days. A crash, a power cut or a full disk leaves
each file of a group the old or the new one, complete. So a group is for work that is done again after an interruption,
and then changes only what is missing.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from metertui.engine.storage import durable, private_files

MOST_FILES: Final = 4_000
"""So many files are written before they are synced and take their places."""
MOST_BYTES: Final = 64_000_000
_MANY: Final = 16
"""From so many files or folders on, their file system is synced in one call."""
_TELLS_ERRORS: Final = (5, 8)
"""The version of Linux from which on syncing a file system tells of errors in writing."""


class FileGroup:
    """New versions of files, which `commit` puts in place. In one thread; nothing is left of it once it has failed."""

    def __init__(self) -> None:
        self._drafts: dict[Path, durable.Replacement] = {}
        self._folders: set[Path] = set()
        self._bytes = 0
        self._fd = -1
        """A folder of theirs, open before any is written: syncing its file system then tells of all errors since.

        Of one that somebody else has been told of, a descriptor that is opened later knows nothing.
        """

    def replace(self, path: Path, pieces: Iterable[bytes], *folders: Path) -> None:
        """Write a new version of a file, which takes its place with `commit` or, where there are many, earlier.

        `folders` are those above its own that have got new names. Raises StorageError.
        """
        self.settle(path)
        if self._fd < 0:
            with durable.writing(path):
                self._fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        draft = durable.Replacement(path)
        self._drafts[path] = draft
        try:
            for piece in pieces:
                draft.write(piece)
                self._bytes += len(piece)
            draft.close()
        except BaseException:
            self.discard()
            raise
        self._folders.update(folders, [path.parent])
        if len(self._drafts) >= MOST_FILES or self._bytes >= MOST_BYTES:
            self.commit()

    def settle(self, path: Path) -> None:
        """Put the new version of a file in its place if there is one, so that it can be read. Raises StorageError."""
        if path in self._drafts:
            self.commit()

    def commit(self) -> None:
        """Put all new versions in their places; on disk on return. Raises StorageError."""
        if not self._drafts:
            return
        try:
            with durable.writing(next(iter(self._drafts)).parent):
                _sync_files([draft.spare for draft in self._drafts.values()], self._fd)
            for path, draft in self._drafts.items():
                with durable.writing(path):
                    draft.put_in_place()
            with durable.writing(next(iter(self._drafts)).parent):
                _sync_folders(sorted(self._folders), self._fd)
        except BaseException:
            self.discard()
            raise
        self._forget()

    def discard(self) -> None:
        """Remove the new versions that are not in their places."""
        for draft in self._drafts.values():
            draft.discard()
        self._forget()

    def _forget(self) -> None:
        self._drafts.clear()
        self._folders.clear()
        self._bytes = 0
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _sync_folders(folders: Sequence[Path], fd: int) -> None:
    """Sync the names in some folders of one file system, of which `fd` is a descriptor. Raises OSError."""
    if len(folders) < _MANY or not sync_file_system(fd):
        for folder in folders:
            durable.sync_folder(folder)


def _sync_files(paths: Sequence[Path], fd: int) -> None:
    """Sync data and permissions of some files in the same way. Raises OSError."""
    if len(paths) < _MANY or not sync_file_system(fd):
        for path in paths:
            file = private_files.open_file(path, os.O_WRONLY)
            try:
                durable.sync_metadata_too(file)
            finally:
                os.close(file)


def sync_file_system(fd: int) -> bool:
    """Sync all of the file system of a descriptor, in one call; return False where the system cannot.

    Raises OSError, also for what failed to be written since the descriptor was opened.
    """
    if _syncfs is None:
        return False
    if _syncfs(fd):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return True


def _find_syncfs() -> Callable[[int], int] | None:
    """Return the function of Linux that syncs a file system, if it tells of errors."""
    release = re.match(r"([0-9]+)\.([0-9]+)", os.uname().release)
    if not sys.platform.startswith("linux") or release is None:
        return None
    if (int(release[1]), int(release[2])) < _TELLS_ERRORS:
        return None
    try:
        return ctypes.CDLL(None, use_errno=True).syncfs
    except (AttributeError, OSError):
        return None


_syncfs: Final = _find_syncfs()
