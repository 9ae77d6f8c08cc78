"""The parts of a day where a row of a table is a day: columns named by times of day, or by numbers from 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from metertui.engine.base import DAY, HOUR, MINUTE, Int64Array, SiteZone, day_of_number
from metertui.engine.errors import DataError
from metertui.formats.meter_tables.local_times import BARE
from metertui.formats.meter_tables.shape import MISSING, PART_NUMBER, Shape, clean
from metertui.formats.tables import parse_clock, split_range

PART_LENGTHS: Final = {24: HOUR, 25: HOUR, 48: 30 * MINUTE, 50: 30 * MINUTE, 96: 15 * MINUTE, 100: 15 * MINUTE}
"""How long a part of a day is by how many there are; the longer rows have room for a day of 25 hours."""


@dataclass(frozen=True)
class Slot:
    """A part of a day."""

    place: int
    """Its column."""
    start: int
    """µs since midnight."""
    end: int
    elapsed: bool
    """Whether both are counted from midnight, as numbers are, and not shown by the clock."""

    def labels(self, day: int, zone: SiteZone) -> tuple[int, int, int, int, bool]:
        """Return start and end with their offsets on a day (µs by the clock at its midnight), as `Entries` have them.

        A part after the end of its day has no length.
        """
        if not self.elapsed:
            return day + self.start, BARE, day + self.end, BARE, False
        start, end = elapsed(day, (self.start, self.end), zone)
        return start, 0, end, 0, False


def by_clock(path: Path, slots: list[Slot], days: Iterable[tuple[int, Sequence[str]]], zone: SiteZone) -> list[Slot]:
    """Return numbered parts as times of the clock if the rows of days on which it changes are filled so.

    `days` are rows, each with its day (µs by the clock at midnight). On a day of 23 hours numbers that are counted from
    midnight leave the last part empty, and those of the clock the one that it skips. On a day of 25 hours the former
    need a part more. Raises DataError where rows differ.
    """
    if not slots or not slots[0].elapsed:
        return slots
    votes = {vote for day, cells in days if (vote := _is_by_clock(slots, day, cells, zone)) is not None}
    if len(votes) > 1:
        raise DataError(path, None, "the parts of the days on which the clock changes are not numbered in one way")
    return [replace(slot, elapsed=slot.start >= DAY) for slot in slots] if votes == {True} else slots


def _is_by_clock(slots: list[Slot], day: int, cells: Sequence[str], zone: SiteZone) -> bool | None:
    """Return whether a row is filled by the clock; None if it may be either."""
    begin, after = _edges(day, zone)
    walls = np.array([day + slot.start for slot in slots])
    skipped = zone.wall_clock(zone.instants_of(walls)) != walls
    texts = [cells[slot.place] if slot.place < len(cells) else "" for slot in slots]
    if after - begin < DAY:
        beyond = [text for text, slot in zip(texts, slots, strict=True) if after - begin <= slot.start < DAY]
        hole = [text for text, gone in zip(texts, skipped.tolist(), strict=True) if gone]
        if any(map(_is_above_zero, hole)):
            return False
        filled = all(map(_is_missing, hole)) and not any(map(_is_missing, beyond))
        return True if filled or any(map(_is_above_zero, beyond)) else None
    if after - begin > DAY:
        further = [text for text, slot in zip(texts, slots, strict=True) if slot.start >= DAY]
        if any(map(_is_above_zero, further)):
            return False
        return True if not any(map(_is_missing, texts[: len(slots) - len(further)])) else None
    return None


def _is_missing(text: str) -> bool:
    return clean(text).lower() in MISSING


def _is_above_zero(text: str) -> bool:
    return any(digit in text for digit in "123456789")


def elapsed(day: int, within: tuple[int, int], zone: SiteZone) -> tuple[int, int]:
    """Return the instants (µs UTC) so long after the midnight of a day (µs by the clock), at most those of its end."""
    begin, after = _edges(day, zone)
    return min(begin + within[0], after), min(begin + within[1], after)


def edges_of(days: Int64Array, zone: SiteZone) -> tuple[Int64Array, Int64Array]:
    """Return the first instants of days (µs by the clock at midnight) and of those that follow; µs UTC, int64[n]."""
    different, which = np.unique(days, return_inverse=True)
    begin, after = np.array([_edges(day, zone) for day in different.tolist()], dtype=np.int64).reshape(-1, 2).T
    return begin[which], after[which]


def _edges(day: int, zone: SiteZone) -> tuple[int, int]:
    date = day_of_number(day // DAY)
    return zone.midnight(date), zone.midnight(date + timedelta(days=1))


def find_slots(path: Path, shape: Shape, places: list[int]) -> list[Slot]:
    """Return the parts of a day that columns are named by. Raises DataError where their names do not cover a day."""
    places = sorted(places, key=lambda at: _order(shape.names[at]))
    names = [shape.names[at] for at in places]
    ranges = [split_range(name) for name in names]
    if all(ranges):
        return [
            _slot(at, _clock(pair[0]), _clock(pair[1]), elapsed=False)
            for at, pair in zip(places, ranges, strict=True)
            if pair is not None
        ]
    clocks = [parse_clock(name) for name in names]
    if all(clocks):
        starts = [clock[0] for clock in clocks if clock is not None]
        step = starts[2] - starts[1]
        is_end = places[1] < places[2] < places[0] or places[0] < places[2] < places[1]  # midnight, behind the others
        if starts[0] == 0 and starts[-1] + step == DAY and not is_end:
            return [_slot(at, start, start + step, elapsed=False) for at, start in zip(places, starts, strict=True)]
        if starts[0] == 0 and starts[1] == step:
            places, starts = [*places[1:], places[0]], [*starts[1:], DAY]
        if starts[0] == step and starts[-1] == DAY:
            return [_slot(at, end - step, end, elapsed=False) for at, end in zip(places, starts, strict=True)]
    numbers = [int(found[1]) for name in names if (found := PART_NUMBER.fullmatch(name)) is not None]
    length = PART_LENGTHS.get(len(numbers))
    if (
        length
        and len(numbers) == len(names)
        and numbers == list(range(numbers[0], numbers[0] + len(names)))
        and numbers[0] < 2
    ):
        return [
            _slot(at, (number - numbers[0]) * length, (number - numbers[0] + 1) * length, elapsed=True)
            for at, number in zip(places, numbers, strict=True)
        ]
    raise DataError(path, None, f"the columns {names[0]} to {names[-1]} are no parts that make up a day")


def _order(name: str) -> int:
    """Return where a part of a day comes among the others; a midnight at the end of its day counts as the first."""
    number = PART_NUMBER.fullmatch(name)
    return int(number[1]) if number is not None else _clock((split_range(name) or (name,))[0])


def _clock(text: str) -> int:
    found = parse_clock(text)
    return found[0] if found is not None else 0


def _slot(place: int, start: int, end: int, *, elapsed: bool) -> Slot:
    return Slot(place, start, end if end > start else end + DAY, elapsed)
