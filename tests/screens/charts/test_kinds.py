"""Which charts draw which answers."""

from __future__ import annotations

from itertools import combinations

import pytest

from metertui.engine.reports.report import MEASURES, Measure
from metertui.engine.reports.saved_reports import CHARTS
from metertui.engine.usage.query import KEYS
from metertui.screens.charts.kinds import Kind, charts_for, drawn_chart, kind_of, next_chart, what_others_need


@pytest.mark.parametrize(
    ("by", "measure", "charts"),
    [
        ((), "total", "bars"),
        (("month",), "total", "lines bars shares"),
        (("day",), "peak", "lines bars heat"),
        (("region",), "per_meter", "bars"),
        (("month", "region"), "total", "lines stacked shares heat"),
        (("month", "region"), "peak", "lines heat"),
        (("region", "apartment_type"), "total", "bars shares heat"),
        (("region", "apartment_type"), "per_meter", "heat"),  # stacked, they would seem to add up
    ],
)
def test_charts_that_can_draw_an_answer(by: tuple[str, ...], measure: Measure, charts: str) -> None:
    assert charts_for(by, measure) == tuple(charts.split())


def test_every_question_has_a_chart_and_the_key_goes_through_all_of_them() -> None:
    for by in [(), *((key,) for key in KEYS), *combinations(KEYS, 2)]:
        for measure in MEASURES:
            possible = charts_for(by, measure)
            seen = [drawn_chart("bars", by, measure)]
            for _ in possible:
                seen.append(next_chart(seen[-1], by, measure))
            assert set(seen) == set(possible)
            assert seen[0] == seen[-1]
            assert all(drawn_chart(chart, by, measure) in possible for chart in CHARTS)


@pytest.mark.parametrize(
    ("chart", "by", "measure", "kind", "note"),
    [
        ("heat", ("month",), "total", "bars", "a heat map needs days or two keys"),
        ("stacked", ("month",), "total", "bars", ""),
        ("bars", ("month", "region"), "total", "stacked", ""),
        ("shares", ("month",), "peak", "bars", "shares need a total and a breakdown"),
        ("lines", ("region",), "total", "rows", "lines need a breakdown by time"),
        ("bars", ("region", "meter"), "peak", "heat", "bars of two keys need a total"),
    ],
)
def test_a_chart_that_cannot_draw_an_answer_says_what_it_needs(
    chart: str, by: tuple[str, ...], measure: Measure, kind: Kind, note: str
) -> None:
    assert kind_of(chart, by, measure) == (kind, note)


def test_what_is_missing_for_the_other_charts_is_named() -> None:
    assert what_others_need(("region",), "peak").startswith("lines need a breakdown by time; stacked bars need")
    assert what_others_need(("day", "region"), "total") == ""
