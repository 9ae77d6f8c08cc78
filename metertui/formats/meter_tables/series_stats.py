"""What the first rows of a table show of time: how long an interval is, in which order rows stand, what never falls."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, Int64Array, day_of_number
from metertui.engine.errors import Refused
from metertui.formats.meter_tables.columns import ODD, Columns
from metertui.formats.meter_tables.energies import energy_reader, plain_energies
from metertui.formats.meter_tables.figure_columns import Figures
from metertui.formats.meter_tables.label_columns import LabelColumns, Labels, as_shown
from metertui.formats.meter_tables.local_times import BARE
from metertui.formats.meter_tables.roles import Roles
from metertui.formats.meter_tables.shape import MISSING, Shape, clean
from metertui.formats.meter_tables.words import unit_of
from metertui.formats.said import DateOrder
from metertui.formats.tables import DecimalMark

Course = Literal["register", "interval", "doubtful", "sums", ""]
_LONG: Final = 12
"""So many rises without a fall between them are no chance: figures are sums that begin again now and then."""
FINER_RUN: Final = 4
"""So many rows nearer to one another than usual are a part of the file with shorter intervals."""
COARSER_RUN: Final = 12
"""So many rows that are farther apart than usual, all equally, are one with longer intervals."""
_FEW: Final = 4
"""Changes of a figure that are too few to tell a register."""
_HELD, _MISSING, _BAD = 1, 0, -1
_ABOVE: Final = 10
"""A register that never falls stands so many times its largest step above zero; energy per interval does not."""


@dataclass
class Stats:
    """What the first rows of one series show."""

    step: int = 0
    """µs from one label to the next, mostly; 0 if there is only one."""
    regular: bool = True
    """Whether most labels are so far apart, or as far as most of their series."""
    alike: bool = True
    """Whether no series has another step than most."""
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
    still: set[int] = field(default_factory=set)
    """The columns whose figures never change in a series."""
    clashing: set[frozenset[str]] = field(default_factory=set)
    """Texts of two series of rows that have a figure for one time."""
    contradicting: Counter[int] = field(default_factory=Counter)
    """How many of those have another figure than an earlier row of the same register and time."""


def stats_of(
    shape: Shape, roles: Roles, order: DateOrder, figures: Sequence[Figures], marks: Mapping[int, DecimalMark]
) -> Stats:
    """Return what the first rows show; `marks` are the decimal marks of figures by their column."""
    stats = Stats()
    labels, columns = _labels(shape, roles, order)
    timed = np.flatnonzero(labels.wall != ODD).tolist()
    if roles.unit is not None:
        timed = [at for at in timed if unit_of(columns[roles.unit][at])]  # not those of gas
    labels = Labels(*(column[timed] for column in labels))
    start = _utc(labels.wall, labels.offset)
    apart = [at for at in (roles.meter, roles.unit, roles.channel) if at is not None]
    names = [[columns[at][row] for row in timed] for at in apart]
    keys: dict[tuple[str, ...], int] = {}
    every = zip(*names, strict=True) if names else repeat((), len(timed))
    series = np.array([keys.setdefault(key, len(keys)) for key in every], dtype=np.int64)
    _note_steps(stats, series, start)
    if roles.channel is not None:
        stats.clashing = _clashing(names, start)
    stats.day_only = bool(labels.day_only.all())
    pair = roles.times.is_pair
    lengths = Counter((_utc(labels.end_wall, labels.end_offset) - start).tolist() if pair else ())
    stats.length = lengths.most_common(1)[0][0] if lengths else 0
    if stats.day_only and lengths:
        stats.inclusive = stats.length == 0 or stats.length + DAY == stats.step
        stats.length += DAY * stats.inclusive
    days = np.unique(labels.wall // DAY).tolist()
    firsts = stats.day_only and len(days) > 1 and all(day_of_number(day).day == 1 for day in days)
    stats.months = roles.times.months or firsts
    for each in figures:
        if each.place < 0:  # parts of a day, of which no row is like the next
            stats.courses[each.place] = ""
            days = list(zip(*([columns[at][row] for row in timed] for at in roles.slots), strict=True))
            stats.filled[each.place] = len(days)
            stats.contradicting[each.place] = _repeated(series, start, days)
            continue
        energy, state = _energies([columns[each.place][row] for row in timed], marks[each.place])
        stats.filled[each.place] += int((state != _MISSING).sum())
        held = state == _HELD
        ends = _utc(labels.end_wall, labels.end_offset) if pair else start
        ordered = np.array([series[held], start[held], ends[held], energy[held]])
        ordered = ordered[:, np.lexsort(ordered[::-1])]
        same = (np.diff(ordered[:3]) == 0).all(axis=0)
        stats.contradicting[each.place] = int((same & (np.diff(ordered[3]) != 0)).sum())
        stats.courses[each.place] = _course(ordered)
        if not np.diff(ordered[3])[np.diff(ordered[0]) == 0].any():
            stats.still.add(each.place)
    return stats


def _repeated(series: Int64Array, start: Int64Array, days: Sequence[Sequence[str]]) -> int:
    """Return how many days have other figures than an earlier row of the same register and day."""
    first: dict[tuple[int, int], Sequence[str]] = {}
    keys = zip(series.tolist(), start.tolist(), strict=True)
    return sum(first.setdefault(key, day) != day for key, day in zip(keys, days, strict=True))


def _clashing(names: Sequence[Sequence[str]], start: Int64Array) -> set[frozenset[str]]:
    """Return the texts of series, the last of the `names` of each row, two of which a meter has for one time."""
    found: set[frozenset[str]] = set()
    seen: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for *meter, text, instant in zip(*names, start.tolist(), strict=True):
        others = seen[*meter, instant]
        found |= {frozenset((other, text)) for other in others - {text}}
        others.add(text)
    return found


def _labels(shape: Shape, roles: Roles, order: DateOrder) -> tuple[Labels, Sequence[Sequence[str]]]:
    """Return the labels of rows, whose starts are ODD where a row has none, and the cells column by column."""
    width = len(shape.names)
    padding = [""] * width
    rows = [row.cells for row in shape.rows if row.fault is None]
    rows = [cells if len(cells) == width else (cells + padding)[:width] for cells in rows]
    columns: Sequence[Sequence[str]] = list(zip(*rows, strict=True)) or [()] * width
    columns = [[*map(clean, column)] if '="' in "\n".join(column) else column for column in columns]
    labels = LabelColumns(roles.times, order).read(Columns(range(len(rows)), columns))
    read = roles.times.reader(order)
    for at in np.flatnonzero(labels.wall == ODD).tolist():
        found = read([column[at] for column in columns])
        if found is not None:
            for column, number in zip(labels, as_shown(*found), strict=True):
                column[at] = number
    return labels, columns


def _energies(texts: list[str], mark: DecimalMark) -> tuple[Int64Array, NDArray[np.int8]]:
    """Return the energies of cells as if they were kWh, and which are held, missing, or neither."""
    energy, plain = plain_energies(texts, mark, "kWh")
    read = energy_reader(mark, "kWh")
    state = np.where(plain, _HELD, _BAD).astype(np.int8)
    for at in np.flatnonzero(~plain).tolist():
        if texts[at].lower() in MISSING:
            state[at] = _MISSING
            continue
        try:
            energy[at] = read(texts[at])
            state[at] = _HELD
        except Refused:
            continue
    return energy, state


def _note_steps(stats: Stats, series: Int64Array, start: Int64Array) -> None:
    """Note how far apart the times of each series are, and in which order they stand."""
    rows = np.argsort(series, kind="stable")
    same = np.diff(series[rows]) == 0
    stats.newest_first = bool(np.sign(np.diff(start[rows]))[same].sum() < 0)
    order = np.lexsort((start, series))
    within = np.diff(series[order]) == 0
    apart, of = np.diff(start[order])[within], series[order][1:][within]
    steps = Counter(apart[apart > 0].tolist())
    if steps:
        stats.step, most = steps.most_common(1)[0]
        modes = _modes(stats.step, of[apart > 0], apart[apart > 0])
        stats.regular = most * 2 >= steps.total() or 2 * sum(count for count, _ in modes) >= len(of)
        stats.alike = all(step == stats.step for _, step in modes)


def _modes(usual: int, series: Int64Array, apart: Int64Array) -> list[tuple[int, int]]:
    """Return how many times of each series are as far apart as most of it, and how far.

    Few of a series that are at another distance than `usual` tell nothing.
    """
    pairs, counts = np.unique(np.array([series, apart]), axis=1, return_counts=True)
    most: dict[int, tuple[int, int]] = {}
    for one, step, count in zip(*pairs.tolist(), counts.tolist(), strict=True):
        if step == usual or count >= COARSER_RUN:
            most[one] = max(most.get(one, (0, 0)), (count, step))
    return list(most.values())


def _utc(wall: Int64Array, offset: Int64Array) -> Int64Array:
    return wall - np.where(offset == BARE, 0, offset)


def _course(ordered: Int64Array) -> Course:
    """Return whether figures are those of a register, which never fall, or of intervals.

    Those that rise and then begin again, as from midnight on, are sums.
    The rows of `ordered` are series, starts, ends and figures, in this order.
    """
    series, _, _, figures = ordered
    together = np.diff(series) == 0
    steps = np.diff(figures)[together]
    begun = int((4 * figures[1:] < figures[:-1])[together].sum())
    rises, falls = int((steps > 0).sum()), int((steps < 0).sum())
    largest = max(0, int(steps.max(initial=0)))
    changes = rises + falls
    if begun * 2 > falls and rises >= max(5 * falls, _LONG):
        return "sums"
    if falls * 10 >= changes and falls:
        return "interval"
    if changes < _FEW:
        return ""
    if not falls and int(figures.min()) >= _ABOVE * largest:
        return "register"
    return "sums" if not falls and rises >= _LONG else "doubtful"
