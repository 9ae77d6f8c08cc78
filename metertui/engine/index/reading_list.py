"""Readings that meet a question, as a list in an order, whose values are fetched only for those that are asked for.

An interval of a file is in it as one reading at its end, without a register.

A list holds 8 bytes a reading, its row, so that a screen can page through millions. It is of one moment: neither its
readings nor their values change when more arrive, and it may be used in any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import ACTUAL, SECOND, Int64Array, Progress, SiteZone, no_progress
from metertui.engine.columns import (
    NO_ENERGY,
    NO_REGISTER,
    NO_TIME,
    Columns,
    Corrections,
    FrozenTail,
    Group,
    IntervalColumns,
    as_frame,
    concat_ranges,
    run_edges,
    tail_columns,
    with_quality,
    with_stated,
)
from metertui.engine.errors import MeterError
from metertui.engine.index.meter_codes import GroupsInTime
from metertui.engine.index.reading_text import TextFinder
from metertui.engine.intervals import without_overlaps

LIST_COLUMNS: Final = ("identifier", "timestamp", "reading_kwh", *ATTRIBUTES)
"""The columns of a list's frames, and what it can be sorted by."""
PIECE: Final = 50_000
"""Readings of a frame, where there are more: some 4 MB."""


_MANY: Final = 1_000_000
"""Readings looked at together, so that memory stays bounded."""
_NEVER: Final = np.iinfo(np.int64).max


class NotTheFirst(NamedTuple):
    """The rows of instants at which not the first value that came stands."""

    void: Int64Array
    """Where none stands; int64."""
    replaced: Mapping[int, int]
    """Where another stands, and its register (Wh), by row."""


ALL_THE_FIRST: Final = NotTheFirst(np.empty(0, dtype=np.int64), {})


