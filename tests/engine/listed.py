"""Short calls for the readings of an engine, found as the program finds them."""

from __future__ import annotations

from datetime import date

from metertui.engine.attributes import NO_ATTRIBUTES, Group
from metertui.engine.core.engine import Engine
from metertui.engine.core.listing import find_readings
from metertui.engine.index.reading_list import ReadingList
from metertui.engine.usage.query import Filter, Question

EVER = (date(1970, 1, 2), date(2199, 12, 31))


def listed(
    engine: Engine,
    attributes: Group = NO_ATTRIBUTES,
    days: tuple[date, date] = EVER,
    *,
    meter: str = "",
    time: str = "",
) -> ReadingList:
    """Return the readings that meet every condition given."""
    return find_readings(engine.view(), Question(*days, filter=Filter(attributes, meter, time)))
