"""The data of a chart: its labels, its series and its kind, independent of any widget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.base import SiteZone
from metertui.engine.reports import Findings
from metertui.engine.usage import TIME_KEYS, buckets
from metertui.screens.charts.kinds import Kind, kind_of
from metertui.text import HIDDEN, INCOMPLETE, MEASURES, fmt, time_labels, visible

BEFORE: Final = "before"
"""The name of the series that another is compared with."""
ODD: Final = "this reading"
"""The name of the series of the one reading that a chart of lines is about."""
_DAYS: Final = 31
NO_CURSOR: Final = -1
"""The number of a label for no cursor."""
MOST_POINTS: Final = 200
"""Points of a chart at most: more cannot be distinguished in a terminal, and take time to draw."""
MOST_ROWS: Final = 500
"""Labels that are no times, and series of a heat map, at most, the highest: more would take long to draw, and nobody
goes through them."""
MOST_SERIES: Final = 7
"""Series at most; smaller ones are added up in one more."""
ALL_HIDDEN: Final = f"all {HIDDEN}: break it down less finely"
"""Stands in place of a chart whose groups are all too small."""
WITHHELD: Final = "/"
"""Stands in a chart where a value, or a part of it, is hidden."""


Cells = Mapping[tuple[str, ...], tuple[int, int]]
"""The label and the series of each row of an answer, by its keys."""


class Series(NamedTuple):
    """A name, and a value for each label; None if there is no data or it is hidden."""

    name: str
    values: tuple[float | None, ...]


class Picture(NamedTuple):
    """A chart, before it is drawn."""

    kind: Kind
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    note: str = ""
    """How the figures were changed for the chart."""
    estimated: tuple[bool, ...] = ()
    """For each label whether its value is estimated; empty if none is."""
    running: tuple[bool, ...] = ()
    """For each label whether its period is not over; empty if all are."""
    cut: tuple[bool, ...] = ()
    """For each label whether the window has only a part of its period; empty if it has all of each."""
    before_cut: tuple[bool, ...] = ()
    """For each label whether only a part of the period that it is compared with is known; empty if all of each is."""
    names: tuple[str, ...] = ()
    """For each label what it stands for, in full; empty if the labels say it."""
    partly: frozenset[tuple[int, int]] = frozenset()
    """The label and the series of each cell of a heat map that is of a part of its period."""
    gaps: frozenset[tuple[int, int]] = frozenset()
    """The label and the series of each value that is of a period with a part of a gap."""
    hidden: tuple[tuple[bool, ...], ...] = ()
    """For each series whether its value is hidden, by label; empty if none is."""
    cells: Cells = MappingProxyType({})
    """The label and the series of each row of the answer that is drawn, by its keys."""
    more: int = 0
    """Labels that are left out, as there are too many: those with the smallest values."""
    rest: float = 0.0
    """What these come to."""
    from_zero: bool = True
    """Whether the scale of lines begins at 0, and not near the lowest value."""
    until: str = ""
    """The time at which the last period ends, for the axis of few bars; empty if labels name periods, as days do."""

    def withheld(self) -> NDArray[np.bool_]:
        """Return whether a value is hidden, bool[series, labels]."""
        if not self.hidden:
            return np.zeros((len(self.series), len(self.labels)), dtype=bool)
        return np.array(self.hidden, dtype=bool)

    def withheld_labels(self) -> NDArray[np.bool_]:
        """Return for each label whether a value of it is hidden, bool[labels]."""
        return np.asarray(self.withheld().any(axis=0), dtype=bool)

    def parts(self) -> NDArray[np.bool_]:
        """Return for each series and label whether its value is that of a part of its period, bool[series, labels]."""
        before = self._flagged(self.before_cut)
        part = self._flagged(self.running) | self._flagged(self.cut)
        found = np.array([part | before if name == BEFORE else part for name, _ in self.series])
        for label, series in self.partly | self.gaps:
            found[series, label] = True
        return found

    def marks(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return for each label whether its value is estimated, and whether it is that of a part of its period."""
        part = self._flagged(self.running) | self._flagged(self.cut)
        part[[label for label, _ in self.gaps]] = True
        return self._flagged(self.estimated), part

    def _flagged(self, flags: tuple[bool, ...]) -> NDArray[np.bool_]:
        """Return flags of the labels, bool[labels]; none of them if they are left out."""
        return np.array(flags or (False,) * len(self.labels), dtype=bool)


