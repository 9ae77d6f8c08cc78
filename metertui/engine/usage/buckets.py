"""The buckets of time that the rows of a table are made of, and the names of the rows.

Time is cut into buckets at midnights, full hours, the edges of a time of day and the instants at which the clock is
changed, so that the local clock runs evenly in each. A bucket belongs to one row, or to none where its time of day is
not asked for; a row may have many buckets, as "Mon" has. All of it is in the site zone: a day has 23 or 25 hours where
the zone says so, and an hour that comes twice counts twice.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, HALF_HOUR, HOUR, Int64Array, SiteZone, day_number, day_of_number, last_of_month
from metertui.engine.usage.query import TIME_KEYS, Clock, Question

DAYS_OF_WEEK: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Buckets(NamedTuple):
    """m + 1 marks (µs UTC, ascending) that make m buckets, and the rows that those belong to, in order of the keys."""

    marks: Int64Array
    row: Int64Array
    """By bucket, int64[m]; -1 for one at another time of day."""
    ranks: dict[str, Int64Array]
    """By time key and row: whole numbers in the key's natural order."""
    texts: dict[str, NDArray[np.object_]]
    """By time key and row: its name."""
    days: Int64Array
    """By row: how many local days of the span it has, or has hours of."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.row.max(initial=-1)) + 1

    def lengths(self, first: int, last: int) -> Int64Array:
        """Return by row how much of it is between two instants, all in µs."""
        marks = np.clip(self.marks, first, last)
        asked = self.row >= 0
        found = np.zeros(len(self), dtype=np.int64)
        np.add.at(found, self.row[asked], np.diff(marks)[asked])
        return found


def cut_time(zone: SiteZone, question: Question, start: int, end: int, *, half_hours: bool = False) -> Buckets:
    """Cut (start, end], µs UTC, start before end, for the time keys and the time of day of a question.

    `half_hours`: a bucket is never longer than a half hour of the local clock.
    """
    keys = [key for key in TIME_KEYS if key in question.by]
    marks = _marks(zone, keys, question.filter.clock, start, end, half_hours=half_hours)
    begins = marks[:-1]
    wall = zone.wall_clock(begins)
    ranks = {key: _rank(zone, key, begins, wall) for key in keys}
    asked = in_clock(wall % DAY, question.filter.clock)
    row = np.where(asked, 0, -1).astype(np.int64)
    if keys:
        columns = np.stack([ranks[key][asked] for key in keys])
        distinct, row[asked] = _distinct(columns)
        ranks = dict(zip(keys, distinct, strict=True))
    if not half_hours:
        # Buckets of one row that stand side by side are one.
        new = np.concatenate(([True], row[1:] != row[:-1]))
        marks, row = np.append(begins[new], marks[-1]), row[new]
    texts = {key: np.array([row_name(zone, key, rank) for rank in ranks[key].tolist()], dtype=object) for key in keys}
    days = _days(zone, keys, ranks, start, end)
    return Buckets(marks, row, ranks, texts, days)


def _distinct(columns: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Return the distinct columns of a table in order, and the place of each column among them.

    numpy's own way compares them one by one, and holds up all other threads meanwhile.
    """
    order = np.lexsort(columns[::-1])
    ordered = columns[:, order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    return ordered[:, new], place


def row_names(zone: SiteZone, key: str, first: date, last: date) -> list[str]:
    """Return the names of the rows of a key between two local days, both included, in order, with data or not."""
    if key in ("weekday", "hour_of_day"):
        return [row_name(zone, key, rank) for rank in range(7 if key == "weekday" else 24)]
    if key == "hour":
        start, end = zone.midnight(first), zone.midnight(last + timedelta(days=1))
        begins = np.union1d(zone.wall_clock_multiples(HOUR, start, end - 1), zone.clock_changes(start, end - 1))
        return [row_name(zone, key, instant) for instant in begins.tolist()]
    days = np.arange(first.toordinal(), last.toordinal() + 1, dtype=np.int64) - date(1970, 1, 1).toordinal()
    return [row_name(zone, key, rank) for rank in np.unique(_calendar(key, days)).tolist()]


def days_of_row(key: str, name: str) -> tuple[date, date]:
    """Return the first and last local day of a row of a calendar key, by its name. Raises ValueError for other keys."""
    match key:
        case "year":
            return date(int(name), 1, 1), date(int(name), 12, 31)
        case "quarter":
            month = 3 * int(name[6]) - 2
            return date(int(name[:4]), month, 1), last_of_month(date(int(name[:4]), month + 2, 1))
        case "month":
            first = date.fromisoformat(f"{name}-01")
            return first, last_of_month(first)
        case "week":
            monday = date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
            return monday, monday + timedelta(days=6)
        case "day":
            return date.fromisoformat(name), date.fromisoformat(name)
        case "hour":
            return date.fromisoformat(name[:10]), date.fromisoformat(name[:10])
    raise ValueError(key)


def clock_marks(zone: SiteZone, clock: Clock, start: int, end: int) -> Int64Array:
    """Return the instants in [start, end] (µs UTC) at which a time of day begins or ends, and the clock changes."""
    edges = [zone.instants_showing(moment % DAY, start, end) for moment in clock]
    return np.unique(np.concatenate((*edges, zone.clock_changes(start, end))))


def _marks(
    zone: SiteZone, keys: list[str], clock: Clock | None, start: int, end: int, *, half_hours: bool
) -> Int64Array:
    found: list[Int64Array] = [np.array([start, end], dtype=np.int64)]
    if half_hours:
        found.append(zone.wall_clock_multiples(HALF_HOUR, start, end))
    elif "hour" in keys or "hour_of_day" in keys:
        found.append(zone.wall_clock_multiples(HOUR, start, end))
    if half_hours or any(key not in ("hour", "hour_of_day") for key in keys):
        found.append(zone.midnights(zone.day(start), zone.day(end - 1)))
    if half_hours or "hour" in keys or "hour_of_day" in keys:
        found.append(zone.clock_changes(start, end))
    if clock is not None:
        found.append(clock_marks(zone, clock, start, end))
    marks = np.unique(np.concatenate(found))
    return marks[(marks >= start) & (marks <= end)]


def _days(zone: SiteZone, keys: list[str], ranks: dict[str, Int64Array], start: int, end: int) -> Int64Array:
    """Return how many local days of (start, end] each row has."""
    rows = len(ranks[keys[0]]) if keys else 1
    if "hour" in keys:
        return np.ones(rows, dtype=np.int64)
    numbers = np.arange(day_number(zone.day(start)), day_number(zone.day(end - 1)) + 1, dtype=np.int64)
    calendar = [key for key in keys if key != "hour_of_day"]
    if not calendar:
        return np.full(rows, len(numbers), dtype=np.int64)
    of_days, counts = np.unique(np.stack([_calendar(key, numbers) for key in calendar]), axis=1, return_counts=True)
    known = {tuple(ranked): count for ranked, count in zip(of_days.T.tolist(), counts.tolist(), strict=True)}
    of_rows = np.stack([ranks[key] for key in calendar]).T.tolist()
    return np.array([known[tuple(ranked)] for ranked in of_rows], dtype=np.int64)


def in_clock(moment: Int64Array, clock: Clock | None) -> NDArray[np.bool_]:
    """Return whether moments of the wall clock (µs within the day) are in a time of day."""
    if clock is None:
        return np.ones(len(moment), dtype=bool)
    low, high = clock
    if low < high:
        return (moment >= low) & (moment < high)
    return (moment >= low) | (moment < high)


def _rank(zone: SiteZone, key: str, begins: Int64Array, wall: Int64Array) -> Int64Array:
    """Return the place of buckets in the natural order of a key."""
    if key == "hour":  # where it begins: on the hour, or where the clock is set into the middle of it
        return np.asarray(np.maximum(begins - wall % HOUR, zone.last_changes(begins)))
    if key == "hour_of_day":
        return wall % DAY // HOUR
    return _calendar(key, wall // DAY)


def _calendar(key: str, day: Int64Array) -> Int64Array:
    """Return a number for the year, month … that local days (since 1970-01-01) are in."""
    match key:
        case "year":
            return day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
        case "quarter":
            return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // 3
        case "month":
            return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        case "week":
            return (day + 3) // 7  # the first of January 1970 was a Thursday
        case "weekday":
            return (day + 3) % 7
    return day


def row_name(zone: SiteZone, key: str, rank: int) -> str:
    """Return the name of the row at a place in the natural order of a time key."""
    match key:
        case "year":
            return f"{1970 + rank:04d}"
        case "quarter":
            return f"{1970 + rank // 4:04d}-Q{rank % 4 + 1}"
        case "month":
            return f"{1970 + rank // 12:04d}-{rank % 12 + 1:02d}"
        case "week":
            year, week, _ = day_of_number(7 * rank - 3).isocalendar()
            return f"{year:04d}-W{week:02d}"
        case "weekday":
            return DAYS_OF_WEEK[rank]
        case "hour_of_day":
            return f"{rank:02d}:00"
        case "hour":
            local = zone.local(rank)
            return f"{local:%Y-%m-%dT%H}:00:00{local.isoformat()[19:]}"
    return day_of_number(rank).isoformat()
