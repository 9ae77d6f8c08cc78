"""Completeness: expected and received half hours by region, silent meters by age, and areas where many are silent.

A half hour is (start, end], as everywhere: a reading at its end belongs to it, but a meter's first one to the half hour
that it opens. A half hour is received if a reading of the meter is stored in it, counted or not. It is expected of
every active meter from its first reading on, once it is over. Nothing is expected of a meter that has never sent
a reading; such meters are counted separately.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, HALF_HOUR, HOUR, SiteZone
from metertui.engine.columns import Arrivals, Columns, Registers
from metertui.engine.worklist.cases import SiteState
from metertui.engine.worklist.silent_meters import active_codes

AGES: Final = (
    ("up to 1 h", HOUR),
    ("1 to 3 h", 3 * HOUR),
    ("3 to 24 h", DAY),
    ("1 to 7 days", 7 * DAY),
    ("longer", 1 << 62),
)
"""Classes of the age of a meter's last reading: name and upper limit, µs. All but the first are silent."""
_NEIGHBOURS: Final = 3
"""So many silent meters of one sub-region suggest a fault of their communication line, fewer of the meters."""
_MOST_SILENCES: Final = 20
_FIRST: Final = 1 << 62
_NEVER: Final = -(1 << 62)
NameT = TypeVar("NameT", str, tuple[str, str])


class Share(NamedTuple):
    """How many half hours of meters are expected, and how many are received."""

    expected: int
    received: int


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A region. `meters`: all active accounts; `silent`: those that are silent now; `never`: those that never sent."""

    region: str
    meters: int
    silent: int
    never: int
    today: Share
    yesterday: Share


@dataclass(frozen=True, slots=True)
class SilentArea:
    """A sub-region with silent meters. `meters`: all its active meters that have ever sent."""

    region: str
    sub_region: str
    silent: int
    meters: int
    last: int
    """The latest reading of a silent meter, µs UTC."""
    meter: str
    """The silent meter with that reading."""
    line: bool
    """Whether so many are silent that the communication line is likely at fault."""


@dataclass(frozen=True, slots=True)
class Board:
    """The completeness of a site at one moment, `at` (µs UTC)."""

    at: int
    rows: tuple[RegionRow, ...]
    """One row per region, in order of name."""
    total: RegionRow
    ages: tuple[tuple[str, int], ...]
    """How many meters have a last reading of each age: names as in AGES."""
    never: int
    silent_areas: tuple[SilentArea, ...]
    """Likely line faults first, then by the number of silent meters; at most _MOST_SILENCES."""


def completeness_board(history: Columns, tail: Arrivals, ids: Sequence[str], state: SiteState, zone: SiteZone) -> Board:
    """Return the completeness of a site at `state.now`. `ids`: of registers by code.

    O(n + m) in numpy for n readings and m active meters, with a byte for each half hour of a day and meter. Safe in any
    thread.
    """
    now = state.now
    codes = active_codes(state)
    history, tail = _of_meters(history, tail, Registers(ids))
    count = len(state.place)
    earliest, latest = _edges(history, tail, count)
    first, last = earliest[codes], latest[codes]
    group = state.group_of(codes, np.full(len(codes), now, dtype=np.int64))
    regions, region = _numbered([each.region for each in state.groups], group)
    today = zone.day(now)
    begin, middle, end = zone.midnights(today - timedelta(days=1), today).tolist()
    until = middle + (min(now, end) - middle) // HALF_HOUR * HALF_HOUR
    received = [_received(history, tail, earliest, *day)[codes] for day in ((middle, until), (begin, middle))]
    expected = [_expected(first, *day) for day in ((middle, until), (begin, middle))]
    heard = last > _NEVER
    silent = heard & (now - last > AGES[0][1])

    def row(name: str, mask: NDArray[np.bool_]) -> RegionRow:
        shares = [Share(int(e[mask].sum()), int(r[mask].sum())) for e, r in zip(expected, received, strict=True)]
        whole, quiet = int(mask.sum()), int((mask & silent).sum())
        return RegionRow(name, whole, quiet, whole - int((mask & heard).sum()), shares[0], shares[1])

    rows = [row(name, region == place) for place, name in enumerate(regions)]
    bounds = np.array([most for _, most in AGES])
    ages = np.bincount(np.searchsorted(bounds, now - last[heard]), minlength=len(AGES)).tolist()
    return Board(
        at=now,
        rows=tuple(sorted((each for each in rows if each.meters), key=lambda each: each.region)),
        total=row("", np.ones(len(codes), dtype=bool)),
        ages=tuple((name, number) for (name, _), number in zip(AGES, ages, strict=True)),
        never=int((~heard).sum()),
        silent_areas=_silent_areas(state, ids, codes, group, last, heard, silent),
    )


def _of_meters(history: Columns, tail: Arrivals, registers: Registers) -> tuple[Columns, Arrivals]:
    """Return readings of registers as such of their meters."""
    if not registers.several:
        return history, tail
    meter = registers.meter[history.meter]
    order = np.lexsort((history.time, meter))
    moved = Columns(meter[order], history.time[order], history.wh[order])
    return moved, tail._replace(meter=registers.meter[tail.meter])


def _edges(history: Columns, tail: Arrivals, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the instants of the first and last reading of each meter, µs UTC, by code."""
    first, last = np.full(count, _FIRST, dtype=np.int64), np.full(count, _NEVER, dtype=np.int64)
    if len(history):
        starts = history.starts
        has = np.flatnonzero(starts[1:] > starts[:-1])
        first[has], last[has] = history.time[starts[has]], history.time[starts[has + 1] - 1]
    known = tail.meter < count  # the tail may have newer meters
    np.minimum.at(first, tail.meter[known], tail.time[known])
    np.maximum.at(last, tail.meter[known], tail.time[known])
    return first, last


