"""The course of each row of an answer: its usage a day in the parts of its time, to be drawn as a small line.

A course is a part of the answer to a finer question about the same days, in which the finer time key stands for the
calendar keys: by region and day for a question by region and month. What small groups use is hidden in it as in that
answer: a row that is hidden has no course, and neither has one of which the finer answer hides a part. So courses tell
nothing that the finer question would not, and what is drawn of them is coarser still.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np

from metertui.engine.base import DAY, Progress, SiteZone
from metertui.engine.columns import Frozen
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.hiding import Tables, hidden_rows, hidden_with_the_rest
from metertui.engine.reports.report import Findings
from metertui.engine.usage import TIME_KEYS, Question, buckets, days_of_row

Row = tuple[str, ...]
"""The values of the keys of a row."""

_FINER: Final = {"day": "hour", "week": "day", "month": "day", "quarter": "day", "year": "month"}
"""The key of the points of a row by its finest time key."""
_SPANS: Final = (("hour", 2), ("day", 62), ("week", 184), ("month", 4 * 366))
"""The key of the points of rows without a time key, by the days of the question at most; of longer ones, the year."""
_DAYS_OF_POINT: Final = {"hour": 1 / 24, "hour_of_day": 1 / 24, "day": 1, "weekday": 1, "week": 7, "month": 30}
_POINTS: Final = {"hour": 24, "hour_of_day": 24, "weekday": 7, "day": 92, "month": 12}
"""The points of a row with a time key at most, by their key."""
_MOST_CELLS: Final = 2_000_000
"""Sums that are made at most, one for each meter and point of time; that takes a quarter of a second."""
_MOST_POINTS: Final = 60_000
"""Points of all rows together at most."""
_FEWEST: Final = 3
"""Points that make a course."""


class Courses(NamedTuple):
    """The courses of the rows that have one."""

    key: str
    """The time key of their points."""
    of_row: Mapping[Row, tuple[float | None, ...]]
    """kWh a day at each point, float, by the keys of the row; None without data."""


def courses_of(frozen: Frozen, found: Findings, rule: Rule | None, progress: Progress) -> Courses | None:
    """Return the courses of the rows of an answer with this rule; None where they would take long or have no points.

    `progress` is called with the share done; an exception from it ends the work. Raises MeterError.
    """
    question = found.inquiry.question
    key = finer_key(question, found)
    if not key or not question.by or found.table.empty or _takes_long(frozen, found, key):
        return None
    finer = replace(question, by=(*(each for each in question.by if each not in _FINER), key))
    tables = Tables(frozen, 1, progress)
    table = tables.of(finer)
    points = list(table[list(finer.by)].itertuples(index=False, name=None))
    length = table["length"].to_numpy()
    daily = table["usage_wh"].to_numpy() / 1000 * DAY / np.maximum(1, length)
    known = {point: value for point, value, us in zip(points, daily.tolist(), length.tolist(), strict=True) if us}
    out: set[Row] = set()
    if rule is not None:
        hide, _ = hidden_rows(tables, finer, table, rule, frozenset())
        hide |= hidden_with_the_rest(tables, finer, table, rule)
        out = {point for point, hidden in zip(points, hide.tolist(), strict=True) if hidden}
    names = _Names(frozen.zone, question, key, found)
    drawn = {}
    rows = found.table.loc[~found.table["hidden"], list(question.by)].itertuples(index=False, name=None)
    for row in rows:
        own = names.points_of(row)
        values = tuple(known.get(point) for point in own)
        if out.isdisjoint(own) and sum(value is not None for value in values) >= _FEWEST:
            drawn[row] = values
    return Courses(key, drawn)


def _takes_long(frozen: Frozen, found: Findings, key: str) -> bool:
    """Return whether there are too many sums to make, or too many points."""
    question = found.inquiry.question
    days = _days_with_data(question, found)
    finest = min(_DAYS_OF_POINT.get(each, 30) for each in (*question.by, key))
    meters = 1 if question.filter.meter else len(frozen.ids)
    timed = any(each in TIME_KEYS for each in question.by)
    points = _POINTS[key] if timed else days / _DAYS_OF_POINT.get(key, 366)
    return meters * days / finest > _MOST_CELLS or len(found.table) * points > _MOST_POINTS


def finer_key(question: Question, found: Findings) -> str:
    """Return the time key of the points of the courses of an answer; "" if there is none finer than its own."""
    by = question.by
    if "hour" in by or {"weekday", "hour_of_day"} <= set(by):
        return ""
    if calendar := [key for key in _FINER if key in by]:
        return _FINER[calendar[0]]
    if "weekday" in by or "hour_of_day" in by:
        return "hour_of_day" if "weekday" in by else "weekday"
    days = _days_with_data(question, found)
    return next((key for key, most in _SPANS if days <= most), "year")


def _days_with_data(question: Question, found: Findings) -> int:
    """Return how many of the days of a question are between the first and the last reading."""
    if found.known is None:
        return 0
    return max(0, (min(question.last, found.known[1]) - max(question.first, found.known[0])) // timedelta(days=1) + 1)


class _Names:
    """The points of rows by the keys of the finer question, in order of time, with data or not."""

    def __init__(self, zone: SiteZone, question: Question, key: str, found: Findings) -> None:
        assert found.known is not None
        self._zone, self._key = zone, key
        self._first, self._last = max(question.first, found.known[0]), min(question.last, found.known[1])
        self._others = [at for at, own in enumerate(question.by) if own not in _FINER]
        self._timed = next(((question.by.index(own), own) for own in _FINER if own in question.by), None)
        self._made: dict[str, list[str]] = {}

    def points_of(self, row: Row) -> list[Row]:
        """Return the points of a row."""
        others = tuple(row[at] for at in self._others)
        return [(*others, name) for name in self._names("" if self._timed is None else row[self._timed[0]])]

    def _names(self, period: str) -> list[str]:
        if period not in self._made:
            first, last = self._first, self._last
            if self._timed is not None:
                begin, end = days_of_row(self._timed[1], period)
                first, last = max(first, begin), min(last, end)
            self._made[period] = buckets.row_names(self._zone, self._key, first, last) if first <= last else []
        return self._made[period]
