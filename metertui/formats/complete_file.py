"""Files for other programs, which get their name only when they are complete.

None is written into a data folder, whose files are for metertui to write. Links are resolved first.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from metertui.engine.errors import MeterError

STANDARD: Final = Path("-")
"""Standard output where a file is written, standard input where one is read."""
_STANDARD_OUTPUT: Final = frozenset(("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"))
_DATA: Final = ("log.txt", "users.csv")
"""A folder that holds one of them is a data folder."""


def is_standard_output(path: Path) -> bool:
    """Return whether a path names standard output."""
    return str(path) in _STANDARD_OUTPUT


def is_stream(path: Path) -> bool:
    """Return whether a path names standard output, a device or a pipe, which are written to as they are."""
    if is_standard_output(path):
        return True
    mode = _mode(path)
    return mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def resolve_output(path: Path) -> Path:
    """Return where an output goes, its links resolved. Raises MeterError for a place in or below a data folder."""
    if is_standard_output(path):
        return path
    target = Path(os.path.realpath(path))  # Path.resolve fails at a loop of links, which opening will name
    for folder in (target, *target.parents):
        for name in _DATA:
            if os.path.lexists(folder / name):
                raise MeterError(f"cannot write {path}: {folder} is a data folder, as it holds {name}; choose another")
    return target


@contextmanager
def complete_file(path: Path) -> Iterator[BinaryIO]:
    """Yield the file to write, which replaces `path`, or what a link there points to, at the end, and keeps its mode.

    A stream is written to as it is. After an exception no part of the file remains, and an existing one is unchanged.
    Raises MeterError for an OSError and for a place in a data folder, BrokenPipeError if nobody reads a pipe.
    """
    target = resolve_output(path)
    try:
        with _stream(path) if is_stream(path) else _replacing(target) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise MeterError(f"cannot write {path}: {error.strerror or error}") from error


@contextmanager
def as_text(file: BinaryIO, *, bom: bool = False) -> Iterator[TextIO]:
    """Yield a file to write UTF-8 text to, with the line ends as they are; it stays open. `bom` marks it for Excel."""
    if bom:
        file.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield text
    finally:
        text.detach()


@contextmanager
def _stream(path: Path) -> Iterator[BinaryIO]:
    if is_standard_output(path):
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with open(os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC), "wb") as file:
            yield file


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    """Yield a new file, under a name that nobody can guess, that takes the place of `target` at the end."""
    mode = _mode(target)
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    spare = target.with_name(f".metertui-{secrets.token_hex(16)}.new")

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NOFOLLOW, 0o666 if mode is None else 0o600)

    with open(spare, "xb", opener=opener) as file:
        try:
            yield file
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            os.fsync(file.fileno())
            spare.replace(target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                spare.unlink()


def _mode(path: Path) -> int | None:
    """Return the mode of what a path leads to; None if there is nothing. Raises MeterError if it is unknown."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise MeterError(f"cannot write {path}: {error.strerror or error}") from error
