"""Tariffs: the price of a kWh and its tax, by effective day, apartment type and time of day.

`tariffs.csv` has one row per band and time of day. The rows of one day and apartment type make a *tariff*, which covers
each local day exactly once. A row may name a channel, whose energy it prices; else it prices the use. The latest tariff
of its apartment type is in force for a meter, else the latest for all.
"""

from __future__ import annotations

import contextlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import MINUTE, USE, SiteZone, check_channel
from metertui.engine.billing.charges import ENERGY, Kind
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.storage import CsvTable, durable

NAME: Final = "tariffs.csv"
COLUMNS: Final = ("effective_from", "apartment_type", "band", "from_time", "to_time", "cents_per_kwh", "tax_percent")
CHANNEL: Final = "channel"
"""A column that a file may have beside these."""
_DAY: Final = 24 * 60
_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
_NUMBER: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CENT: Final = Decimal("0.01")
_YEARS: Final = (1970, 2199)


@dataclass(frozen=True, slots=True)
class Band:
    """A price and the times of day at which it applies. A band for the whole day has no name."""

    name: str
    spans: tuple[tuple[int, int], ...]
    """Minutes of the local day, [from, to). A span that passes midnight has `to` below `from`."""
    price: Decimal
    """Cents per unit of its kind, before tax."""
    tax_percent: Decimal
    line: int
    """Its line in the file."""
    kind: Kind = ENERGY
    channel: str = ""
    """The channel whose energy it prices; empty for the use."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """The bands from one effective day on, for an apartment type (empty: all), in the order of the file."""

    effective_from: date
    apartment_type: str
    bands: tuple[Band, ...]
    channel: str = ""
    """The channel that it is about; empty for the use."""


@dataclass(frozen=True, eq=False)
class Schedule:
    """The tariffs and prices in force in a window, for some apartment types."""

    marks: NDArray[np.int64]
    """Instants, µs UTC, ascending, from the start of the window to its end. Prices change only at these."""
    tariff: NDArray[np.int64]
    """Positions in `Tariffs.tariffs`, of shape (types, intervals between marks); -1 without a tariff."""
    rate: NDArray[np.int64]
    """Positions in `Tariffs.rates`, of shape (types, intervals between marks); -1 without a tariff."""


class Tariffs:
    """The tariffs of a site for one channel, the use, in order of day and apartment type; and those for the others."""

    def __init__(self, tariffs: Iterable[Tariff], channel: str = "") -> None:
        every = tuple(sorted(tariffs, key=lambda one: (one.effective_from, one.apartment_type)))
        self.tariffs: Final = tuple(one for one in every if one.channel == channel)
        others = () if channel else sorted({one.channel for one in every} - {""})
        self.channels: Final[Mapping[str, Tariffs]] = {name: Tariffs(every, name) for name in others}
        """The tariffs for other channels, by their names."""

    @cached_property
    def rates(self) -> tuple[Band, ...]:
        """Return the bands of all tariffs, in order."""
        return tuple(band for tariff in self.tariffs for band in tariff.bands)

    @cached_property
    def _by_type(self) -> dict[str, tuple[list[date], list[int]]]:
        """Return, by apartment type, the effective days and positions of its tariffs, ascending."""
        by_type: dict[str, tuple[list[date], list[int]]] = {}
        for place, tariff in enumerate(self.tariffs):
            days, places = by_type.setdefault(tariff.apartment_type, ([], []))
            days.append(tariff.effective_from)
            places.append(place)
        return by_type

    def in_force(self, day: date, apartment_type: str) -> Tariff | None:
        """Return the tariff in force on a local day for an apartment type; None if there is none."""
        for kind in (apartment_type, ""):
            days, places = self._by_type.get(kind, ([], []))
            at = bisect_right(days, day)
            if at:
                return self.tariffs[places[at - 1]]
        return None

    def first_day(self, apartment_type: str) -> date | None:
        """Return the first day with a tariff for an apartment type, from which on there always is one; None if none."""
        days = [self._by_type[kind][0][0] for kind in ("", apartment_type) if kind in self._by_type]
        return min(days, default=None)

    def last_day(self, place: int) -> date | None:
        """Return the last day of the tariff at a place in `tariffs`; None for the latest of its apartment type."""
        tariff = self.tariffs[place]
        days = self._by_type[tariff.apartment_type][0]
        later = days[bisect_right(days, tariff.effective_from) :]
        return later[0] - timedelta(days=1) if later else None

    def schedule(self, types: Sequence[str], start: int, end: int, zone: SiteZone) -> Schedule:
        """Return the schedule of the apartment types in (start, end], µs UTC, start < end."""
        begins = np.array([zone.midnight(tariff.effective_from) for tariff in self.tariffs], dtype=np.int64)
        marks = np.unique(np.concatenate(([start, end], begins[(begins > start) & (begins < end)])))
        used = np.unique(self._places(types, begins, marks[:-1]))
        times = {
            minute * MINUTE
            for place in used.tolist()
            if place >= 0
            for minute in _begins(self.tariffs[place])
            if len(_begins(self.tariffs[place])) > 1
        }
        if times:
            marks = np.unique(np.concatenate((marks, zone.instants_at_times(sorted(times), start, end))))
        tariff = self._places(types, begins, marks[:-1])
        minutes = zone.wall_clock(marks[:-1]) // MINUTE % _DAY
        rate = np.full_like(tariff, -1)
        first = 0
        for place, one in enumerate(self.tariffs):
            where = tariff == place
            if where.any():
                rate[where] = first + np.broadcast_to(_bands_at(one, minutes), tariff.shape)[where]
            first += len(one.bands)
        return Schedule(marks, tariff, rate)

    def _places(self, types: Sequence[str], begins: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of the tariffs in force, of shape (types, instants); -1 for none."""
        in_force = np.full((len(types), len(at)), -1, dtype=np.int64)
        for row, kind in enumerate(types):
            for one in ("", kind):  # a tariff of the type replaces one for all
                places = np.array(self._by_type.get(one, ([], []))[1], dtype=np.int64)
                nth = np.searchsorted(begins[places], at, side="right") - 1
                in_force[row][nth >= 0] = places[nth[nth >= 0]]
        return in_force

    def backdated(self, day: date) -> Tariffs:
        """Return the tariffs with the earliest of them in force from `day` on, if that is earlier."""
        every = [*self.tariffs, *(one for each in self.channels.values() for one in each.tariffs)]
        earliest = {one.channel: one.effective_from for one in reversed(every)}  # of each channel they are in order
        late = [one for one in every if one.effective_from == earliest[one.channel] > day]
        if not late:
            return self
        return Tariffs(replace(one, effective_from=day) if one in late else one for one in every)


