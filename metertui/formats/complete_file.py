"""Files that get their name only when they are complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metertui.engine.errors import MeterError


@contextmanager
def complete_file(path: Path) -> Iterator[Path]:
    """Yield the path to write to, which replaces `path` at the end; a device or pipe is written to as it is.

    After an exception no part of the file remains, and an existing one is unchanged. Raises MeterError for an OSError.
    """
    special = path.exists() and not path.is_file()
    spare = path if special else path.with_name(f".{path.name}.new")
    try:
        try:
            yield spare
            if not special:
                spare.replace(path)
        finally:
            if not special:
                spare.unlink(missing_ok=True)
    except OSError as error:
        raise MeterError(f"cannot write {path}: {error.strerror or error}") from error
