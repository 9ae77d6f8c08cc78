"""The bill of a calendar month: opening and closing register, and the usage between them in kWh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metertui.engine import windows
from metertui.engine.columns import Frozen
from metertui.engine.energy import Edge, Series
from metertui.engine.windows import Window
from metertui.engine.zone import SiteZone


@dataclass(frozen=True, slots=True)
class Statement:
    """A meter's month (`YYYY-MM`). No data: no edges, and None for the usage. One's closing opens the next."""

    meter: str
    month: str
    opening: Edge | None
    closing: Edge | None
    usage_wh: int | None
    readings: int
    suspect: int


def statement(series: Series, month: str, zone: SiteZone) -> Statement:
    """A meter's bill for a local month. Raises MeterError for what is no month."""
    usage = series.usage(Window(month, *windows.month(month, zone)))
    return Statement(series.meter, month, usage.opening, usage.closing, usage.usage_wh, usage.readings, usage.suspect)


def statements(frozen: Frozen, month: str) -> Iterator[Statement]:
    """The bills of all meters, in order of their ids; no data for those without readings.

    Raises MeterError for what is no month.
    """
    windows.month(month, frozen.zone)  # said even where there is no meter
    for code in sorted(range(len(frozen.ids)), key=frozen.ids.__getitem__):
        yield statement(Series.of_frozen(frozen, code), month, frozen.zone)
