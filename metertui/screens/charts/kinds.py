"""Which charts can draw an answer, and what the others would need. A chart never changes the question."""

from __future__ import annotations

from typing import Final, Literal

from metertui.engine.reports import CHARTS, Measure
from metertui.engine.usage import TIME_KEYS

Kind = Literal["lines", "area", "bars", "stacked", "rows", "shares", "heat"]

_NEXT_BEST: Final = ("bars", "stacked", "lines", "heat")
"""What is drawn instead of a chart that cannot draw an answer: the first of these that can."""
_NEEDS: Final = {
    "lines": "lines need a breakdown by time",
    "bars": "bars of two keys need a total",
    "stacked": "stacked bars need two keys and a total",
    "shares": "shares need a total and a breakdown",
    "heat": "a heat map needs days or two keys",
}


def charts_for(by: tuple[str, ...], measure: Measure) -> tuple[str, ...]:
    """Return which of reports.CHARTS can draw an answer by these keys, in their order."""
    timed, adds_up = any(key in TIME_KEYS for key in by), measure == "total"
    suits = {
        "lines": timed,
        "bars": len(by) < 2 or (adds_up and not timed),
        "stacked": len(by) > 1 and timed and adds_up,
        "shares": bool(by) and adds_up,
        "heat": len(by) > 1 or by == ("day",),
    }
    return tuple(chart for chart in CHARTS if suits[chart])


def drawn_chart(chart: str, by: tuple[str, ...], measure: Measure) -> str:
    """Return what is drawn where a chart was chosen: itself, or the next best one that can draw the answer."""
    possible = charts_for(by, measure)
    return chart if chart in possible else next(each for each in _NEXT_BEST if each in possible)


def next_chart(chart: str, by: tuple[str, ...], measure: Measure) -> str:
    """Return the chart after the one that is drawn, of those that can draw the answer."""
    possible = charts_for(by, measure)
    return possible[(possible.index(drawn_chart(chart, by, measure)) + 1) % len(possible)]


def what_others_need(by: tuple[str, ...], measure: Measure) -> str:
    """Return what the charts that cannot draw an answer would need; "" if all can."""
    possible = charts_for(by, measure)
    return "; ".join(need for chart, need in _NEEDS.items() if chart not in possible and chart != "bars")


def kind_of(chart: str, by: tuple[str, ...], measure: Measure) -> tuple[Kind, str]:
    """Return how an answer is drawn, and what the chart that was chosen would need where it is another."""
    drawn = drawn_chart(chart, by, measure)
    note = "" if drawn == chart or {drawn, chart} == {"bars", "stacked"} else _NEEDS[chart]
    kinds: dict[str, Kind] = {"lines": "lines", "stacked": "stacked", "shares": "shares", "heat": "heat"}
    timed = any(key in TIME_KEYS for key in by)
    return kinds.get(drawn, "bars" if timed else "rows"), note
