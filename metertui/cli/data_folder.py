"""The data folder that a command works on, opened for reading."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metertui import settings
from metertui.cli.errors import UsageError
from metertui.cli.output import print_warnings, progress_bar
from metertui.engine.base import SystemClock
from metertui.engine.core import Engine


def folder_of(options: argparse.Namespace) -> Path:
    """Return the data folder that `--data` names, else `METERTUI_DATA`, else `data`.

    Raises UsageError for an empty name, which the variable of a script without a value gives.
    """
    named = {"--data": getattr(options, "data", None), "METERTUI_DATA": os.environ.get("METERTUI_DATA")}
    where, name = next(((where, name) for where, name in named.items() if name is not None), ("", "data"))
    if not name:
        raise UsageError(f"{where} is empty; give the name of a folder")
    return Path(name)


@contextmanager
def open_for_reading(options: argparse.Namespace) -> Iterator[Engine]:
    """Open the data folder for reading, beside its owner if it has one, and print its warnings. Raises MeterError."""
    path = folder_of(options)
    rules = settings.load(path).rules()
    with progress_bar("reading the archive") as progress:
        engine = Engine.open_readonly(path, rules, SystemClock(), progress)
    try:
        print_warnings([*engine.warnings, *filter(None, [settings.zone_note(path)])])
        yield engine
    finally:
        engine.close()
