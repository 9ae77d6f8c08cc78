"""Drill-down into a row: its keys become filters, and finer keys replace them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import MINUTE
from metertui.engine.errors import MeterError
from metertui.engine.reports import SavedReport
from metertui.engine.usage import TIME_KEYS, Clock, Question, days_of_row, format_clock, in_clock
from metertui.text import KEYS, time_labels, visible

_FINER: Final = {"year": "month", "quarter": "month", "month": "day", "week": "day", "day": "hour"}
_NARROWER: Final = dict(pairwise((*ATTRIBUTES, "meter")))


class NoFinerLevel(MeterError):
    """There is no question below a row, only its readings."""


def question_below(saved: SavedReport, question: Question, row: tuple[str, ...], *, single_meters: bool) -> SavedReport:
    """Return the question about one row of an answer. `single_meters`: whether it may go down to single meters.

    Raises NoFinerLevel.
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
                raise NoFinerLevel(
                    f"These meters have no {KEYS[key]}, so they cannot be chosen as a filter. "
                    "Press f to break the usage down by something else."
                )
            found = _filtered(found, key, name)
            below = _NARROWER[key]
            while below in question.by or (below != "meter" and found.filter.value(below)):
                below = _NARROWER.get(below, "")
            if below and (below != "meter" or single_meters):
                by.append(below)
        elif key == "meter":
            found = _filtered(found, key, name)
        elif key == "hour_of_day":
            found = _filtered(found, "time", _within_hour(int(name[:2]), saved.filter.clock))
        else:
            raise NoFinerLevel(
                f"Nothing finer is below a row by {KEYS[key]}. Press f to break the usage down by something else."
            )
    if not by:
        by.append("day" if "meter" in question.by and _short(found) else "month")
    chart = "bars" if saved.chart == "heat" else saved.chart
    return replace(found, by=tuple(dict.fromkeys(by))[:2], chart=chart, title="")


def step_name(question: Question, row: tuple[str, ...]) -> str:
    """Return the name of a row as a step of the way down: `November 2026`, `Tue 3 Nov`, `North`."""
    return visible(", ".join(_named(key, name) for key, name in zip(question.by, row, strict=True)))


def _named(key: str, name: str) -> str:
    if key == "day":
        return time_labels.key_in_full(key, name).removesuffix(name[:4]).strip()
    return time_labels.key_in_full(key, name) if key in TIME_KEYS else name or "(none)"


def origin_name(saved: SavedReport) -> str:
    """Return the name of the question that the way down begins at: its title, or how it is broken down."""
    return visible(saved.title) or (f"by {' and '.join(KEYS[key] for key in saved.by)}" if saved.by else "all together")


def _filtered(saved: SavedReport, name: str, value: str) -> SavedReport:
    return replace(saved, filter=saved.filter.replaced(**{name: value}))


def _within_hour(hour: int, clock: Clock | None) -> str:
    """Return the part of an hour of the day that is in a time of day. Raises NoFinerLevel if it is in two pieces."""
    minutes = np.arange(60 * hour, 60 * hour + 60, dtype=np.int64)
    asked = minutes[in_clock(minutes * MINUTE, clock)]
    if len(asked) <= int(asked[-1] - asked[0]):
        raise NoFinerLevel(
            f"The chosen time of day covers two parts of the hour from {hour:02d}:00. "
            "Press f and choose a time of day with one of them."
        )
    return format_clock((int(asked[0]) * MINUTE, int(asked[-1] + 1) * MINUTE))


def _short(saved: SavedReport) -> bool:
    """Return whether the dates span a month at most."""
    if saved.period != "dates":
        return False
    return (date.fromisoformat(saved.last) - date.fromisoformat(saved.first)).days <= 31
