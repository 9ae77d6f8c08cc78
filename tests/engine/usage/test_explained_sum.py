"""The registers that a sum is made of, each in its own time."""

from __future__ import annotations

from metertui.engine.base.windows import Window
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.usage.explained_sum import Explained, explain_sum
from metertui.engine.usage.series import Series
from tests.engine.build import frozen
from tests.strategies import START

LONDON = SiteZone("Europe/London")
COURSES = {
    "m": [(START + 2 * HOUR, 0), (START + 4 * HOUR, 5_000)],
    "m:t1": [(START, 0), (START + 6 * HOUR, 600)],
    "m:t2": [(START, 0), (START + 3 * HOUR, 6_000)],
}


def test_a_total_stands_for_its_parts_while_it_is_read() -> None:
    whole = frozen(COURSES, LONDON)
    registers = [Explained(Series.from_frozen(whole, code), None) for code in range(3)]
    series = Series.from_frozen(whole.use, 0, "m", ("m:t1", "m:t2"))
    found = explain_sum(series, Window("dates", START + HOUR, START + 9 * HOUR), LONDON, registers)
    told = [((each.usage.start - START) // HOUR, each.usage.meter, each.usage.usage_wh) for each in found.registers]
    assert told == [(1, "m", 5_000), (1, "m:t1", 100), (1, "m:t2", 2_000), (4, "m:t1", 200)]
    assert (found.usage.usage_wh, found.sum_wh, found.agrees) == (7_300, 7_300, True)
    late = explain_sum(series, Window("dates", START + 7 * HOUR, START + 9 * HOUR), LONDON, registers)
    assert (late.registers, late.why_no_data.startswith("The window begins at or after")) == ((), True)
