"""Readings as a table for other programs, each with the usage of the interval that ends at it and its status."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import (
    ACTUAL,
    DAY,
    SECOND,
    Int64Array,
    Progress,
    no_progress,
    split_identifier,
    window_of_days,
)
from metertui.engine.columns import (
    NO_ENERGY,
    NO_REGISTER,
    NO_TIME,
    Columns,
    Frozen,
    IntervalColumns,
    as_frame,
    tail_columns,
    with_quality,
    with_stated,
)
from metertui.engine.index import PIECE, ReadingList
from metertui.engine.usage.buckets import in_clock
from metertui.engine.usage.intervals import Listed, filed_times
from metertui.engine.usage.listed_intervals import list_all, list_history
from metertui.engine.usage.query import Question
from metertui.engine.vee import rules

STATUS: Final = (
    "counted", "reset", "exchange", "rounding", "rollover", "suspect", "rejected", "void", "interval", "divided",
    "replaced", "withdrawn",
)  # fmt: skip
"""Names of the values of a status, in order. An exchange is no stored reading: its row has the final read. An
instant at which a step is divided is in no list."""
ROW_STATUS: Final = (*STATUS[: rules.INTERVAL], "counted", *STATUS[rules.DIVIDED :])
"""The same in a list, where an interval that counts is as a reading that does."""
Kind = Literal["text", "time", "kwh", "fine_kwh"]
LIST_KINDS: Final[dict[str, Kind]] = {
    "identifier": "text",
    "timestamp": "time",
    "reading_kwh": "kwh",
    **dict.fromkeys(ATTRIBUTES, "text"),
    "quality": "text",
}
"""Names of the columns of a list of readings, and what is below them."""
COLUMNS: Final[dict[str, Kind]] = {
    "identifier": "text",
    "timestamp": "time",
    "reading_kwh": "kwh",
    "usage_kwh": "kwh",
    **dict.fromkeys(ATTRIBUTES, "text"),
    "status": "text",
    "quality": "text",
    "channel": "text",
}
"""The same with usage, status and channel."""
OF_INTERVALS: Final[dict[str, Kind]] = {"start": "time", "interval_kwh": "fine_kwh"}
"""The columns that follow where there are intervals: their starts, and their energy as the file states it."""


def with_intervals(columns: dict[str, Kind], has_intervals: bool) -> dict[str, Kind]:
    """Return the columns of a table that has intervals or none."""
    return columns | OF_INTERVALS if has_intervals else columns


class ReadingTables:
    """The stored readings within a question's days, filters and time of day, in order of meter and time.

    A reading at the end of a time of day is in it, as one at midnight is of the day before; but a meter's first counted
    one is in what it opens. An interval of a file is in it as one reading at its end. Without a named channel they are
    of all registers. An exchange at which no reading counts has a row too.
    """

    def __init__(self, frozen: Frozen, question: Question) -> None:
        """Select the readings. Raises MeterError."""
        self._frozen = frozen
        window = window_of_days(question.first, question.last, frozen.zone)
        code, channel = question.filter.meter_code(frozen.code), question.filter.named_channel
        self._listed, self._intervals = list_history(
            frozen.columns, frozen.status, frozen.read_curve, frozen.curve, frozen.intervals, frozen.former
        )
        listed = self._listed
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
        self._rows: NDArray[Any] = np.flatnonzero(kept)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def columns(self) -> dict[str, Kind]:
        """Return the columns of the tables: COLUMNS, and OF_INTERVALS where there are intervals."""
        return with_intervals(COLUMNS, self._has_intervals)

    @cached_property
    def _has_intervals(self) -> bool:
        return bool((self._listed.source[self._rows] >= len(self._frozen.columns)).any())

    @property
    def has_fractions(self) -> bool:
        """Return whether any timestamp has a fraction of the second."""
        return bool((self._listed.time[self._rows] % SECOND).any())

    def pieces(self, progress: Progress = no_progress) -> Iterator[pd.DataFrame]:
        """Yield the tables, some thousand rows each, so that memory stays bounded.

        Columns as `ReadingList.frame` has them. `usage_kwh` is of the whole interval between readings, beyond what
        intervals of files state; it is missing at a meter's first counted reading, where C begins, and for a reading
        that is not counted. `progress` is called with the share done after each.
        """
        frozen, rows = self._frozen, self._rows
        meter = self._listed.meter[rows]
        meters = {at: frozen.ids[at] for at in np.flatnonzero(np.bincount(meter)).tolist()}
        for at in range(0, len(rows), PIECE):
            some = self._listed.take(rows[at : at + PIECE])
            group = _groups(frozen, some.source)
            frame = as_frame(some.meter, some.time, some.wh, group, meters, frozen.groups, frozen.zone)
            frame = with_quality(frame, qualities_of(some, frozen.quality, len(frozen.columns), self._intervals))
            if self._has_intervals:
                frame = with_stated(frame, *stated_of(some, len(frozen.columns), self._intervals), frozen.zone)
            yield judged_frame(frame, some.used, some.status)
            progress(min(1.0, (at + PIECE) / len(rows)))


def stated_of(listed: Listed, reads: int, intervals: IntervalColumns) -> tuple[Int64Array, Int64Array]:
    """Return starts (µs UTC) and energies (µWh) of intervals; NO_TIME and NO_ENERGY of readings; int64[n].

    `listed` is what `list_all` has made of so many `reads` and of the intervals.
    """
    start = np.full(len(listed.time), NO_TIME, dtype=np.int64)
    energy = np.full(len(listed.time), NO_ENERGY, dtype=np.int64)
    stated = listed.source >= reads
    found = intervals.take(listed.source[stated] - reads)
    start[stated], energy[stated] = found.start, found.energy
    return start, energy


def qualities_of(
    listed: Listed, quality: NDArray[np.uint8] | None, reads: int, intervals: IntervalColumns
) -> NDArray[np.uint8]:
    """Return the qualities of listed readings and intervals, see `stated_of`; those of `reads` are None for actual."""
    found = np.full(len(listed.time), ACTUAL, dtype=np.uint8)
    stored, stated = _kinds(listed, reads)
    if quality is not None:
        found[stored] = quality[listed.source[stored]]
    found[stated] = intervals.quality[listed.source[stated] - reads]
    return found


def _listed(frozen: Frozen) -> Listed:
    return list_all(frozen.columns, frozen.status, frozen.read_curve, frozen.curve, frozen.intervals)


def _groups(frozen: Frozen, source: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the group of each of `Listed`, by its source; int32[n]."""
    stored = source >= 0
    found = np.empty(len(source), dtype=np.int32)
    group = frozen.group
    if len(frozen.intervals) or len(frozen.former):
        group = np.concatenate((group, frozen.interval_group, frozen.former_group))
    found[stored], found[~stored] = group[source[stored]], _groups_of_exchanges(frozen, ~source[~stored])
    return found


