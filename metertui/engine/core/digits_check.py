"""Whether the registers that a meter has shown have no more digits than its account is to say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metertui.engine.attributes import DeviceFields
from metertui.engine.base import format_kwh
from metertui.engine.core.engine import Engine
from metertui.engine.errors import Refused
from metertui.engine.index import course_of


def check_digits(engine: Engine, meter: str, said: Sequence[tuple[int, DeviceFields]]) -> None:
    """Check what an account is to say of a meter itself in time against its counted readings. Raises Refused.

    One at the instant of a change is of what the meter was before.
    """
    course = course_of(said[-1][1], said)
    for code in engine.directory.codes_of_meter(meter):
        register = engine.directory.ids[code]
        curve = engine.series(register).read_curve
        place = np.searchsorted(np.array(course.since, dtype=np.int64), curve.time)
        ranges = np.array([device.range_wh for device in course.devices], dtype=np.int64)[place]
        too_long = np.flatnonzero((ranges > 0) & (curve.wh >= ranges))
        if len(too_long):
            at = int(too_long[0])
            shown = f"{format_kwh(int(curve.wh[at]))} kWh at {engine.zone.iso(int(curve.time[at]))}"
            digits = len(str(int(ranges[at]) // 1000)) - 1
            why = f"{register} has counted {shown}, which has more than {digits} digits"
            raise Refused("bad-field", f"{why}; say from when on (--from), or void that reading if it was misread")