class TariffFile:
    """The tariffs of a data folder, read again when their file has changed. Safe in any thread."""

    def __init__(self, folder: Path) -> None:
        self.path: Final = folder / NAME
        self._read: tuple[tuple[int, int, int], Tariffs] | None = None

    def current(self) -> Tariffs | None:
        """Return the tariffs; None if there is no file. Raises DataError with the line, MeterError."""
        try:
            stamp = durable.stamp_of(self.path)
        except OSError as error:
            raise MeterError(f"cannot read {self.path}: {error.strerror or error}") from error
        if stamp is None:
            return None
        if self._read is None or self._read[0] != stamp:
            tariffs = load_tariffs(self.path)
            if tariffs is None:
                return None
            self._read = stamp, tariffs
        return self._read[1]


def load_tariffs(path: Path) -> Tariffs | None:
    """Return the tariffs of a file; None if there is no file. Raises DataError with the line, MeterError."""
    data = durable.read_data_file(path)
    return None if data is None else parse_tariffs(data, path)


def parse_tariffs(data: bytes, path: Path) -> Tariffs:
    """Return the tariffs in `data`. `path` is only for messages. Raises DataError with the line."""
    table = CsvTable(path, COLUMNS, (CHANNEL,), data=data)
    places = [table.names.index(name) for name in COLUMNS]
    of_channel = table.names.index(CHANNEL) if CHANNEL in table.names else None
    by_tariff: dict[tuple[date, str, str], list[_Row]] = {}
    for line, cells in table.rows():
        try:
            row = _row([cells[place].strip() for place in places], line)
            channel = "" if of_channel is None else _channel(cells[of_channel].strip())
        except ValueError as error:
            raise DataError(path, line, str(error)) from error
        by_tariff.setdefault((row.day, row.kind, channel), []).append(row)
    return Tariffs(
        Tariff(day, kind, tuple(replace(band, channel=channel) for band in _bands(rows, path)), channel)
        for (day, kind, channel), rows in by_tariff.items()
    )


def with_tax(cents: Decimal, tax_percent: Decimal) -> Decimal:
    """Return a price in cents with tax, rounded half-up to a hundredth of a cent."""
    return (cents * (100 + tax_percent) / 100).quantize(_CENT, ROUND_HALF_UP)


