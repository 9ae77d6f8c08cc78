"""What two tables tell by their difference: the days and times of day that one of them has and the other has not.

The usage of March is what January to March was, less January and February; so who has both tables knows it, of every
group that both tell, or that sums of their rows make.
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
    """Those that its table tells apart, filters included, in the order of ATTRIBUTES."""
    return tuple(key for key in ATTRIBUTES if key in question.by or question.filter.value(key))


def shared(one: Question, other: Question) -> tuple[str, ...] | None:
    """The attributes that both tell apart; None if the rest of one is cut out by a filter, so that sums do not meet."""
    both = [key for key in attributes(one) if key in attributes(other)]
    filtered = any(each.filter.value(key) for each in (one, other) for key in ATTRIBUTES if key not in both)
    return None if filtered else tuple(both)


def differences(one: Question, other: Question) -> Iterator[Question]:
    """What only one of two questions asks for, by the attributes that both tell apart; nothing if no day is of both."""
    by = shared(one, other)
    first, last = max(one.first, other.first), min(one.last, other.last)
    if by is None or first > last:
        return
    for each in (one, other):
        if each.first < first:
            yield _about(each.first, first - _ONE_DAY, by, each.filter.time)
        if last < each.last:
            yield _about(last + _ONE_DAY, each.last, by, each.filter.time)
    edges = sorted({moment % DAY for clock in (one.filter.clock, other.filter.clock) if clock for moment in clock})
    for arc in pairwise([*edges, *edges[:1]]):
        begin = np.array([arc[0]], dtype=np.int64)
        if in_clock(begin, one.filter.clock)[0] != in_clock(begin, other.filter.clock)[0]:
            yield _about(first, last, by, format_clock(arc))


def _about(first: date, last: date, by: tuple[str, ...], time: str) -> Question:
    return Question(first, last, by, Filter(time=time))