def picture(found: Findings, chart: str, zone: SiteZone) -> Picture:
    """Return the chart of an answer as one of reports.CHARTS, or the nearest kind that suits the answer.

    Labels that are no times, and series, are in the order of the rows.
    """
    by, measure = found.inquiry.question.by, found.inquiry.measure
    table, unit = found.table, MEASURES[measure].unit
    kind, note = kind_of(chart, by, measure)
    if not by:
        everything = ("all",)
        note = HIDDEN if found.hidden else note
        series = _of_columns(table, everything, compared=bool(found.compared))
        return Picture(kind, everything, series, unit, note, cells={(): (0, 0)})
    timed = [key for key in by if key in TIME_KEYS]
    along = timed[0] if timed else by[0]
    across = next((key for key in by if key != along), "")
    labels = _labels(found, along, zone)
    if kind == "shares" and found.hidden and not across:
        kind, note = "bars" if along in TIME_KEYS else "rows", "no shares, as a part of the whole is hidden"
    compared = bool(found.compared)
    if compared and (across or kind in ("shares", "heat")):
        compared, note = False, note or "without the period before, which is in the table"
    if found.hidden and found.hidden == len(table):
        note = ALL_HIDDEN
    note = note or _unequal_weekdays(found)
    if kind == "heat" and not across:
        return _days_of_months(table, labels, unit, note)
    places: dict[str, int] = {}
    if across:
        series, hidden, places = _crossed(table, along, across, labels, fold=kind != "heat")
        if len(places) < (count := table[across].nunique()):
            note = f"the {fmt.count(len(places))} highest of {fmt.count(count)}"
    else:
        keyed = table.set_index(along).reindex(list(labels))
        series = _of_columns(keyed, labels, compared=compared)
        hidden = np.zeros((len(series), len(labels)), dtype=bool)
        hidden[0] = keyed["hidden"].eq(True).to_numpy()
    more, rest = 0, 0.0
    if along not in TIME_KEYS and len(labels) > MOST_ROWS:
        ranks = np.array([-1.0 if value is None else value for value in _sums(series)])
        order = np.argsort(-ranks, kind="stable")
        more, rest = max(0, len(order) - MOST_ROWS), float(ranks[order[MOST_ROWS:]].clip(0).sum())
        kept = sorted(order[:MOST_ROWS].tolist())
        labels = tuple(labels[place] for place in kept)
        series = tuple(Series(name, tuple(values[place] for place in kept)) for name, values in series)
        hidden = hidden[:, kept]
    each = -(-len(labels) // MOST_POINTS) if along in TIME_KEYS else 1
    at = {label: place // each for place, label in enumerate(labels)}
    keyed_rows = list(table[list(by)].itertuples(index=False, name=None))
    cells = {
        row: (at[row[by.index(along)]], places[row[by.index(across)]] if across else 0)
        for row in keyed_rows
        if row[by.index(along)] in at and (not across or row[by.index(across)] in places)
    }
    if along not in TIME_KEYS:
        shown = [visible(label) or "(none)" for label in labels]
        return Picture(kind, tuple(shown), series, unit, note, hidden=_flags(hidden), cells=cells, more=more, rest=rest)
    of_rows = table["part"].tolist()
    with_gap = (row for row, part in zip(keyed_rows, of_rows, strict=True) if part == "gap")
    gaps = frozenset(cells[row] for row in with_gap if row in cells)
    parts = dict(zip(table[along].tolist(), of_rows, strict=True))
    running, cut = (np.array([parts.get(label) == part for label in labels]) for part in ("running", "cut"))
    partly = set(table.loc[table["before_cut"] != "", along]) if compared else set()
    before_cut = np.array([label in partly for label in labels])
    shown = [time_labels.key_on_axis(along, label) for label in labels]
    names = [time_labels.key_in_full(along, label) for label in labels]
    if each > 1:
        series, hidden = merged(series, hidden, each)
        starts = range(0, len(labels), each)
        running, cut, before_cut = (np.logical_or.reduceat(mark, starts) for mark in (running, cut, before_cut))
        shown, names = shown[::each], [_merged_name(names[start : start + each]) for start in starts]
        note = f"a point is the mean of {each}"
    if kind in ("shares", "heat"):  # which have no bar of their own to mark
        in_part = running | cut | np.isin(np.arange(len(shown)), [label for label, _ in gaps])
        shown = [f"{text} {INCOMPLETE}" if part else text for text, part in zip(shown, in_part, strict=True)]
    return Picture(
        kind, tuple(shown), series, unit, note,
        names=tuple(names), running=_marked(running), cut=_marked(cut), before_cut=_marked(before_cut),
        gaps=gaps, hidden=_flags(hidden), cells=cells,
    )  # fmt: skip


def _unequal_weekdays(found: Findings) -> str:
    """Return how often days of the week occur, where sums of some are of more days than those of others."""
    if "weekday" not in found.inquiry.question.by or found.inquiry.measure not in ("total", "per_meter"):
        return ""
    days = found.table["days"].round()
    least, most = (int(each) for each in (days.min(), days.max()))
    return f"sums of {least} to {most} days" if least < most else ""


def _sums(series: Sequence[Series]) -> Iterator[float | None]:
    """Yield for each label the value of the only series, or of the one that is compared; else the sum of all."""
    if len(series) == 1 or series[1].name == BEFORE:
        yield from series[0].values
        return
    for tower in zip(*(values for _, values in series), strict=True):
        yield sum(value or 0.0 for value in tower)


def _days_of_months(table: pd.DataFrame, labels: Sequence[str], unit: str, note: str) -> Picture:
    """Return a heat map of days: a label for each month, a series for each day of the month."""
    months = list(dict.fromkeys(label[:7] for label in labels))
    days = table["day"].tolist()
    cells: Cells = {(day,): (months.index(day[:7]), int(day[8:]) - 1) for day in days}
    values: list[list[float | None]] = [[None] * len(months) for _ in range(_DAYS)]
    hidden = np.zeros((_DAYS, len(months)), dtype=bool)
    partly: set[tuple[int, int]] = set()
    gaps: set[tuple[int, int]] = set()
    figures = zip(cells.values(), _plain(table["value"]), table["hidden"].tolist(), table["part"].tolist(), strict=True)
    for (month, day), value, is_out, part in figures:
        values[day][month], hidden[day, month] = value, is_out
        if part:
            (gaps if part == "gap" else partly).add((month, day))
    shown = [time_labels.key_on_axis("month", month) for month in months]
    incomplete = {month for month, _ in partly | gaps}
    return Picture(
        "heat",
        tuple(f"{text} {INCOMPLETE}" if place in incomplete else text for place, text in enumerate(shown)),
        tuple(Series(str(day + 1), tuple(of_day)) for day, of_day in enumerate(values)),
        unit, note, names=tuple(time_labels.key_in_full("month", month) for month in months),
        partly=frozenset(partly), gaps=frozenset(gaps), hidden=_flags(hidden), cells=cells,
    )  # fmt: skip


def _merged_name(names: Sequence[str]) -> str:
    """Return the name of a point that stands for several."""
    return names[0] if len(names) == 1 else f"mean of {names[0]} to {names[-1]}"


def _marked(mark: NDArray[np.bool_]) -> tuple[bool, ...]:
    """Return the marks of labels; empty if none is marked."""
    return tuple(mark.tolist()) if mark.any() else ()


def _labels(found: Findings, along: str, zone: SiteZone) -> tuple[str, ...]:
    """Return the labels: for time all from the first with data to the last, otherwise those of the answer."""
    here = list(dict.fromkeys(found.table[along].tolist()))
    if along not in TIME_KEYS or not here:
        return tuple(here)
    question = found.inquiry.question
    if along in ("weekday", "hour_of_day"):
        return tuple(buckets.row_names(zone, along, question.first, question.first))
    low = max(question.first, buckets.days_of_row(along, min(here))[0])
    high = min(question.last, buckets.days_of_row(along, max(here))[1])
    names = buckets.row_names(zone, along, low, high)
    return tuple(names[names.index(here[0]) : names.index(here[-1]) + 1]) if set(here) <= set(names) else tuple(here)


def _of_columns(table: pd.DataFrame, labels: Sequence[str], *, compared: bool) -> tuple[Series, ...]:
    """Return the series of the value, and of what it is compared with."""
    if not len(table):
        return (Series("", (None,) * len(labels)),)
    found = [Series("now" if compared else "", _plain(table["value"]))]
    if compared:
        found.append(Series(BEFORE, _plain(table["before"])))
    return tuple(found)


def _crossed(
    table: pd.DataFrame, along: str, across: str, labels: Sequence[str], *, fold: bool
) -> tuple[tuple[Series, ...], NDArray[np.bool_], dict[str, int]]:
    """Return a series for each value of the second key, which values are hidden, and the place of each value's series.

    They are in the order of the rows, and those of time in its order. Of very many the largest are drawn. With `fold`
    these are few, and one more is the sum of the others, which is hidden where one of its parts is.
    """
    sums = table.groupby(across, sort=across in TIME_KEYS)["value"].sum()
    names = sums.index.tolist() if across in ("hour_of_day", "weekday") else table[across].unique().tolist()
    most = MOST_SERIES if fold else MOST_ROWS
    if across not in TIME_KEYS and len(names) > most + fold:
        largest = set(sums.sort_values(ascending=False, kind="stable").index[:most])
        names = [name for name in names if name in largest]
    shown = table[across].isin(names)
    rows = table[shown].set_index([along, across])
    wide = rows["value"].unstack(across).reindex(index=list(labels), columns=names)
    out = rows["hidden"].eq(True).unstack(across, fill_value=False)
    hidden = out.reindex(index=list(labels), columns=names, fill_value=False).to_numpy(dtype=bool).T
    found = [Series(visible(str(name)) or "(none)", _plain(wide[name])) for name in names]
    places = {str(name): place for place, name in enumerate(names)}
    if fold and len(names) < len(sums):
        others = table[~shown].groupby(along, sort=False)
        part_hidden = others["hidden"].any().reindex(list(labels), fill_value=False).to_numpy(dtype=bool)
        rest = others["value"].sum(min_count=1).reindex(list(labels)).mask(part_hidden)
        found.append(Series(f"{len(sums) - len(names)} others", _plain(rest)))
        hidden = np.vstack((hidden, part_hidden))
        places = {str(name): places.get(str(name), len(names)) for name in sums.index}
    return tuple(found), hidden, places


def _flags(hidden: NDArray[np.bool_]) -> tuple[tuple[bool, ...], ...]:
    return tuple(map(tuple, hidden.tolist())) if hidden.any() else ()


def merged(
    series: Sequence[Series], hidden: NDArray[np.bool_], each: int
) -> tuple[tuple[Series, ...], NDArray[np.bool_]]:
    """Merge each `each` values into their mean, which is hidden where one of them is; return which are, too."""
    out = np.logical_or.reduceat(hidden, range(0, hidden.shape[1], each), axis=1)
    found = []
    for (name, values), off in zip(series, out.tolist(), strict=True):
        of_all = zip(means(values, each), off, strict=True)
        found.append(Series(name, tuple(None if is_out else value for value, is_out in of_all)))
    return tuple(found), out


def means(values: Sequence[float | None], each: int) -> tuple[float | None, ...]:
    """Return the mean of the known values of each `each` values."""
    padded = np.full(-(-len(values) // each) * each, np.nan)
    padded[: len(values)] = [np.nan if value is None else value for value in values]
    known = ~np.isnan(padded.reshape(-1, each))
    sums, counts = np.nan_to_num(padded).reshape(-1, each).sum(axis=1), known.sum(axis=1)
    return tuple(total / count if count else None for total, count in zip(sums.tolist(), counts.tolist(), strict=True))


def _plain(column: pd.Series[float]) -> tuple[float | None, ...]:
    return tuple(None if value != value else float(value) for value in column.tolist())  # noqa: PLR0124 - NaN
