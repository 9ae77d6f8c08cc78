"""Values of the field: watt-hours, instants, the site zone, errors."""

from __future__ import annotations

from metertui.engine.base.calendar import add_months, first_of_month, last_of_month, month_before, month_bounds
from metertui.engine.base.config import Clock, Rules, SystemClock
from metertui.engine.base.devices import (
    NOT_DAILY,
    PLAIN_COURSE,
    Device,
    DeviceCourse,
    DevicesInTime,
    check_device_field,
    device_of,
    multiplier_text,
    times_wh,
)
from metertui.engine.base.devices import ONE as ONE_TIMES
from metertui.engine.base.durations import duration_text, hours_number
from metertui.engine.base.identifiers import (
    MARK,
    USE,
    Identifier,
    check_channel,
    check_identifier,
    check_meter_id,
    meter_of,
    parse_identifier,
    plain_identifier,
    split_identifier,
)
from metertui.engine.base.limits import FitRule, Limits, MeterLimits, former_limits
from metertui.engine.base.machine_zone import machine_zone
from metertui.engine.base.outcome import DUPLICATE, OK, BadLine, Outcome, refused, suspect
from metertui.engine.base.plurals import counted
from metertui.engine.base.progress import Progress, no_progress, part_of_progress
from metertui.engine.base.qualities import ACTUAL, ESTIMATED, QUALITY_MARKS, QUALITY_NAMES, parse_mark
from metertui.engine.base.registers import MAX_WH, disarm_formula, format_kwh, kwh_number, parse_kwh
from metertui.engine.base.visible_text import visible
from metertui.engine.base.windows import (
    DATA_WINDOWS,
    FIRST_DAY,
    LAST_DAY,
    WINDOW_NAMES,
    Window,
    named_window,
    window_before,
    window_of_days,
)
from metertui.engine.base.zone import (
    DAY,
    HALF_HOUR,
    HOUR,
    MINUTE,
    SECOND,
    Int64Array,
    SiteZone,
    day_number,
    day_of_number,
    is_bare,
)

__all__ = [
    "ACTUAL",
    "DATA_WINDOWS",
    "DAY",
    "DUPLICATE",
    "ESTIMATED",
    "FIRST_DAY",
    "HALF_HOUR",
    "HOUR",
    "LAST_DAY",
    "MARK",
    "MAX_WH",
    "MINUTE",
    "NOT_DAILY",
    "OK",
    "ONE_TIMES",
    "PLAIN_COURSE",
    "QUALITY_MARKS",
    "QUALITY_NAMES",
    "SECOND",
    "USE",
    "WINDOW_NAMES",
    "BadLine",
    "Clock",
    "Device",
    "DeviceCourse",
    "DevicesInTime",
    "FitRule",
    "Identifier",
    "Int64Array",
    "Limits",
    "MeterLimits",
    "Outcome",
    "Progress",
    "Rules",
    "SiteZone",
    "SystemClock",
    "Window",
    "add_months",
    "check_channel",
    "check_device_field",
    "check_identifier",
    "check_meter_id",
    "counted",
    "day_number",
    "day_of_number",
    "device_of",
    "disarm_formula",
    "duration_text",
    "first_of_month",
    "format_kwh",
    "former_limits",
    "hours_number",
    "is_bare",
    "kwh_number",
    "last_of_month",
    "machine_zone",
    "meter_of",
    "month_before",
    "month_bounds",
    "multiplier_text",
    "named_window",
    "no_progress",
    "parse_identifier",
    "parse_kwh",
    "parse_mark",
    "part_of_progress",
    "plain_identifier",
    "refused",
    "split_identifier",
    "suspect",
    "times_wh",
    "visible",
    "window_before",
    "window_of_days",
]
