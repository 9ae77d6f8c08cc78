"""Standard input, output and error as the caller left them: closed, full, or of few characters."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import Final, TextIO

_STREAMS: Final = (("stdin", os.O_WRONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w"))
"""Each with how what replaces a closed one is opened: to read a closed input or write a closed output fails."""

_OF_WRITING: Final = (errno.ENOSPC, errno.EBADF, errno.EIO, errno.EDQUOT, errno.EFBIG)


def prepare() -> None:
    """Open what is closed, whose place the next file would take, and escape what an encoding lacks instead of failing.

    Python does the latter for standard error.
    """
    for name, flags, mode in _STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, flags), mode, encoding="utf-8"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def write_utf8() -> None:
    """Have standard output take UTF-8, whatever the locale, where other programs and not a terminal read it."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")


def drop_broken(failed: OSError | None = None) -> list[str]:
    """Return a sentence on each output that takes nothing any more, and drop what is still to be written to it.

    `failed` is what a write raised, which leaves no trace in a stream without a buffer (PYTHONUNBUFFERED).
    """
    failures = []
    for name, stream in (("standard output", sys.stdout), ("standard error", sys.stderr)):
        try:
            stream.flush()
        except OSError as error:
            _drop(stream)
            failures.append(f"cannot write to {name}: {error.strerror or error}")
    if not failures and failed is not None and failed.filename is None and failed.errno in _OF_WRITING:
        _drop(sys.stdout)
        failures.append(f"cannot write to standard output: {failed.strerror}")
    return failures


def _drop(stream: TextIO) -> None:
    """Send what a stream still holds, and what comes, nowhere: Python writes it again when it ends."""
    with contextlib.suppress(io.UnsupportedOperation):
        fd = os.open(os.devnull, os.O_WRONLY)
        os.dup2(fd, stream.fileno())
        os.close(fd)