@dataclass(frozen=True, eq=False)
class Stored:
    """What is stored at one moment, by rows of the index."""

    history: Columns
    tail: FrozenTail
    ids: Sequence[str]
    """Meter ids by code."""
    groups_in_time: GroupsInTime
    groups: Sequence[Group]
    """Attributes by group code."""
    zone: SiteZone
    corrections: Corrections | None
    """The edits by meter code; None if there are none."""
    not_the_first: NotTheFirst
    rows_of_meter: Callable[[int], Int64Array]
    """Returns the rows of all readings of a meter by its code, in time order; any thread."""
    reads: int
    """How many rows are readings; the intervals have the rows behind them."""
    stated: IntervalColumns
    """The intervals of files that stand."""
    former: IntervalColumns
    """Values of intervals that do not stand any longer; no list has them."""

    @cached_property
    def intervals(self) -> IntervalColumns:
        """Return the intervals that count."""
        return without_overlaps(self.stated)

    def readings_at(self, rows: Int64Array) -> Readings:
        """Return what stands at the instants of rows, in their order; of a void one the reading that came first."""
        late = rows >= self.reads
        if late.any():
            return self._with_intervals(rows, late)
        meter, time, wh = tail_columns.readings_at(self.history, self.tail, rows)
        replaced = self.not_the_first.replaced
        if replaced:
            for place in np.flatnonzero(np.isin(rows, list(replaced))).tolist():
                wh[place] = replaced[int(rows[place])]
        return Readings(meter, time, wh, self.groups_in_time.groups_of(meter, time))

    def _with_intervals(self, rows: Int64Array, late: NDArray[np.bool_]) -> Readings:
        """Return the same where some rows are intervals."""
        place = np.where(late, rows - self.reads, -1)
        found = self.intervals.take(place[late])
        read = self.readings_at(rows[~late])
        meter, time = np.empty(len(rows), dtype=np.int32), np.empty(len(rows), dtype=np.int64)
        wh = np.full(len(rows), NO_REGISTER, dtype=np.int64)
        meter[~late], time[~late], wh[~late] = read.meter, read.time, read.wh
        meter[late], time[late] = found.meter, found.end
        return Readings(meter, time, wh, self.groups_in_time.groups_of(meter, time), place)

    def qualities_of(self, readings: Readings) -> NDArray[np.uint8]:
        """Return the quality of each of some readings that stand, and of intervals; uint8[n]."""
        found = np.full(len(readings.time), ACTUAL, dtype=np.uint8)
        if self.corrections is not None and self.corrections.has_estimates():
            found = self.corrections.qualities_of(Columns(readings.meter, readings.time, readings.wh))
        if readings.interval is not None:
            stated = readings.interval >= 0
            found[stated] = self.intervals.quality[readings.interval[stated]]
        return found

    @cached_property
    def openings(self) -> Openings:
        """Return the readings at which the energy of a meter begins: O(meters + tail), once.

        The first reading of a meter that stands always counts; but an exchange before it is where the energy begins, or
        an interval that reaches it.
        """
        starts = self.history.starts
        read = np.flatnonzero(starts[1:] > starts[:-1]).astype(np.int32)
        arrived, at, _ = self.tail.arrivals()
        first = np.full(len(self.ids), _NEVER, dtype=np.int64)
        first[read] = self.history.time[starts[read]]
        np.minimum.at(first, arrived, at)
        old, new = self.history.time[starts[read]] == first[read], np.flatnonzero(at == first[arrived])
        rows = np.concatenate((starts[read][old], len(self.history) + new))
        meter, time = np.concatenate((read[old], arrived[new])), np.concatenate((first[read][old], at[new]))
        void = np.isin(rows, self.not_the_first.void)
        if void.any():
            standing = [self._first_standing(code) for code in meter[void].tolist()]
            rows = np.concatenate((rows[~void], *standing))
            meter, time, _ = tail_columns.readings_at(self.history, self.tail, rows)
        if self.corrections is not None:
            codes = self.corrections.exchange_meter
            known = codes < len(self.ids)
            exchanged = np.full(len(self.ids), _NEVER, dtype=np.int64)
            np.minimum.at(exchanged, codes[known], self.corrections.exchange_time[known])
            begins = time <= exchanged[meter]
            rows, meter, time = rows[begins], meter[begins], time[begins]
        if len(self.intervals):
            begins = ~self.intervals.cover(meter, time)
            rows, meter, time = rows[begins], meter[begins], time[begins]
        return Openings(rows, meter, time, self.groups_in_time.groups_of(meter, time))

    def _first_standing(self, code: int) -> Int64Array:
        """Return the row of a meter's first reading that stands; none without one."""
        rows = self.rows_of_meter(code)
        return rows[~np.isin(rows, self.not_the_first.void)][:1]

    def reach(self) -> tuple[int, int] | None:
        """Return the first and the last instant of all readings (µs UTC); None without any. O(meters + tail)."""
        starts = self.history.starts
        read = starts[1:] > starts[:-1]
        times = [self.history.time[starts[:-1][read]], self.history.time[starts[1:][read] - 1], *self.tail.time]
        times = [each for each in (*times, self.intervals.end) if len(each)]
        return (min(int(each.min()) for each in times), max(int(each.max()) for each in times)) if times else None


class Openings(NamedTuple):
    """The readings that belong to the window that they open, at most one a meter; equal lengths."""

    row: Int64Array
    meter: NDArray[np.int32]
    time: Int64Array
    """µs UTC."""
    group: NDArray[np.int32]


class Readings(NamedTuple):
    """Some readings; equal lengths."""

    meter: NDArray[np.int32]
    """Meter codes."""
    time: Int64Array
    """µs UTC."""
    wh: Int64Array
    """Register, Wh; NO_REGISTER for an interval."""
    group: NDArray[np.int32]
    """Group codes: the attributes of the account at the time of the reading."""
    interval: Int64Array | None = None
    """The place among `Stored.intervals`, -1 for a reading; None if all are readings."""


