"""What the first rows of a table show of time: how long an interval is, in which order rows stand, what never falls."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

from metertui.engine.base import DAY
from metertui.engine.errors import Refused
from metertui.formats.meter_tables.figure_columns import Figures
from metertui.formats.meter_tables.roles import Roles
from metertui.formats.meter_tables.shape import MISSING, Shape, clean
from metertui.formats.said import DateOrder
from metertui.formats.tables import Label

Course = Literal["register", "interval", "doubtful", ""]
_FEW: Final = 4
"""Changes of a figure that are too few to tell a register."""
_ABOVE: Final = 10
"""A register that never falls stands so many times its largest step above zero; energy per interval does not."""


@dataclass
class Stats:
    """What the first rows of one series show."""

    step: int = 0
    """µs from one label to the next, mostly; 0 if there is only one."""
    regular: bool = True
    """Whether most labels are so far apart."""
    newest_first: bool = False
    day_only: bool = True
    """Whether labels are days without a time."""
    months: bool = False
    """Whether all labels are the first days of months."""
    length: int = 0
    """µs from start to end, mostly, where a row has both."""
    inclusive: bool = False
    """Whether an end that is a day belongs to the interval."""
    courses: dict[int, Course] = field(default_factory=dict)
    """How the figures of columns go on in time, by their column."""
    filled: Counter[int] = field(default_factory=Counter)
    """How many rows have a figure, by their column."""
    contradicting: Counter[int] = field(default_factory=Counter)
    """How many of those have another figure than an earlier row of the same register and time."""


def stats_of(
    shape: Shape, roles: Roles, order: DateOrder, figures: Sequence[Figures], readers: dict[int, Callable[[str], int]]
) -> Stats:
    """Return what the first rows show; `readers` return the energy of a cell by its column."""
    stats = Stats()
    read = roles.times.reader(order)
    width = len(shape.names)
    walls: dict[tuple[str, ...], list[int]] = defaultdict(list)
    held: dict[tuple[int, tuple[str, ...]], list[tuple[int, int]]] = defaultdict(list)
    lengths: Counter[int] = Counter()
    days = set()
    for row in shape.rows:
        if row.fault is not None:
            continue
        cells = [clean(cell) for cell in row.cells] + [""] * (width - len(row.cells))
        found = read(cells)
        if found is None:
            continue
        start, end = found
        stats.day_only = stats.day_only and start.day_only
        days.add(start.wall // DAY)
        if end is not None:
            lengths[_utc(end) - _utc(start)] += 1
        key = tuple(cells[at] for at in (roles.meter, roles.channel) if at is not None)
        walls[key].append(_utc(start))
        for each in figures:
            text = cells[each.place] if each.place >= 0 else ""
            if text.lower() not in MISSING:
                stats.filled[each.place] += 1
                try:
                    held[each.place, key].append((_utc(start), readers[each.place](text)))
                except Refused:
                    continue
    steps: Counter[int] = Counter()
    forward = 0
    for times in walls.values():
        forward += sum((two > one) - (two < one) for one, two in pairwise(times))
        distinct = sorted(set(times))
        steps.update(two - one for one, two in pairwise(distinct))
    stats.newest_first = forward < 0
    if steps:
        stats.step, most = steps.most_common(1)[0]
        stats.regular = most * 2 >= steps.total()
    stats.length = lengths.most_common(1)[0][0] if lengths else 0
    if stats.day_only and lengths:
        stats.inclusive = stats.length == 0 or stats.length + DAY == stats.step
        stats.length += DAY * stats.inclusive
    firsts = stats.day_only and len(days) > 1 and all(_is_first(day) for day in days)
    stats.months = roles.times.months or firsts
    for (place, _), pairs in held.items():
        stats.contradicting[place] += len(set(pairs)) - len({start for start, _ in pairs})
    for each in figures:
        stats.courses[each.place] = _course([pairs for (place, _), pairs in held.items() if place == each.place])
    return stats


def _utc(label: Label) -> int:
    return label.wall - (label.offset or 0)


def _is_first(day: int) -> bool:
    from datetime import date  # noqa: PLC0415

    return date.fromordinal(day + date(1970, 1, 1).toordinal()).day == 1


def _course(series: Sequence[list[tuple[int, int]]]) -> Course:
    """Return whether figures in order of time are those of a register, which never fall, or of intervals."""
    rises, falls, largest, least = 0, 0, 0, None
    for pairs in series:
        figures = [figure for _, figure in sorted(pairs)]
        least = min([*figures, *([] if least is None else [least])], default=least)
        for one, two in pairwise(figures):
            rises += two > one
            falls += two < one
            largest = max(largest, two - one)
    changes = rises + falls
    if falls * 10 >= changes and falls:
        return "interval"
    if changes < _FEW:
        return ""
    return "register" if not falls and least is not None and least >= _ABOVE * largest else "doubtful"
