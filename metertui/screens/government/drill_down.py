"""Drill-down into a row: its keys become filters, and finer keys replace them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Final

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.errors import MeterError
from metertui.engine.reports import SavedReport
from metertui.engine.usage import Question, days_of_row

_FINER: Final = {"year": "month", "quarter": "month", "month": "day", "week": "day", "day": "hour"}
_NARROWER: Final = dict(pairwise((*ATTRIBUTES, "meter")))


def question_below(saved: SavedReport, question: Question, row: tuple[str, ...], *, single_meters: bool) -> SavedReport:
    """Return the question about one row of an answer. `single_meters`: whether it may go down to single meters.

    Raises MeterError if there is no finer level.
    """
    found = saved
    by: list[str] = []
    for key, name in zip(question.by, row, strict=True):
        if key in _FINER:
            first, last = days_of_row(key, name)
            first, last = max(first, question.first), min(last, question.last)
            found = replace(found, period="dates", first=first.isoformat(), last=last.isoformat())
            by.append(_FINER[key])
        elif key in ATTRIBUTES:
            if not name:
                raise MeterError("This row has no name, so no filter can select it.")
            found = _filtered(found, key, name)
            below = _NARROWER[key]
            while below in question.by or (below != "meter" and found.filter.value(below)):
                below = _NARROWER.get(below, "")
            if below and (below != "meter" or single_meters):
                by.append(below)
        elif key == "meter":
            found = _filtered(found, key, name)
        elif key == "hour_of_day":
            found = _filtered(found, "time", f"{name}-{int(name[:2]) + 1:02d}:00")
        else:
            raise MeterError("There is no finer level.")
    if not by:
        by.append("day" if "meter" in question.by and _short(found) else "month")
    chart = "bars" if saved.chart == "heat" else saved.chart
    return replace(found, by=tuple(dict.fromkeys(by))[:2], chart=chart, title="")


def _filtered(saved: SavedReport, name: str, value: str) -> SavedReport:
    return replace(saved, filter=saved.filter.replaced(**{name: value}))


def _short(saved: SavedReport) -> bool:
    """Return whether the dates span a month at most."""
    if saved.period != "dates":
        return False
    return (date.fromisoformat(saved.last) - date.fromisoformat(saved.first)).days <= 31
