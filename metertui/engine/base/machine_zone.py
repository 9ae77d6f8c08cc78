"""The time zone of this machine by name: from `TZ`, or from `/etc/localtime`, a link to a zone or a copy of one.

A name is needed, as the rules of a zone are looked up by it wherever a data folder is opened.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from metertui.engine.errors import MeterError

_LOCALTIME: Final = Path("/etc/localtime")
_STATED: Final = Path("/etc/timezone")
_FOLDER: Final = "zoneinfo/"
_VARIANTS: Final = ("posix/", "right/")


def machine_zone(env: Mapping[str, str], localtime: Path = _LOCALTIME, stated: Path = _STATED) -> str:
    """Return the name of the zone that `TZ` or this machine is set to; `UTC` on a machine that is set to none.

    Raises MeterError that names `TZ` and the setting where a zone has no name.
    """
    named = env.get("TZ", "").removeprefix(":")
    if named:
        name = _zone_of_file(Path(named), stated) if named.startswith("/") else named
        if name is None or not _is_zone(name):
            raise MeterError(
                f"TZ is {env['TZ']!r}, which is no time zone by name; set the setting timezone, or TZ, to one such as "
                "Asia/Singapore"
            )
        return name
    if not localtime.exists():
        return _stated_zone(stated) or "UTC"
    name = _zone_of_file(localtime, stated)
    if name is None:
        raise MeterError(
            f"{localtime} is no time zone that has a name; set the setting timezone, or TZ, to one such as "
            "Asia/Singapore"
        )
    return name


def _zone_of_file(path: Path, stated: Path) -> str | None:
    """Return the zone that a file is, by the name of what it links to or by its content; None if it is none."""
    for place in (path, path.resolve()):
        _, found, name = str(place).rpartition(_FOLDER)
        for variant in _VARIANTS:
            name = name.removeprefix(variant)
        if found and _is_zone(name):
            return name
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if not content.startswith(b"TZif"):
        return None
    likely = [name for name in (_stated_zone(stated),) if name]
    # Of the names of one zone, those of a place come first, as `Singapore` is an old one of `Asia/Singapore`.
    others = sorted(zoneinfo.available_timezones(), key=lambda name: ("/" not in name or name.startswith("Etc/"), name))
    return next((name for name in (*likely, *others) if _content(name) == content), None)


def _content(name: str) -> bytes | None:
    for folder in zoneinfo.TZPATH:
        try:
            return (Path(folder) / name).read_bytes()
        except OSError:
            continue
    return None


def _stated_zone(path: Path) -> str | None:
    try:
        name = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if name and _is_zone(name) else None


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