class ReadingList:
    """A list of readings. See the module."""

    def __init__(self, stored: Stored, rows: Int64Array, by_meter: Int64Array | None = None) -> None:
        """Not for callers: use `View.find`. `by_meter`: the same rows in order of meter and time."""
        self.stored = stored
        self._rows = rows
        self._by_meter = rows if by_meter is None else by_meter

    def __len__(self) -> int:
        return len(self._rows)

    def part(self, start: int, stop: int) -> Readings:
        """Return the readings [start, stop) of the list: O(stop - start), wherever they are."""
        return self.stored.readings_at(self._rows[start:stop])

    def sorted_by(self, sort: str, progress: Progress = no_progress) -> ReadingList:
        """Return the list in another order: of a column of LIST_COLUMNS, `-column` for descending; else meter and time.

        Equal ones stay in order of meter and time. O(n log n). `progress` is called now and then; what it raises ends
        the work. Raises MeterError for an unknown column.
        """
        name = sort.removeprefix("-")
        if not name:
            return ReadingList(self.stored, self._by_meter)
        if name not in LIST_COLUMNS:
            raise MeterError(f"{name} is not a column of this list")
        progress(0.1)
        key = self._sort_key(name)
        progress(0.5)
        order = np.argsort(-key if sort.startswith("-") else key, kind="stable")
        progress(0.9)
        return ReadingList(self.stored, self._by_meter[order], self._by_meter)

    def containing(
        self, text: str, progress: Progress = no_progress, more: Callable[[Int64Array], NDArray[np.bool_]] | None = None
    ) -> ReadingList:
        """Return the list of those that contain a text in meter, time, register or attributes, in the same order.

        And of those rows of which `more` says that they do. O(n). `progress` is called with the share done; what it
        raises ends the work.
        """
        stored = self.stored
        finder = TextFinder(text, stored.ids, stored.groups, stored.zone)
        found = np.zeros(len(self), dtype=bool)
        for start in range(0, len(self), PIECE):
            found[start : start + PIECE] = finder.found_in(*self.part(start, start + PIECE)[:4])
            if more is not None:
                found[start : start + PIECE] |= more(self._rows[start : start + PIECE])
            progress(min(1.0, (start + PIECE) / len(self)))
        rows = self._rows[found]
        if self._by_meter is self._rows:
            return ReadingList(stored, rows)
        return ReadingList(stored, rows, self._by_meter[np.isin(self._by_meter, rows)])

    def first(self, count: int) -> ReadingList:
        """Return the list of the first so many."""
        return ReadingList(self.stored, self._rows[:count])

    def frame(self, start: int = 0, stop: int | None = None) -> pd.DataFrame:
        """Return the readings [start, stop) of the list, or all, as a frame.

        `identifier` and the attributes are categories, `timestamp` is datetime64[us] in the site zone, `reading_kwh`
        the register in kWh (float64), missing for an interval. `quality` is a category too. If the list has intervals,
        `start` and `interval_kwh` are theirs. The categories of all frames of a list are the same, so that they
        concatenate.
        """
        readings = self.part(start, len(self) if stop is None else stop)
        frame = as_frame(*readings[:4], self._meters, self.stored.groups, self.stored.zone)
        frame = with_quality(frame, self.stored.qualities_of(readings))
        return with_stated(frame, *self.stated(readings), self.stored.zone) if self.has_intervals else frame

    @cached_property
    def has_intervals(self) -> bool:
        """Return whether any of the list is an interval."""
        return bool((self._rows >= self.stored.reads).any())

    def stated(self, readings: Readings) -> tuple[Int64Array, Int64Array]:
        """Return starts (µs UTC) and energies (µWh) of intervals; NO_TIME and NO_ENERGY of readings; int64[n]."""
        start = np.full(len(readings.time), NO_TIME, dtype=np.int64)
        energy = np.full(len(readings.time), NO_ENERGY, dtype=np.int64)
        if readings.interval is not None:
            known = readings.interval >= 0
            found = self.stored.intervals.take(readings.interval[known])
            start[known], energy[known] = found.start, found.energy
        return start, energy

    def frames(self, progress: Progress = no_progress, piece: int = PIECE) -> Iterator[pd.DataFrame]:
        """Yield the whole list as frames of at most `piece` readings, so that memory stays bounded.

        `progress` is called with the share done after each; what it raises ends the work.
        """
        for start in range(0, len(self), piece):
            yield self.frame(start, start + piece)
            progress(min(1.0, (start + piece) / len(self)))

    @cached_property
    def has_fractions(self) -> bool:
        """Return whether a time of the list has a fraction of the second. O(n), once."""
        pieces = range(0, len(self), _MANY)
        return any(bool((self.part(at, at + _MANY).time % SECOND).any()) for at in pieces)

    def description(self, start: int, stop: int) -> dict[str, Any]:
        """Return the readings [start, stop) of the list as columns that JSON has, for `frame_of_description`.

        `fractions` says whether any time of the whole list has one.
        """
        readings = self.part(start, stop)
        meter, time, wh, group, _ = readings
        codes, meters = np.unique(meter, return_inverse=True)
        group_codes, groups = np.unique(group, return_inverse=True)
        return {
            "ids": [self.stored.ids[code] for code in codes.tolist()],
            "meter": meters.tolist(),
            "time": time.tolist(),
            "wh": wh.tolist(),
            "groups": [list(self.stored.groups[code]) for code in group_codes.tolist()],
            "group": groups.tolist(),
            "quality": self.stored.qualities_of(readings).tolist(),
            "zone": self.stored.zone.name,
            "fractions": self.has_fractions,
            **({"stated": [column.tolist() for column in self.stated(readings)]} if self.has_intervals else {}),
        }

    def rows(self, start: int, stop: int) -> Int64Array:
        """Return the rows of the readings [start, stop) of the list."""
        return self._rows[start:stop]

    def row(self, place: int) -> int:
        """Return the row of the reading at a place of the list."""
        return int(self._rows[place])

    def place_of(self, row: int) -> int:
        """Return the place of a row in the list, 0 for a row that is not in it: O(n)."""
        return int(np.argmax(self._rows == row)) if len(self) else 0

    @cached_property
    def _meters(self) -> dict[int, str]:
        """Return the ids of the meters of the list by code, in order of the code."""
        meter = self.stored.readings_at(self._rows).meter
        return {code: self.stored.ids[code] for code in np.flatnonzero(np.bincount(meter)).tolist()}

    def _sort_key(self, name: str) -> NDArray[np.integer]:
        readings = self.stored.readings_at(self._by_meter)
        if name == "timestamp":
            return readings.time
        if name == "reading_kwh":
            return readings.wh
        if name == "identifier":
            return _ranks(self.stored.ids[: int(readings.meter.max(initial=-1)) + 1])[readings.meter]
        return _ranks([getattr(group, name) for group in self.stored.groups])[readings.group]


