"""Why a figure that is the sum of several registers is what it is: by those registers, each in its own time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from metertui.engine.base import SiteZone, Window
from metertui.engine.usage.explaining import explain, why_no_data
from metertui.engine.usage.explanation import Explanation
from metertui.engine.usage.series import Series
from metertui.engine.vee import MeterEdits


class Explained(NamedTuple):
    """A register to explain: its series, and the edits of it in force."""

    series: Series
    decided: MeterEdits | None


def explain_sum(
    whole: Series, window: Window, zone: SiteZone, registers: Sequence[Explained], gap_us: int = 0
) -> Explanation:
    """Return the explanation of a usage that is the sum of registers, of which the total, if there is one, comes first.

    A total is what was used from its first point to its last, and its parts are at all other times. An interval is
    unusually long above `gap_us`; with 0 none is.
    """
    usage = whole.usage(window)
    if usage.usage_wh is None:
        return Explanation(usage, why_no_data(whole, window, zone))
    total = registers[0].series if registers[0].series.meter not in whole.summed else None
    times = [(window.start, window.end)]
    if total is not None and total.first is not None and total.last is not None:
        times = [(window.start, min(window.end, total.first)), (max(window.start, total.last), window.end)]
    found = []
    for each in registers:
        of_it = [(window.start, window.end)] if each.series is total else times
        for start, end in of_it:
            if start >= end:
                continue
            part = explain(each.series, Window("part", start, end), zone, each.decided, gap_us)
            if part.usage.usage_wh is not None:
                found.append(part)
    return Explanation(usage, registers=tuple(sorted(found, key=lambda each: each.usage.start)))