def _received(history: Columns, tail: Arrivals, first: NDArray[np.int64], begin: int, end: int) -> NDArray[np.int64]:
    """Return in how many half hours of (begin, end] each meter has a reading, by code, given its first one."""
    count, slots = len(first), max(0, end - begin) // HALF_HOUR
    there = np.zeros((count, slots), dtype=bool)
    for part in (history, tail):
        near = np.flatnonzero((part.time >= begin) & (part.time <= end) & (part.meter < count))
        meter, time = part.meter[near], part.time[near]
        since = time - begin - (time != first[meter])
        within = (since >= 0) & (since < slots * HALF_HOUR)
        there[meter[within], since[within] // HALF_HOUR] = True
    counted: NDArray[np.int64] = there.sum(axis=1, dtype=np.int64)
    return counted


def _expected(first: NDArray[np.int64], begin: int, end: int) -> NDArray[np.int64]:
    """Return how many half hours of (begin, end] are expected of each meter, given its first reading."""
    missed = np.clip((first - begin) // HALF_HOUR, 0, None)
    return np.clip(max(0, end - begin) // HALF_HOUR - missed, 0, None)


def _numbered(names: list[NameT], group: NDArray[np.int32]) -> tuple[list[NameT], NDArray[np.int32]]:
    """Return the distinct names, sorted, and the position of each group code's name among them."""
    different = sorted(set(names))
    places = {name: place for place, name in enumerate(different)}
    return different, np.array([places[name] for name in names], dtype=np.int32)[group]


def _silent_areas(
    state: SiteState,
    ids: Sequence[str],
    codes: NDArray[np.int32],
    group: NDArray[np.int32],
    last: NDArray[np.int64],
    heard: NDArray[np.bool_],
    silent: NDArray[np.bool_],
) -> tuple[SilentArea, ...]:
    """Return the sub-regions with silent meters."""
    places, near = _numbered([(each.region, each.sub_region) for each in state.groups], group)
    quiet = np.bincount(near[silent], minlength=len(places))
    whole = np.bincount(near[heard], minlength=len(places))
    latest = np.full(len(places), _NEVER, dtype=np.int64)
    np.maximum.at(latest, near[silent], last[silent])
    lines = (quiet >= _NEIGHBOURS) & (2 * quiet >= whole)
    worst = np.lexsort((-quiet, ~lines))[: min(_MOST_SILENCES, int((quiet > 0).sum()))]
    areas = []
    for place in worst.tolist():
        region, sub_region = places[place]
        newest = np.flatnonzero(silent & (near == place) & (last == latest[place]))[0]
        figures = int(quiet[place]), int(whole[place]), int(latest[place])
        areas.append(SilentArea(region, sub_region, *figures, meter=ids[codes[newest]], line=bool(lines[place])))
    return tuple(areas)
