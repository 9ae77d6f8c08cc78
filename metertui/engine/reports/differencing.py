"""Differencing: the questions that the difference of two tables answers.

The usage of March is the usage of January to March, less that of January and February. So both tables together disclose
the usage of March for every group that both have, or that sums of their rows make.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import DAY
from metertui.engine.usage import Filter, Question, format_clock, in_clock

_ONE_DAY = timedelta(days=1)


def attributes(question: Question) -> tuple[str, ...]:
    """Return the attributes that a question groups or filters by, in the order of ATTRIBUTES."""
    return tuple(key for key in ATTRIBUTES if key in question.by or question.filter.value(key))


def shared(one: Question, other: Question) -> tuple[str, ...] | None:
    """Return the attributes that both have. Return None if one filters by another, as its sums cannot be compared."""
    both = [key for key in attributes(one) if key in attributes(other)]
    filtered = any(each.filter.value(key) for each in (one, other) for key in ATTRIBUTES if key not in both)
    return None if filtered else tuple(both)


def differences(one: Question, other: Question) -> Iterator[Question]:
    """Yield questions about the days and times of day that only one of two has; none if they share no day."""
    by = shared(one, other)
    first, last = max(one.first, other.first), min(one.last, other.last)
    if by is None or first > last:
        return
    for each in (one, other):
        if each.first < first:
            yield _question(each.first, first - _ONE_DAY, by, each.filter.time)
        if last < each.last:
            yield _question(last + _ONE_DAY, each.last, by, each.filter.time)
    edges = sorted({moment % DAY for clock in (one.filter.clock, other.filter.clock) if clock for moment in clock})
    for arc in pairwise([*edges, *edges[:1]]):
        begin = np.array([arc[0]], dtype=np.int64)
        if in_clock(begin, one.filter.clock)[0] != in_clock(begin, other.filter.clock)[0]:
            yield _question(first, last, by, format_clock(arc))


def _question(first: date, last: date, by: tuple[str, ...], time: str) -> Question:
    return Question(first, last, by, Filter(time=time))
