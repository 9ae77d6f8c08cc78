"""What can go wrong, each with one clear sentence."""

from __future__ import annotations

from pathlib import Path


class MeterError(Exception):
    """A failure that its text explains to a person in one sentence."""


class Refused(MeterError):
    """Input that is not taken. `code` is the wire's error code (`bad-reading`, `not-registered`, …)."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class StorageError(MeterError):
    """The disk refused: nothing of what was to be written counts as stored."""


class DataError(MeterError):
    """A file in the data folder is not as it should be; names file, line and reason."""

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{where}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class OwnedError(MeterError):
    """Another process owns the data folder."""


class BusyError(MeterError):
    """The work is under way already (a day close, say)."""
