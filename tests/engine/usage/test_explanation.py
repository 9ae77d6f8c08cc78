"""An explanation by itself: whether its parts are the figure, and what it names."""

from __future__ import annotations

from dataclasses import replace

from metertui.engine.base.devices import ONE
from metertui.engine.usage.explanation import Change, Explanation, LeftOut, Part, Point, Product, Rise, Stated
from metertui.engine.usage.series import Edge, Usage
from metertui.engine.vee.rules import COUNTED, INTERVAL, REJECTED
from tests.strategies import START

FIRST, SECOND = Point(START, 1_000, 1_000, COUNTED), Point(START + 10, 3_000, 3_000, COUNTED)
OPENING, CLOSING = Edge(START, 1_000, "actual"), Edge(START + 10, 3_000, "actual")


def usage(wh: int) -> Usage:
    return Usage("m", "dates", START, START + 10, OPENING, CLOSING, wh, 2, 0)


def test_parts_and_changes_make_the_closing_register() -> None:
    part = Part(FIRST, SECOND, 2_000, START, START + 10, 2_000)
    found = Explanation(usage(2_000), parts=(part,))
    assert (found.sum_wh, found.agrees, found.is_multiplied) == (2_000, True, False)
    assert not replace(found, usage=usage(1_999)).agrees
    assert not replace(found, jumps_wh=1).agrees
    multiplied = replace(part, counted_wh=6_000, rise=Rise(2_000, 2_000, 3 * ONE))
    assert (multiplied.exact, part.exact) == (False, True)
    found = Explanation(usage(6_000), parts=(multiplied,))
    assert (found.risen_wh, found.agrees, found.is_multiplied) == (2_000, True, True)
    inside = Explanation(usage(6_000), inside_wh=6_000, inside_rise=2_000, products=(Product(2_000, 3 * ONE),))
    assert inside.agrees
    assert not replace(inside, products=(Product(2_000, 2 * ONE),)).agrees


def test_what_it_names_it_names_once() -> None:
    stated = Stated(START, START + 10, 5, 0)
    end = Point(START + 20, -1, -1, INTERVAL, stated=stated)
    bad = Point(START + 5, 9, 9, REJECTED)
    found = Explanation(
        usage(2_000),
        opening=(FIRST,),
        closing=(SECOND, end),
        parts=(Part(FIRST, SECOND, 2_000, START, START + 10, 2_000),),
        changes=(Change(FIRST, SECOND, 7),),
        left_out=(LeftOut(bad, "why", True),),
        stated=(stated,),
    )
    assert found.named_readings() == [FIRST, SECOND, bad]
    assert found.named_intervals() == [stated]
