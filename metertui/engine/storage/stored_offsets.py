"""The offsets from UTC in the files of a data folder, compared with a time zone.

A folder whose readings were written in another zone has other days and months, and so other bills. Its files show it:
a timestamp has the offset that the site zone had.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from metertui.engine.base import SiteZone
from metertui.engine.errors import Refused

_LOGS: Final = ("log.sealed.txt", "log.txt")
_END: Final = 4096
"""Bytes of each end of a file that are looked at. The offset of a day changes once at most."""


def has_readings(folder: Path) -> bool:
    """Return whether there is a line of a reading in the log or a day file."""
    return next(_timestamps(folder), None) is not None


def differing_offset(folder: Path, zone: SiteZone) -> str | None:
    """Return a sentence on the first reading whose timestamp has not the offset of `zone`; None if there is none.

    The first and last readings of each file are looked at. Files that cannot be read are left to who reads them.
    """
    for path, text in _timestamps(folder):
        try:
            own = zone.iso(zone.parse(text))
        except Refused:
            continue
        if _offset(text) and _offset(own) != _offset(text):
            return f"{path} has the reading of {text}, where {zone.name} has {_offset(own)}"
    return None


def _timestamps(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the timestamps of the readings near both ends of each file."""
    for path in (*(folder / name for name in _LOGS), *sorted((folder / "archive").glob("[0-9]*/*_*.csv"))):
        for line in _outer_lines(path):
            cells = line.split(",")
            if len(cells) >= 3 and cells[0] != "identifier":
                yield path, cells[1]


def _outer_lines(path: Path) -> Iterator[str]:
    """Yield the whole lines near the beginning of a file and near its end."""
    try:
        if not path.is_file():
            return
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            head = file.read(_END)
            file.seek(max(0, size - _END))
            tail = file.read(_END)
    except OSError:
        return
    yield from head.decode("ascii", "replace").split("\n")[:-1]
    if size > _END:
        yield from tail.decode("ascii", "replace").split("\n")[1:-1]


def _offset(text: str) -> str:
    """Return the offset at the end of a timestamp, such as `+08:00`; empty where there is none."""
    if text.endswith("Z"):
        return "+00:00"
    return text[-6:] if len(text) > 6 and text[-6] in "+-" and text[-3] == ":" else ""
