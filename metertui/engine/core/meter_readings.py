"""The readings of one meter, of all its registers, as if there were no other meter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from metertui.engine.columns import Columns, Frozen, IntervalColumns
from metertui.engine.intervals import join_intervals, without_overlaps
from metertui.engine.vee import corrections_from, validate

if TYPE_CHECKING:
    from metertui.engine.core.data_folder import DataFolder


def prepare_registers(folder: DataFolder, meter: str) -> Callable[[], Frozen]:
    """Return what makes columns of the readings of all registers of a meter as of now, in any thread.

    The code of the meter, which must be known, is 0 in them.
    """
    directory, events, readings = folder.directory, folder.events, folder.readings
    codes = directory.codes_of_meter(meter)
    ids = [directory.ids[code] for code in codes]
    parts = [readings.readings_of(code) for code in codes]
    edits = {place: events.edits_of_meter(register) for place, register in enumerate(ids)}
    corrections = corrections_from(
        {place: each for place, each in edits.items() if each is not None},
        {place: shared for place, code in enumerate(codes) if (shared := readings.shared_of(code))},
        {place: known for place, code in enumerate(codes) if (known := readings.qualities.of_meter(code))},
    )
    limits, groups_in_time = directory.limits_of(codes[0]), directory.groups_in_time()
    stated, former = readings.intervals, readings.former
    groups, zone = tuple(directory.groups), folder.zone

    def group(at: NDArray[np.int64]) -> NDArray[np.int32]:
        return groups_in_time.groups_of(np.full(len(at), codes[0], dtype=np.int32), at)

    def made() -> Frozen:
        meters = np.repeat(np.arange(len(codes), dtype=np.int32), [len(times) for times, _ in parts])
        columns = Columns(meters, *(np.concatenate(each) for each in zip(*parts, strict=True)))
        found = validate(columns, corrections, limits)
        intervals, gone = without_overlaps(_intervals_of(stated, codes)), _intervals_of(former, codes)
        curve = join_intervals(found.curve, intervals)
        return Frozen(
            columns=found.columns,
            status=found.status,
            energy=found.energy,
            group=group(columns.time),
            curve=curve,
            curve_group=group(curve.label_times(found.curve)),
            corrections=corrections,
            ids=ids,
            groups=groups,
            zone=zone,
            limits=limits,
            intervals=intervals,
            interval_group=group(intervals.end),
            former=gone,
            former_group=group(gone.end),
            reads=found.curve,
            quality=found.quality,
        )

    return made


def _intervals_of(intervals: IntervalColumns, codes: Sequence[int]) -> IntervalColumns:
    """Return the intervals of registers, with the places of their codes instead of these."""
    parts = [intervals.take(intervals.span(code)) for code in codes]
    meter = np.repeat(np.arange(len(codes), dtype=np.int32), [len(part) for part in parts])
    names = [field.name for field in fields(IntervalColumns)]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return IntervalColumns(**columns | {"meter": meter})
