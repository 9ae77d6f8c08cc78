"""The readings that meet a question, found through the index: by any mix of meter, attributes, days and time of day.

A reading closes the interval before it, as everywhere: one at midnight belongs to the day before, one at 20:00 to a
time of day that ends then. A meter's first one opens what comes after it. So the list behind a row of a table has the
readings that the row counts: of all registers that make up its channel.

    view = engine.view()
    readings = find_readings(view, Question(date(2025, 3, 1), date(2025, 3, 31), filter=Filter(Group("East"))))
    for frame in readings.frames():     # pandas DataFrames of at most 50,000 rows; readings.frame() is all in one
        ...

The columns are `identifier` and the attributes (categories), `timestamp` (datetime64[us] in the site zone) and
`reading_kwh` (float64).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import USE, Int64Array, Progress, meter_of, no_progress, window_of_days
from metertui.engine.columns import Registers
from metertui.engine.errors import MeterError
from metertui.engine.index import ReadingList, View
from metertui.engine.usage import CHANNEL, TIME_KEYS, Question, buckets, parse_clock

_RECURRING = ("weekday", "hour_of_day")


def find_readings(
    view: View, question: Question, row: Mapping[str, str] | None = None, progress: Progress = no_progress
) -> ReadingList:
    """Return the readings that a question selects, in its order and up to its limit; any thread.

    `row` narrows them to a row of the question's table: the value of each key of `by`. `progress` is called with the
    share done; what it raises ends the work. Raises MeterError for an unknown meter, column or row, and for
    a question that cannot be asked.
    """
    row = row or {}
    stored, asked = view.stored, question.filter
    registers = Registers(stored.ids)
    window_of_days(question.first, question.last, stored.zone)
    parse_clock(asked.time)
    if "meter" in row:
        if meter_of(asked.meter) not in ("", row["meter"]):
            return view.find(windows=_NEVER)
        asked = asked.replaced(meter=row["meter"], channel=asked.named_channel)
    if CHANNEL in row:
        asked = asked.replaced(channel=row[CHANNEL])
    codes = registers.making(asked.named_channel or USE, asked.meter_code(view.code))
    chosen = [(key, row[key]) for key in ATTRIBUTES if key in row]
    groups = None
    if chosen or any(asked.attributes):
        groups = [
            at
            for at, group in enumerate(stored.groups)
            if asked.takes_group(group) and all(getattr(group, key) == value for key, value in chosen)
        ]
    progress(0.1)
    found = view.find(codes, groups, _windows(view, question, row))
    progress(0.5)
    if question.sort:
        found = found.sorted_by(question.sort, progress)
    return found.first(question.limit) if question.limit else found


_NEVER: Int64Array = np.empty((0, 2), dtype=np.int64)


def _windows(view: View, question: Question, row: Mapping[str, str]) -> Int64Array:
    """Return the windows of the table's row: its days, and of those its time of day. None lies beyond all readings."""
    zone = view.stored.zone
    keys = [key for key in TIME_KEYS if key in row]
    first, last = question.first, question.last
    try:
        for key in set(keys) - set(_RECURRING):
            begins, ends = buckets.days_of_row(key, row[key])
            first, last = max(first, begins), min(last, ends)
    except ValueError as error:
        raise MeterError(f"{dict(row)} is no row of this table") from error
    reach = view.stored.reach()
    if reach is None or first > last:
        return _NEVER
    window = window_of_days(first, last, zone)
    known = window_of_days(zone.day(reach[0] - 1), zone.day(reach[1]), zone)
    start, end = max(window.start, known.start), min(window.end, known.end)
    if start >= end:
        return _NEVER
    cut = buckets.cut_time(zone, replace(question, by=tuple(keys)), start, end)
    if not len(cut):
        return _NEVER
    wanted = np.ones(len(cut), dtype=bool)
    for key in keys:
        wanted &= cut.texts[key] == row[key]
    inside = (cut.row >= 0) & wanted[cut.row]
    spans = np.stack((cut.marks[:-1][inside], cut.marks[1:][inside]), axis=1)
    apart = np.ones(len(spans), dtype=bool)
    apart[1:] = spans[1:, 0] != spans[:-1, 1]
    last_of_each = np.append(apart[1:], True)[: len(spans)]
    return np.stack((spans[apart, 0], spans[last_of_each, 1]), axis=1)
