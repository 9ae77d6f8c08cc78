"""Changes of the register: closing less opening is the usage and they, whatever the readings are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.windows import Window
from metertui.engine.base.zone import HOUR
from metertui.engine.usage.register_changes import RegisterChange, register_changes
from metertui.engine.vee.edits import MeterEdits
from tests.engine.build import Course
from tests.engine.usage.test_explaining import corrected, decisions, event, hourly, instants
from tests.strategies import START, courses


@settings(max_examples=60)
@given(st.data(), courses(), instants, instants)
def test_usage_and_changes_make_the_closing_register(data: st.DataObject, course: Course, a: int, b: int) -> None:
    meter = corrected(course, data.draw(decisions(course)))
    found = meter.usage(Window("dates", min(a, b), max(a, b)))
    if found.opening is not None and found.closing is not None and found.usage_wh is not None:
        moved = sum(
            change.after_wh - change.before_wh for change in register_changes(meter.curve, found.opening, found.closing)
        )
        assert found.opening.wh is not None
        assert found.closing.wh is not None
        rise = found.closing.wh - found.opening.wh - found.usage_wh
        assert rise == moved


def test_resets_and_exchanges_are_distinguished() -> None:
    made = MeterEdits()
    made.apply_edit(event("exchange", START + 3 * HOUR + HOUR // 2, 600, 20))
    meter = corrected(hourly(9000, 9500, 100, 500, 120), made)
    found = meter.usage(Window("dates", START, START + 4 * HOUR))
    assert found.opening is not None
    assert found.closing is not None
    assert register_changes(meter.curve, found.opening, found.closing) == [
        RegisterChange(START + 2 * HOUR, 9500, 100, declared=False),
        RegisterChange(START + 3 * HOUR + HOUR // 2, 600, 20, declared=True),
    ]
    steady = corrected(hourly(0, 10, 20), MeterEdits()).usage(Window("dates", START, START + 4 * HOUR))
    assert steady.opening is not None
    assert steady.closing is not None
    assert register_changes(meter.curve.part(slice(0, 2)), steady.opening, steady.closing) == []
