"""Drill-down into a row: its keys become filters, and finer keys replace them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.errors import MeterError
from metertui.engine.reports import Saved
from metertui.engine.usage import Question, span_of

_FINER: Final = {"year": "month", "quarter": "month", "month": "day", "week": "day", "day": "hour"}
_NARROWER: Final = {"region": "sub_region", "sub_region": "apartment_type", "apartment_type": "meter"}


def question_below(saved: Saved, question: Question, row: tuple[str, ...], *, single_meters: bool) -> Saved:
    """Return the question about one row of an answer. `single_meters`: whether it may go down to single meters.

    Raises MeterError if there is no finer level.
    """
    found = saved
    by: list[str] = []
    for key, name in zip(question.by, row, strict=True):
        if key in _FINER:
            first, last = span_of(key, name)
            first, last = max(first, question.first), min(last, question.last)
            found = replace(found, period="dates", first=first.isoformat(), last=last.isoformat())
            by.append(_FINER[key])
        elif key in ATTRIBUTES:
            if not name:
                raise MeterError("This row has no name, so no filter can select it.")
            found = replace(found, **{key: name})  # type: ignore[arg-type]  # these three are texts
            below = _NARROWER[key]
            while below in question.by or (below != "meter" and getattr(found, below)):
                below = _NARROWER.get(below, "")
            if below and (below != "meter" or single_meters):
                by.append(below)
        elif key == "meter":
            found = replace(found, meter=name)
        elif key == "hour_of_day":
            found = replace(found, time=f"{name}-{int(name[:2]) + 1:02d}:00")
        else:
            raise MeterError("There is no finer level.")
    if not by:
        by.append("day" if "meter" in question.by and _short(found) else "month")
    chart = "bars" if saved.chart == "heat" else saved.chart
    return replace(found, by=tuple(dict.fromkeys(by))[:2], chart=chart, title="")


def _short(saved: Saved) -> bool:
    """Return whether the dates span a month at most."""
    if saved.period != "dates":
        return False
    return (date.fromisoformat(saved.last) - date.fromisoformat(saved.first)).days <= 31
