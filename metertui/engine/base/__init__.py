"""Values of the field: watt-hours, instants, the site zone, errors."""

from __future__ import annotations

from metertui.engine.base import windows
from metertui.engine.base.config import Clock, Rules, SystemClock
from metertui.engine.base.outcome import DUPLICATE, OK, Outcome, refused, suspect
from metertui.engine.base.progress import Progress, no_progress, part_of_progress
from metertui.engine.base.registers import MAX_WH, check_meter_id, disarmed, format_kwh, parse_kwh
from metertui.engine.base.windows import Window, between, month, month_before
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SECOND, SiteZone, date_of, machine_zone, number_of

__all__ = [
    "DAY",
    "DUPLICATE",
    "HOUR",
    "MAX_WH",
    "MINUTE",
    "OK",
    "SECOND",
    "Clock",
    "Outcome",
    "Progress",
    "Rules",
    "SiteZone",
    "SystemClock",
    "Window",
    "between",
    "check_meter_id",
    "date_of",
    "disarmed",
    "format_kwh",
    "machine_zone",
    "month",
    "month_before",
    "no_progress",
    "number_of",
    "parse_kwh",
    "part_of_progress",
    "refused",
    "suspect",
    "windows",
]