def _groups_of_exchanges(frozen: Frozen, places: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the groups of points of the curve of readings, by their places."""
    reads = frozen.read_curve
    at, _ = tail_columns.locate_rows(frozen.curve, reads.meter[places], reads.time[places])
    return frozen.curve_group[at]


def list_tables(found: ReadingList, frozen: Frozen, progress: Progress, piece: int) -> Iterator[pd.DataFrame]:
    """Yield a list of readings in its order in tables of `list_columns`, at most `piece` at a time.

    `frozen` has at least those readings. An interval that does not count any longer has no usage. `progress` is called
    with the share done after each table.
    """
    listed, done = ListedUsage(found, frozen), 0
    for frame in found.frames(progress, piece):
        yield judged_frame(frame, *listed.part(done, done + len(frame)))
        done += len(frame)


class ListedUsage:
    """Usage and status of the readings of a list, by all readings of `frozen`, which has at least those."""

    def __init__(self, found: ReadingList, frozen: Frozen) -> None:
        self._found = found
        self._frozen = frozen
        self._listed = _listed(frozen)
        self._reads, self._intervals = map(np.flatnonzero, _kinds(self._listed, len(frozen.columns)))

    def part(self, start: int, stop: int) -> tuple[Int64Array, NDArray[np.uint8]]:
        """Return usage (Wh, -1 for none) and status of the readings [start, stop)."""
        frozen, readings = self._frozen, self._found.part(start, stop)
        count = len(readings.time)
        used, status = np.full(count, -1, dtype=np.int64), np.full(count, rules.INTERVAL, dtype=np.uint8)
        read = readings.wh != NO_REGISTER
        rows, _ = tail_columns.locate_rows(frozen.columns, readings.meter[read], readings.time[read])
        used[read], status[read] = self._listed.used[self._reads[rows]], frozen.status[rows]
        ends = Columns(frozen.intervals.meter, frozen.intervals.end, frozen.intervals.start)
        rows, known = tail_columns.locate_rows(ends, readings.meter[~read], readings.time[~read])
        known[known] = ends.wh[rows[known]] == self._found.stated(readings)[0][~read][known]
        used[np.flatnonzero(~read)[known]] = self._listed.used[self._intervals[rows[known]]]
        return used, status


def _kinds(listed: Listed, reads: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of `Listed` are stored readings, and which intervals; bool[n]."""
    return (listed.source >= 0) & (listed.source < reads), listed.source >= reads


def judged_frame(frame: pd.DataFrame, used: Int64Array, status: NDArray[np.uint8]) -> pd.DataFrame:
    """Return a frame with `usage_kwh`, `status` and `channel` as well. Usage is in Wh; one below 0 is missing."""
    identifiers = frame["identifier"].cat
    of_each = [split_identifier(each).channel for each in identifiers.categories]
    distinct = sorted(set(of_each))
    place = np.array([distinct.index(each) for each in of_each], dtype=np.int64)
    channel = pd.Categorical.from_codes(place[identifiers.codes], categories=pd.Index(distinct, dtype=object))
    names = list(dict.fromkeys(ROW_STATUS))
    code = np.array([names.index(each) for each in ROW_STATUS], dtype=np.int64)
    told = pd.Categorical.from_codes(code[status], categories=pd.Index(names, dtype=object))
    columns = with_intervals(COLUMNS, "start" in frame)
    return frame.assign(usage_kwh=np.where(used < 0, np.nan, used / 1000), status=told, channel=channel)[list(columns)]
