"""Lists of readings, found through the index by any mix of meter, attributes, days and time of day.

A reading closes the interval before it, as everywhere: one at midnight belongs to the day before, one at 20:00 to a
time of day that ends then. So a list has as many readings as the table of usage counts: those that stand.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES, NO_ATTRIBUTES, Group
from metertui.engine.base import DAY, HALF_HOUR, SiteZone, day_number, window_of_days
from metertui.engine.columns import as_frame
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.usage import Clock, Question, in_clock

COLUMNS: Final = ("identifier", "timestamp", "reading_kwh", *ATTRIBUTES)
_WH: Final = "reading_wh"


def list_readings(engine: Engine, question: Question) -> pd.DataFrame:
    """Return the readings that the filter of a question selects, in its order or by meter and time; `by` is ignored.

    Columns as COLUMNS names them, but `reading_wh` (int64) for the reading, and `timestamp` in µs UTC (int64). For
    the engine's thread. Raises MeterError for an unknown meter or column.
    """
    wanted = question.sort.removeprefix("-")
    if wanted and wanted not in COLUMNS:
        raise MeterError(f"{wanted} is not a column of this list")
    meter, time, wh = engine.readings.standing_at(_rows(engine, question))
    groups = engine.directory.groups_in_time().groups_of(meter, time)
    ids = np.array(engine.directory.ids, dtype=object)
    columns: dict[str, NDArray[np.object_] | NDArray[np.int64]] = {"identifier": ids[meter], "timestamp": time, _WH: wh}
    for key in ATTRIBUTES:
        names = np.array([getattr(group, key) for group in engine.directory.groups], dtype=object)
        columns[key] = names[groups]
    order: list[NDArray[np.int64] | NDArray[np.int32]] = [time, meter]
    if wanted:
        column = columns[_WH if wanted == "reading_kwh" else wanted]
        rank = np.unique(column, return_inverse=True)[1]
        order.append(-rank if question.sort.startswith("-") else rank)
    place = np.lexsort(order)
    place = place[: question.limit or len(place)]
    return pd.DataFrame({name: column[place] for name, column in columns.items()})


def find_readings(
    engine: Engine,
    *,
    meter: str = "",
    attributes: Group = NO_ATTRIBUTES,
    days: tuple[date, date] | None = None,
    clock: Clock | None = None,
) -> pd.DataFrame:
    """Return the readings that meet every condition given, found through the index, in order of meter and time.

    `days` are local days, both included; `clock` µs of the local wall clock within the day, from the first to
    before the second. Columns as `as_frame` has them. Raises MeterError for an unknown meter.
    """
    code = engine.code_of(meter) if meter else None
    groups = engine.directory.groups_matching(attributes) if any(attributes) else None
    numbers = None if days is None else (day_number(days[0]), day_number(days[1]) + 1)
    found = engine.readings.select_rows(code, groups, days=numbers, clock=clock)
    meters, times, whs = engine.readings.standing_at(found)
    order = np.lexsort((times, meters))
    return as_frame(meters[order], times[order], whs[order], engine.directory.ids, engine.zone)


def _rows(engine: Engine, question: Question) -> NDArray[np.int64]:
    """Return their rows: the index finds whole days and half hours, and the exact limits are applied to those."""
    zone = engine.zone
    code = question.filter.meter_code(engine.directory.codes.get)
    groups = engine.directory.groups_matching(question.filter.attributes) if any(question.filter.attributes) else None
    clock = question.filter.clock
    window = window_of_days(question.first, question.last, zone)
    days = day_number(zone.day(window.start)), day_number(zone.day(window.end)) + 1
    looks: list[tuple[tuple[int, int], tuple[int, int] | None]] = [(days, None)]
    if clock is not None:
        looks = [(days, slots) for slots in _slots(clock)]
        looks += [_slot_at(zone, instant) for instant in zone.clock_changes(window.start, window.end).tolist()]
    select = engine.readings.select_rows
    rows = np.unique(np.concatenate([select(code, groups, days=reach, clock=slots) for reach, slots in looks]))
    time = engine.readings.readings_at(rows)[1]
    kept = (time > window.start) & (time <= window.end)
    if clock is not None:
        kept &= in_clock(zone.wall_clock(time - 1) % DAY, clock)
    return rows[kept]


def _slots(clock: Clock) -> list[tuple[int, int]]:
    """Return whole half hours that hold all readings of a time of day, one at its very end included."""
    low, high = clock
    spans = [(low, high)] if low < high else [(low, DAY), (0, high)]
    found = []
    for begin, end in spans:
        found.append((begin // HALF_HOUR * HALF_HOUR, min(DAY, end // HALF_HOUR * HALF_HOUR + HALF_HOUR)))
        if end == DAY:
            found.append((0, HALF_HOUR))
    return found


def _slot_at(zone: SiteZone, instant: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the day and half hour that begin at a clock change: a reading then closes an interval of the old time."""
    day, moment = divmod(int(zone.wall_clock(np.array([instant]))[0]), DAY)
    return (day, day + 1), (moment // HALF_HOUR * HALF_HOUR, moment // HALF_HOUR * HALF_HOUR + HALF_HOUR)
