"""Files that commands read: `-` is standard input, and a pipe is as good as a file."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from metertui.engine.errors import MeterError
from metertui.formats import STANDARD

STANDARD_INPUT: Final = "standard input"


@contextmanager
def as_file(name: str) -> Iterator[Path]:
    """Yield the path of what a command is to read. What is read from a pipe is kept in a temporary file meanwhile.

    The owner of a data folder can then read it too, and it can be read twice. Raises MeterError, which names the input
    as it was given.
    """
    path = Path(name)
    if path != STANDARD and not path.is_fifo():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="metertui-") as folder:
        kept = Path(folder, shown_name(path))
        try:
            _keep(path, kept)
            yield kept
        except MeterError as error:
            raise MeterError(str(error).replace(str(kept), shown_name(path))) from error


def shown_name(path: Path) -> str:
    """Return what an input is called in messages."""
    return STANDARD_INPUT if path == STANDARD else path.name


def _keep(path: Path, kept: Path) -> None:
    """Copy standard input, or a pipe. Raises MeterError."""
    try:
        with contextlib.ExitStack() as stack:
            source = sys.stdin.buffer if path == STANDARD else stack.enter_context(path.open("rb"))
            shutil.copyfileobj(source, stack.enter_context(kept.open("wb")))
    except OSError as error:
        raise MeterError(f"cannot read {kept}: {error.strerror or error}") from error
