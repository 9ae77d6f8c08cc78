"""The file of the Unix socket in a data folder, which works for paths too long for a socket as well."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NAME: Final = ".control"
_MAX_PATH_BYTES: Final = 100
"""Bytes that the path of a socket may have on every system; see unix(7), sun_path."""


def bind(folder: Path) -> socket.socket:
    """Return a bound socket, whose file only its user may open. Raises OSError.

    An existing file was left by a killed process, since only the owner of the folder calls this.
    """
    path = folder / NAME
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short_path(folder) as short:
            made.bind(f"{short}/{NAME}")
        path.chmod(0o600)  # no client can connect before it listens
    except BaseException:
        made.close()
        raise
    return made


def connect(folder: Path) -> socket.socket:
    """Return a socket connected to the owner of a folder, at once or never. Raises OSError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.setblocking(False)  # else it waits where the owner has stopped accepting and the queue is full
        with _short_path(folder) as short:
            made.connect(f"{short}/{NAME}")
        made.setblocking(True)
    except BaseException:
        made.close()
        raise
    return made


def remove(folder: Path) -> None:
    """Remove the file. Raises OSError."""
    (folder / NAME).unlink(missing_ok=True)


@contextlib.contextmanager
def _short_path(folder: Path) -> Iterator[str]:
    """Yield a path of the folder that is short enough for a socket in it."""
    whole = str(folder)
    if len(os.fsencode(whole)) + 1 + len(NAME) <= _MAX_PATH_BYTES:
        yield whole
        return
    with tempfile.TemporaryDirectory(prefix="metertui-") as near:
        link = Path(near) / "d"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield str(link)
