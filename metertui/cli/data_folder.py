"""The data folder that a command works on, opened for reading."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metertui import settings
from metertui.cli.output import print_warnings, progress_bar
from metertui.engine.base import SystemClock
from metertui.engine.core import Engine


def folder_of(options: argparse.Namespace) -> Path:
    """Return the data folder that `--data` names, else `METERTUI_DATA`, else `data`."""
    return Path(getattr(options, "data", None) or os.environ.get("METERTUI_DATA") or "data")


@contextmanager
def open_for_reading(options: argparse.Namespace) -> Iterator[Engine]:
    """Open the data folder for reading, beside its owner if it has one, and print its warnings. Raises MeterError."""
    path = folder_of(options)
    rules = settings.load(path).rules()
    with progress_bar("reading the archive") as progress:
        engine = Engine.open_readonly(path, rules, SystemClock(), progress)
    try:
        print_warnings(engine.warnings)
        yield engine
    finally:
        engine.close()
