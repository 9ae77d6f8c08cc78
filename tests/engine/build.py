"""A meter's series, and frozen columns of many, from plain lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from metertui.engine.attributes import Group
from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.zone import SiteZone
from metertui.engine.columns.columns import Frozen
from metertui.engine.columns.curve import Columns
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.index.reading_store import ReadingStore
from metertui.engine.index.views import View
from metertui.engine.usage.query import Question
from metertui.engine.usage.readings_table import ReadingTables
from metertui.engine.usage.series import Series
from metertui.engine.vee import rules
from metertui.engine.vee.curve import validate

Course = Sequence[tuple[int, int]]


LIMITS = MeterLimits(1000, (100_000,))


def series(course: Course, meter: str = "m") -> Series:
    """One meter's readings (µs, Wh), in any order."""
    ordered = sorted(course)
    time = np.array([t for t, _ in ordered], dtype=np.int64)
    wh = np.array([v for _, v in ordered], dtype=np.int64)
    return Series.from_readings(meter, time, wh, LIMITS)


def frozen(
    meters: Mapping[str, Course],
    zone: SiteZone,
    groups: Mapping[str, Sequence[Group]] | None = None,
    limits: MeterLimits = LIMITS,
) -> Frozen:
    """Readings (µs, Wh) in time order by meter; a group for each reading, or none at all."""
    lengths = [len(course) for course in meters.values()]
    meter = np.repeat(np.arange(len(meters), dtype=np.int32), lengths)
    time = np.array([t for course in meters.values() for t, _ in course], dtype=np.int64)
    wh = np.array([v for course in meters.values() for _, v in course], dtype=np.int64)
    columns = Columns(meter, time, wh)
    found = validate(columns, None, limits)
    told = [group for name in meters for group in (groups or {}).get(name, [Group()] * len(meters[name]))]
    names = sorted(set(told) | {Group()})
    group = np.array([names.index(each) for each in told], dtype=np.int32)
    return Frozen(
        columns=columns,
        status=found.status,
        energy=found.energy,
        group=group,
        curve=found.curve,
        curve_group=group[found.status < rules.SUSPECT],
        corrections=None,
        ids=list(meters),
        groups=names,
        zone=zone,
        limits=limits,
    )


def view(columns: Frozen) -> View:
    """Return the view that has the readings of frozen columns, through an index."""
    directory = MeterCodes()
    for code, meter in enumerate(columns.ids):
        span = columns.columns.span(code)
        times, groups = columns.columns.time[span].tolist(), columns.group[span].tolist()
        moves = [(time, columns.groups[group]) for time, group in zip(times, groups, strict=True)]
        directory.place_meter(meter, moves[-1][1] if moves else Group(), moves)
    return ReadingStore(columns.columns, directory, columns.zone).view()


def tables(columns: Frozen, question: Question) -> list[pd.DataFrame]:
    """Return the tables of the readings that meet a question, as an export has them."""
    return list(ReadingTables(columns, question).pieces())
