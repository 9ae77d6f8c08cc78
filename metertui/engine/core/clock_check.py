"""What a start says where this machine's clock and the contents of a folder contradict each other."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, SECOND, SiteZone, counted
from metertui.engine.errors import Refused
from metertui.engine.storage import AuditLog

_FAR: Final = 366 * DAY
"""How long a folder may have lain unused before a start asks whether the clock is right."""


def warn_of_clock(
    times: Sequence[NDArray[np.int64]], noted: Sequence[int | None], now: int, tolerance: int, zone: SiteZone
) -> list[str]:
    """Return warnings about a clock that is far ahead of what is stored, or behind it by more than `tolerance` (µs).

    `times` are those of readings, `noted` when the folder was last written by this machine's clock, µs UTC; if that is
    not known, its readings may be as old as they like.
    """
    newest = max((int(some.max()) for some in times if len(some)), default=None)
    later = sum(int(np.count_nonzero(some > now + tolerance)) for some in times)
    if later and newest is not None:
        readings = f"{counted(later, 'reading')} {'is' if later == 1 else 'are'}"
        return [f"{readings} later than this machine's clock, the newest at {zone.iso(newest)}: check the clock"]
    used = [time for time in noted if time is not None]
    last = max([*used, *filter(None, [newest])]) if used else now
    if now - last <= _FAR:
        return []
    said, entry = zone.iso(now // SECOND * SECOND), zone.iso(last // SECOND * SECOND)
    return [
        f"this machine's clock says {said}, {(now - last) // DAY} days after the last entry of this folder, of {entry}"
        ": check the clock, as it stamps readings without a time and refuses times far from it"
    ]


def last_noted(audit: AuditLog, zone: SiteZone) -> int | None:
    """Return when the newest entry of the audit log was made, µs UTC; None if there is none or it cannot be read."""
    with contextlib.suppress(OSError, Refused):
        for at, *_ in (audit.entries_before(None, "", 1) or ([], 0))[0][:1]:
            return zone.parse(at)
    return None
