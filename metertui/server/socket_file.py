"""The Unix socket in a data folder: where it is, and how it is reached where its path is too long for a socket."""

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
"""Bytes that the path of a socket may have everywhere; see unix(7), sun_path."""


def bind(folder: Path) -> socket.socket:
    """A socket that will listen, its file for the folder's owner alone. Raises OSError.

    What stands there already is what a killed process left, as only the owner of the folder comes here.
    """
    path = folder / NAME
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short_path(folder) as short:
            made.bind(f"{short}/{NAME}")
        path.chmod(0o600)  # nobody can connect before it listens
    except BaseException:
        made.close()
        raise
    return made


def connect(folder: Path) -> socket.socket:
    """A connection to the owner of a folder. Raises OSError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short_path(folder) as short:
            made.connect(f"{short}/{NAME}")
    except BaseException:
        made.close()
        raise
    return made


def remove(folder: Path) -> None:
    """Take the file away. Raises OSError."""
    (folder / NAME).unlink(missing_ok=True)


@contextlib.contextmanager
def _short_path(folder: Path) -> Iterator[str]:
    """A name of the folder that leaves room for that of the socket."""
    whole = str(folder)
    if len(os.fsencode(whole)) + 1 + len(NAME) <= _MAX_PATH_BYTES:
        yield whole
        return
    with tempfile.TemporaryDirectory(prefix="metertui-") as near:
        link = Path(near) / "d"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield str(link)
