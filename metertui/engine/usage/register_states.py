"""The registers of a meter beside one another: what each used in a window, and its latest reading."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np

from metertui.engine.base import QUALITY_NAMES, USE
from metertui.engine.columns import PARTS
from metertui.engine.usage.readings_table import STATUS
from metertui.engine.usage.series import Series
from metertui.engine.vee import rules


class Latest(NamedTuple):
    """The latest reading of a register that stands, or the latest interval, at its end."""

    time: int
    """µs UTC."""
    wh: int | None
    """The register; None of an interval."""
    start: int
    """Where the interval begins; of a reading its time."""
    status: str
    quality: str


class Register(NamedTuple):
    """A channel of a meter, with the channels that it is the sum of where it is not read, or that it is a part of."""

    channel: str
    parts: tuple[str, ...] = ()
    of: str = ""


class RegisterState(NamedTuple):
    """A register with its usage in a window (None without data), and its latest reading (None without one)."""

    register: Register
    usage_wh: int | None
    latest: Latest | None


def registers_among(channels: Collection[str]) -> Iterator[Register]:
    """Yield the registers of a meter that has these channels: the use first, each total before its parts."""
    left = dict.fromkeys(channels)
    for total, every in PARTS.items():
        parts = tuple(each for each in every if each in left)
        if total in left or parts or total == USE:
            yield Register(total, parts)
            yield from (Register(each, of=total) for each in parts)
        for each in (total, *parts):
            left.pop(each, None)
    yield from map(Register, sorted(left))


def latest_of(series: Series) -> Latest | None:
    """Return the latest reading or interval of a register."""
    found = None
    standing = np.flatnonzero(series.status != rules.VOID)
    if len(standing):
        row = int(standing[-1])
        time, status = int(series.time[row]), STATUS[int(series.status[row])]
        found = Latest(time, int(series.wh[row]), time, status, QUALITY_NAMES[series.quality_at(row)])
    intervals = series.intervals
    if len(intervals) and (found is None or int(intervals.end[-1]) > found.time):
        quality = QUALITY_NAMES[int(intervals.quality[-1])]
        return Latest(int(intervals.end[-1]), None, int(intervals.start[-1]), "counted", quality)
    return found
