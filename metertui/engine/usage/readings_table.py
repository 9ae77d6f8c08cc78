"""Readings as a table for other programs, each with the usage of the interval that ends at it and its status."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import DAY, SECOND, Int64Array, Progress, no_progress, split_identifier, window_of_days
from metertui.engine.columns import Frozen, as_frame, tail_columns
from metertui.engine.index import PIECE, ReadingList
from metertui.engine.usage.buckets import in_clock
from metertui.engine.usage.intervals import Listed, filed_times, list_readings
from metertui.engine.usage.query import Question

STATUS: Final = ("counted", "reset", "exchange", "rounding", "suspect", "rejected", "void", "interval")
"""Names of the values of a status, in order. An exchange is no stored reading: its row has the final read. Nor is the
end of an interval, which is in no table of readings."""
Kind = Literal["text", "time", "kwh"]
LIST_KINDS: Final[dict[str, Kind]] = {
    "identifier": "text",
    "timestamp": "time",
    "reading_kwh": "kwh",
    **dict.fromkeys(ATTRIBUTES, "text"),
}
"""Names of the columns of a list of readings, and what is below them."""
COLUMNS: Final[dict[str, Kind]] = {
    "identifier": "text",
    "timestamp": "time",
    "reading_kwh": "kwh",
    "usage_kwh": "kwh",
    **dict.fromkeys(ATTRIBUTES, "text"),
    "status": "text",
    "channel": "text",
}
"""The same with usage, status and channel."""


def reading_tables(
    frozen: Frozen,
    question: Question,
    progress: Progress = no_progress,
    note_fraction: Callable[[bool], None] = lambda _: None,
) -> Iterator[pd.DataFrame]:
    """Yield the stored readings within a question's days, filters and time of day, in tables of COLUMNS.

    In order of meter and time. A reading at the end of a time of day is in it, as one at midnight is of the day before;
    but a meter's first counted one is in what it opens.
    Without a named channel they are of all registers.
    Columns as `ReadingList.frame` has them. `usage_kwh` is of the whole interval; it is missing at a meter's first
    counted reading, where C begins, and for a reading that is not counted. An exchange at which no reading counts has a
    row too. `progress` is called with the share done after each table, and `note_fraction` before the first one with
    whether any timestamp has a fraction of the second. Raises MeterError.
    """
    window = window_of_days(question.first, question.last, frozen.zone)
    code, channel = question.filter.meter_code(frozen.code), question.filter.named_channel
    listed = list_readings(frozen.columns, frozen.status, frozen.read_curve)
    wanted = np.array([question.filter.takes_group(group) for group in frozen.groups], dtype=bool)
    time = filed_times(listed.meter, listed.time, frozen.curve)
    kept = (time > window.start) & (time <= window.end) & wanted[_groups(frozen, listed.source)]
    registers = frozen.registers
    if channel:
        kept &= np.isin(listed.meter, registers.making(channel, code) or [])
    elif code is not None:
        kept &= registers.meter[listed.meter] == code
    clock = question.filter.clock
    if clock is not None:
        kept &= in_clock(frozen.zone.wall_clock(time - 1) % DAY, clock)
    rows: NDArray[Any] = np.flatnonzero(kept)
    note_fraction(bool((listed.time[rows] % SECOND).any()))
    meters = {at: frozen.ids[at] for at in np.flatnonzero(np.bincount(listed.meter[rows])).tolist()}
    for at in range(0, len(rows), PIECE):
        some = Listed(*(column[rows[at : at + PIECE]] for column in listed))
        group = _groups(frozen, some.source)
        frame = as_frame(some.meter, some.time, some.wh, group, meters, frozen.groups, frozen.zone)
        yield judged_frame(frame, some.used, some.status)
        progress(min(1.0, (at + PIECE) / len(rows)))


def _groups(frozen: Frozen, source: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the group of each of `Listed`, by its source; int32[n]."""
    stored = source >= 0
    found = np.empty(len(source), dtype=np.int32)
    found[stored], found[~stored] = frozen.group[source[stored]], _groups_of_exchanges(frozen, ~source[~stored])
    return found


def _groups_of_exchanges(frozen: Frozen, places: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the groups of points of the curve of readings, by their places."""
    reads = frozen.read_curve
    at, _ = tail_columns.locate_rows(frozen.curve, reads.meter[places], reads.time[places])
    return frozen.curve_group[at]


def list_tables(found: ReadingList, frozen: Frozen, progress: Progress, piece: int) -> Iterator[pd.DataFrame]:
    """Yield a list of readings in its order in tables of COLUMNS, at most `piece` at a time.

    `frozen` has at least those readings. `progress` is called with the share done after each table.
    """
    listed = list_readings(frozen.columns, frozen.status, frozen.read_curve)
    used = listed.used[listed.source >= 0]
    done = 0
    for frame in found.frames(progress, piece):
        readings = found.part(done, done + len(frame))
        rows, _ = tail_columns.locate_rows(frozen.columns, readings.meter, readings.time)
        yield judged_frame(frame, used[rows], frozen.status[rows])
        done += len(frame)


def judged_frame(frame: pd.DataFrame, used: Int64Array, status: NDArray[np.uint8]) -> pd.DataFrame:
    """Return a frame of readings with `usage_kwh`, `status` and `channel`. Usage is in Wh; one below 0 is missing."""
    identifiers = frame["identifier"].cat
    of_each = [split_identifier(each).channel for each in identifiers.categories]
    distinct = sorted(set(of_each))
    place = np.array([distinct.index(each) for each in of_each], dtype=np.int64)
    channel = pd.Categorical.from_codes(place[identifiers.codes], categories=pd.Index(distinct, dtype=object))
    names = pd.Categorical.from_codes(status, categories=pd.Index(STATUS, dtype=object))
    return frame.assign(usage_kwh=np.where(used < 0, np.nan, used / 1000), status=names, channel=channel)[list(COLUMNS)]