def _ranks(texts: Sequence[str]) -> Int64Array:
    """Return the place of each text among the distinct ones in order."""
    place = {text: at for at, text in enumerate(sorted(set(texts)))}
    return np.array([place[text] for text in texts], dtype=np.int64)


def frame_of_description(described: Mapping[str, Any]) -> pd.DataFrame:
    """Return the frame of a `ReadingList.description`. Raises KeyError, TypeError, ValueError for anything else."""
    zone = SiteZone(described["zone"])
    frame = as_frame(
        np.array(described["meter"], dtype=np.int32),
        np.array(described["time"], dtype=np.int64),
        np.array(described["wh"], dtype=np.int64),
        np.array(described["group"], dtype=np.int32),
        dict(enumerate(described["ids"])),
        [Group(*each) for each in described["groups"]],
        zone,
    )
    frame = with_quality(frame, np.array(described["quality"], dtype=np.uint8))
    if "stated" not in described:
        return frame
    start, energy = (np.array(column, dtype=np.int64) for column in described["stated"])
    return with_stated(frame, start, energy, zone)


def in_order_of_meter(stored: Stored, rows: Int64Array) -> Int64Array:
    """Return rows in order of meter id and time, an interval before a reading at its end.

    Rows of history are in order of meter code and time, and few are of the tail: after these and intervals are put in
    place, whole meters are moved, and no rows sorted.
    """
    old = rows < len(stored.history)
    found = np.sort(rows[old])
    meter = stored.history.meter[found]
    late = rows[~old]
    if len(late):
        readings = stored.readings_at(late)
        order = np.lexsort((late < stored.reads, readings.time, readings.meter))
        before, _ = tail_columns.locate_rows(stored.history, readings.meter[order], readings.time[order])
        at = found.searchsorted(before)
        found, meter = np.insert(found, at, late[order]), np.insert(meter, at, readings.meter[order])
    edges = run_edges(meter)
    ids = [stored.ids[code] for code in meter[edges[:-1]].tolist()]
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
    return found if np.array_equal(order, np.arange(len(ids))) else found[concat_ranges(edges[order], edges[order + 1])]
