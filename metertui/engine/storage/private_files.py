"""Files that are their owner's alone: opening and making them, and narrowing what an earlier version left open.

What stands in the place of a file and is none (a pipe, a folder, a device) is refused, as reading a pipe would wait for
ever.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from metertui.engine.base import counted

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
_OTHERS: Final = 0o077
LOCK: Final = ".lock"
_FILES: Final = frozenset(
    (
        *("log.txt", "log.sealed.txt", "users.csv", "accounts_history.csv", "events.csv", "admins.csv"),
        *("tariffs.csv", "questions.toml", "exports.csv", "rejects.log", "rejects.log.1", "audit.log"),
        *("bill_rules.csv", "settings.toml", "metertui.log", "metertui.log.1", LOCK, ".control"),
    )
)
_FOLDERS: Final = frozenset(("archive", "bills", "intervals", "mappings", "questions"))
_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_file(path: Path) -> bytes:
    """Return the content of a file. Raises OSError, also for what is no regular file."""
    _check_regular(path, path.stat())
    return path.read_bytes()


def open_for_reading(path: Path) -> BinaryIO:
    """Return a file opened for reading. Raises OSError, also for what is no regular file."""
    _check_regular(path, path.stat())
    return path.open("rb")


def open_file(path: Path, flags: int) -> int:
    """Open a file; one that is made is its owner's alone, whatever the umask.

    Raises OSError, also for what is no regular file.
    """
    fd = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, FILE_MODE)
    try:
        found = os.fstat(fd)
        _check_regular(path, found)
        if flags & os.O_CREAT and found.st_mode & FILE_MODE != FILE_MODE:
            os.fchmod(fd, FILE_MODE)
    except BaseException:
        os.close(fd)
        raise
    return fd


def make_folder(folder: Path) -> None:
    """Make a folder that is its owner's alone, unless it exists; those above it as usual. Raises OSError."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(FOLDER_MODE)
        folder.chmod(FOLDER_MODE)


def narrow_folder(folder: Path) -> str:
    """Make a data folder and its files their owner's alone, and return a sentence on it; "" if they were.

    An earlier version made them readable for all. A folder that metertui did not make stays as it is, and the sentence
    names it. Raises OSError.
    """
    made = _made_here(folder)
    files = sum(_narrow(path) for path in _known_files(folder))
    folders = sum(_narrow(path) for path in known_folders(folder))
    notes = []
    if made:
        folders += _narrow(folder)
    elif folder.stat().st_mode & _OTHERS:
        notes.append(
            f"the folder {folder} can be opened by other users, and metertui did not create it; "
            "chmod 700 makes it private"
        )
    if files or folders:
        notes.append(
            f"{counted(files, 'file')} and {counted(folders, 'folder')} in {folder} could be opened by other "
            "users and are now private"
        )
    return "; ".join(notes)


def _made_here(folder: Path) -> bool:
    """Return whether an earlier version made a folder: its lock is open to others, and nothing else is in it."""
    try:
        lock = os.lstat(folder / LOCK)
    except FileNotFoundError:
        return False
    return bool(lock.st_mode & _OTHERS) and all(is_known(path.name) for path in folder.iterdir())


def is_known(name: str) -> bool:
    """Return whether a name directly in a data folder is one that metertui gives, or that of a draft or of rejects."""
    known = name.removesuffix(".rejected").removeprefix(".").rpartition(".")
    return bool({name, name.removesuffix(".rejected"), known[0]} & (_FILES | _FOLDERS))


def _known_files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if is_known(path.name) and path.name not in _FOLDERS:
            yield path
    for name in _FOLDERS:
        yield from (folder / name).glob("**/*.csv")


def known_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders in a data folder that metertui makes, as far as they are there."""
    for name in _FOLDERS:
        for path in (folder / name, *(folder / name).glob("[0-9]" * 4)):
            if path.is_dir() and not path.is_symlink():
                yield path


def _narrow(path: Path) -> bool:
    """Take what others may do with a file or folder of this user, and return whether they could do anything."""
    found = os.lstat(path)
    mode = stat.S_IMODE(found.st_mode)
    if not mode & _OTHERS or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return False
    try:
        path.chmod(mode & ~_OTHERS)
    except PermissionError:  # it belongs to another user
        return False
    return True


def _check_regular(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise OSError(errno.EINVAL, f"this is {what}, not a file", str(path))