def clock(minute: int) -> str:
    """Return a minute of the day as `HH:MM`; the end of the day is `24:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def audience(apartment_type: str) -> str:
    """Return a phrase that says for which homes a tariff is."""
    return f"for {apartment_type}" if apartment_type else "for all"


# -- rows ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    day: date
    kind: str
    name: str
    span: tuple[int, int]
    cents: Decimal
    tax: Decimal
    line: int


def _row(cells: Sequence[str], line: int) -> _Row:
    """Parse a row. Raises ValueError that says what is wrong with it."""
    day, kind, name, begin, end, cents, tax = cells
    for cell, column in ((kind, "apartment_type"), (name, "band")):
        if not cell.isprintable():
            raise ValueError(f"{column} has a control character")
    return _Row(_day(day), kind, name, _span(name, begin, end), _number(cents, "cents_per_kwh"), _percent(tax), line)


def _channel(text: str) -> str:
    """Return the channel of a row; empty for the use, by its name too."""
    if not text or text == USE:
        return ""
    try:
        return check_channel(text)
    except Refused as error:
        raise ValueError(error.why) from error


def _day(text: str) -> date:
    with contextlib.suppress(ValueError):
        if _DATE.fullmatch(text) and _YEARS[0] <= int(text[:4]) <= _YEARS[1]:
            return date.fromisoformat(text)
    raise ValueError(f"effective_from {text!r} is not a date from {_YEARS[0]} to {_YEARS[1]} such as 2025-04-01")


def _span(name: str, begin: str, end: str) -> tuple[int, int]:
    if not (name or begin or end):
        return 0, _DAY
    if not name:
        raise ValueError("times without a band: a row for the whole day has neither")
    if not (begin and end):
        raise ValueError(f"band {name!r} lacks its times; a row for the whole day has no band either")
    first, last = _minute(begin), _minute(end)
    if first == _DAY:
        raise ValueError("from_time 24:00 is the end of a day; its start is 00:00")
    last = last or _DAY
    if first == last:
        raise ValueError(f"band {name!r} ends when it begins; a whole day is 00:00 to 24:00")
    return first, last


def _minute(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None or not text.isascii() or int(match[2]) > 59 or int(match[1]) * 60 + int(match[2]) > _DAY:
        raise ValueError(f"{text!r} is not a time of day such as 07:00 (the end of the day is 24:00)")
    return int(match[1]) * 60 + int(match[2])


def _number(text: str, column: str) -> Decimal:
    if not text:
        raise ValueError(f"{column} is empty; a price is never taken as zero")
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{column} {text!r} is not a number from 0 with at most 6 decimals, such as 28.12")
    return Decimal(text)


def _percent(text: str) -> Decimal:
    if not text:
        raise ValueError("tax_percent is empty; where there is no tax it is 0")
    if _NUMBER.fullmatch(text) is None or Decimal(text) > 100:
        raise ValueError(f"tax_percent {text!r} is not a number from 0 to 100, such as 9")
    return Decimal(text)


def _bands(rows: Sequence[_Row], path: Path) -> tuple[Band, ...]:
    """Return the bands of one tariff. Raises DataError if its rows do not cover the day exactly once."""
    _check_coverage(rows, path)
    bands: dict[str, Band] = {}
    for row in rows:
        band = bands.get(row.name)
        if band is None:
            bands[row.name] = Band(row.name, (row.span,), row.cents, row.tax, row.line)
            continue
        if (band.price, band.tax_percent) != (row.cents, row.tax):
            what = f"band {row.name!r} has another price or tax on line {band.line}; give one of them another name"
            raise DataError(path, row.line, what)
        bands[row.name] = replace(band, spans=(*band.spans, row.span))
    return tuple(bands.values())


def _check_coverage(rows: Sequence[_Row], path: Path) -> None:
    """Raise DataError for a tariff that leaves out a part of the day or has a part twice."""
    day, kind = rows[0].day, rows[0].kind
    parts = sorted((begin, end, row.line) for row in rows for begin, end in _parts(row.span))
    of = f"of the tariff of {day} {audience(kind)}"
    for (_, before, earlier), (begin, _, later) in pairwise(parts):
        if begin < before:
            one, other = sorted((earlier, later))
            raise DataError(path, other, f"covers {clock(begin)} {of}, as line {one} does: a time has one price")
    until = 0
    for begin, end, line in parts:
        if begin > until:
            raise DataError(path, line, f"{clock(until)} to {clock(begin)} {of} has no price")
        until = end
    if until < _DAY:
        raise DataError(path, parts[-1][2], f"{clock(until)} to {clock(_DAY)} {of} has no price")


def _parts(span: tuple[int, int]) -> list[tuple[int, int]]:
    begin, end = span
    return [(begin, end)] if begin < end else [(0, end), (begin, _DAY)]


def _begins(tariff: Tariff) -> list[int]:
    """Return the minutes of the day at which its bands begin, ascending."""
    return sorted(begin for band in tariff.bands for span in band.spans for begin, _ in _parts(span))


def _bands_at(tariff: Tariff, minutes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions of the bands in force at minutes of the day."""
    parts = sorted(
        (begin, place) for place, band in enumerate(tariff.bands) for span in band.spans for begin, _ in _parts(span)
    )
    begins = np.array([begin for begin, _ in parts])
    places = np.array([place for _, place in parts], dtype=np.int64)
    return places[np.searchsorted(begins, minutes, side="right") - 1]
