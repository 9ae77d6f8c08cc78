"""The zone of a file's times as a person says it: a name, or an offset from UTC."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Final

from metertui.engine.base import SiteZone
from metertui.engine.errors import DataError, MeterError

_OFFSET: Final = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?(00|15|30|45))?", re.IGNORECASE)
_FARTHEST: Final = 14
"""Hours from UTC."""


def is_utc(name: str) -> bool:
    """Return whether a name is one of UTC."""
    return name.upper() in ("UTC", "GMT", "Z", "ETC/UTC", "+00:00", "+00")


def zone_named(name: str) -> SiteZone:
    """Return the zone of a name such as Europe/Vienna, or of an offset such as +10:00 or +05:45. Raises MeterError."""
    if is_utc(name):
        return SiteZone("UTC")
    offset = _OFFSET.fullmatch(name)
    if offset is None:
        return SiteZone(name)
    hours, minutes = int(offset[2]), int(offset[3] or 0)
    if hours + minutes / 60 > _FARTHEST:
        raise MeterError(f"{name} is farther from UTC than any zone")
    east = timedelta(hours=hours, minutes=minutes)
    return SiteZone.at_offset(east if offset[1] == "+" else -east)


def zone_of(path: Path, name: str) -> SiteZone:
    """Return the zone of `--zone`. Raises DataError."""
    try:
        return zone_named(name)
    except MeterError as error:
        raise DataError(path, None, f"--zone {name}: {error}") from error
