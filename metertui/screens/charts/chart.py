"""The data of a chart: its labels, its series and its kind, independent of any widget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.base import SiteZone
from metertui.engine.reports import Findings, Measure
from metertui.engine.usage import TIME_KEYS, buckets
from metertui.text import HIDDEN, MEASURES, time_labels, visible

Kind = Literal["lines", "area", "bars", "stacked", "rows", "shares", "heat"]

BEFORE: Final = "before"
"""The name of the series that another is compared with."""
NO_CURSOR: Final = -1
"""The number of a label for no cursor."""
_PERIODS: Final = ("year", "quarter", "month", "week", "day")
MOST_POINTS: Final = 200
"""Points of a chart at most: more cannot be distinguished in a terminal, and take time to draw."""
MOST_SERIES: Final = 7
"""Series at most; smaller ones are added up in one more."""
WITHHELD: Final = "/"
"""Stands in a chart where a value, or a part of it, is hidden."""


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
    names: tuple[str, ...] = ()
    """For each label what it stands for, in full; empty if the labels say it."""
    hidden: tuple[tuple[bool, ...], ...] = ()
    """For each series whether its value is hidden, by label; empty if none is."""

    def withheld(self) -> NDArray[np.bool_]:
        """Return whether a value is hidden, bool[series, labels]."""
        if not self.hidden:
            return np.zeros((len(self.series), len(self.labels)), dtype=bool)
        return np.array(self.hidden, dtype=bool)

    def withheld_labels(self) -> NDArray[np.bool_]:
        """Return for each label whether a value of it is hidden, bool[labels]."""
        return np.asarray(self.withheld().any(axis=0), dtype=bool)

    def running_names(self) -> str:
        """Return the periods that are not over, in full; "" if all are."""
        names = self.names or self.labels
        return ", ".join(name for name, running in zip(names, self.running, strict=False) if running)

    def marks(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return for each label whether its value is estimated, and whether its period is not over."""
        none = (False,) * len(self.labels)
        return np.array(self.estimated or none, dtype=bool), np.array(self.running or none, dtype=bool)


def picture(found: Findings, chart: str, zone: SiteZone, newest: date | None = None) -> Picture:
    """Return the chart of an answer as one of reports.CHARTS, or the nearest kind that suits the answer.

    `newest` is the day of the newest reading: periods that do not end before it are not over.
    """
    by, measure = found.inquiry.question.by, found.inquiry.measure
    table, unit = found.table, MEASURES[measure].unit
    if not by:
        everything = ("all",)
        note = HIDDEN if found.hidden else ""
        return Picture("rows", everything, _of_columns(table, everything, compared=bool(found.compared)), unit, note)
    timed = [key for key in by if key in TIME_KEYS]
    along = timed[0] if timed else by[0]
    across = next((key for key in by if key != along), "")
    labels = _labels(found, along, zone)
    kind: Kind = _kind(chart, along, across, measure)
    note = "" if kind in (chart, "rows") else _why(chart, measure)
    if kind == "shares" and found.hidden and not across:
        kind, note = "bars" if along in TIME_KEYS else "rows", "no shares, as a part of the whole is hidden"
    if across:
        series, hidden = _crossed(table, along, across, labels, fold=kind != "heat")
    else:
        keyed = table.set_index(along).reindex(list(labels))
        series = _of_columns(keyed, labels, compared=bool(found.compared))
        hidden = np.zeros((len(series), len(labels)), dtype=bool)
        hidden[0] = keyed["hidden"].eq(True).to_numpy()
    if kind == "rows" and not across:
        order = sorted(range(len(labels)), key=lambda place: -(series[0].values[place] or -1.0))
        labels = tuple(labels[place] for place in order)
        series = tuple(Series(name, tuple(values[place] for place in order)) for name, values in series)
        hidden = hidden[:, order]
    if found.hidden and found.hidden == len(table):
        note = HIDDEN
    if along not in TIME_KEYS:
        shown = tuple(visible(label) or "(none)" for label in labels)
        return Picture(kind, shown, series, unit, note, hidden=_flags(hidden))
    if len(labels) > MOST_POINTS:
        each = -(-len(labels) // MOST_POINTS)
        labels, (series, hidden) = labels[::each], merged(series, hidden, each)
        note = f"a point is the mean of {each}"
    shown = tuple(time_labels.key_on_axis(along, label) for label in labels)
    names = tuple(time_labels.key_in_full(along, label) for label in labels)
    running = tuple(newest is not None and is_running(along, label, newest) for label in labels)
    return Picture(kind, shown, series, unit, note, names=names, running=running, hidden=_flags(hidden))


def is_running(key: str, label: str, newest: date) -> bool:
    """Return whether the period of a row does not end before the day of the newest reading; no if it is no period."""
    return key in _PERIODS and buckets.days_of_row(key, label)[1] >= newest


def _kind(chart: str, along: str, across: str, measure: Measure) -> Kind:
    if chart == "heat" and across:
        return "heat"
    if along not in TIME_KEYS:
        if chart == "shares" and measure == "total":
            return "shares"
        return "rows"
    if chart == "lines" or (across and measure != "total"):
        return "lines"
    if chart == "shares":
        return "shares" if measure == "total" else "bars"
    return "stacked" if across else "bars"


def _why(chart: str, measure: Measure) -> str:
    if chart in ("stacked", "shares") and measure != "total":
        return "side by side, as they do not add up"
    return ""


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
) -> tuple[tuple[Series, ...], NDArray[np.bool_]]:
    """Return a series for each value of the second key, the largest first, and which values are hidden.

    Time is in its order. The sum of small series is hidden where one of its parts is.
    """
    wide = table.pivot_table(index=along, columns=across, values="value", aggfunc="sum", sort=False, dropna=False)
    wide = wide.where(table.pivot_table(index=along, columns=across, values="value", aggfunc="count", sort=False) > 0)
    wide = wide.reindex(list(labels))
    if across not in TIME_KEYS:
        wide = wide[wide.sum().sort_values(ascending=False, kind="stable").index]
    elif across == "hour_of_day":
        wide = wide[sorted(wide.columns)]
    found = [Series(visible(str(name)) or "(none)", _plain(wide[name])) for name in wide.columns]
    out = table.assign(hidden=table["hidden"].astype(float))
    out = out.pivot_table(index=along, columns=across, values="hidden", aggfunc="max", sort=False)
    hidden = (out.reindex(index=list(labels), columns=wide.columns) > 0).to_numpy().T
    if fold and len(found) > MOST_SERIES + 1:
        part_hidden = np.asarray(hidden[MOST_SERIES:].any(axis=0))
        rest = wide.iloc[:, MOST_SERIES:].sum(axis=1, min_count=1).mask(part_hidden)
        found = [*found[:MOST_SERIES], Series(f"{len(found) - MOST_SERIES} others", _plain(rest))]
        hidden = np.vstack((hidden[:MOST_SERIES], part_hidden))
    return tuple(found), hidden


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
