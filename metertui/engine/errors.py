"""The exceptions of the engine. The text of each explains the failure to a person in one sentence."""

from __future__ import annotations

from pathlib import Path


class MeterError(Exception):
    """The base class of all exceptions of metertui."""


class Refused(MeterError):
    """Input was refused. `code` is the error code of the protocol (`bad-reading`, `not-registered`, …)."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class StorageError(MeterError):
    """Writing to disk failed. Nothing that was to be written counts as stored."""


class DataError(MeterError):
    """A file in the data folder is invalid. The text names file, line and reason."""

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{where}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class UnwritableError(MeterError):
    """The data folder cannot be owned, as nothing can be written into it."""


class OwnedError(MeterError):
    """Another process owns the data folder."""


class BusyError(MeterError):
    """The work is already being done, such as a day close."""


def text_of(error: Exception) -> str:
    """Return what an exception says, in one sentence; that of the operating system with the file that it is about."""
    if not isinstance(error, OSError):
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror or str(error)
