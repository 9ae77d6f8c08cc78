"""Which rows of a table disclosure control hides: also those that a filter, the rest of the day or a peak tells."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES, NO_ATTRIBUTES
from metertui.engine.base import DAY, Progress, part_of_progress
from metertui.engine.columns import Frozen
from metertui.engine.reports import disclosure
from metertui.engine.reports.disclosure import Cell, Rule
from metertui.engine.usage import Question, format_clock, half_hour_figures, usage_figures


class Tables:
    """The tables that an inquiry needs, each computed once, and the progress of all."""

    def __init__(self, frozen: Frozen, most: int, progress: Progress) -> None:
        """`most`: how many there are."""
        self.frozen = frozen
        self._progress = progress
        self._made: dict[tuple[Question, bool], pd.DataFrame] = {}
        self._most = most

    def of(self, question: Question, *, peaks: bool = False) -> pd.DataFrame:
        """Return the figures of a question: see `usage_figures`."""
        key = (question, peaks)
        if key not in self._made:
            part = part_of_progress(self._progress, min(len(self._made), self._most - 1), self._most)
            self._made[key] = usage_figures(self.frozen, question, peaks=peaks, progress=part)
        return self._made[key]

    def check_cancelled(self) -> None:
        """Report the progress; that raises an exception if the work has been cancelled."""
        self._progress(min(1.0, len(self._made) / self._most))


def hidden_rows(
    tables: Tables, question: Question, table: pd.DataFrame, rule: Rule, published: Set[Cell]
) -> tuple[NDArray[np.bool_], bool]:
    """Return which rows of a table to hide: those that are hidden in the table without its filters."""
    filters = {key: value for key, value in question.filter.attributes._asdict().items() if value}
    keys = [*question.by, *(key for key in filters if key not in question.by)]
    if not keys:
        return rule.find_small_rows(table), False
    open_question = replace(question, by=tuple(keys), filter=replace(question.filter, attributes=NO_ATTRIBUTES))
    whole = tables.of(open_question) if filters else table
    sizes = disclosure.group_sizes(tables.frozen, keys)
    found = disclosure.hide_rows(whole, keys, rule, sizes, published, tables.check_cancelled)
    kept = np.ones(len(whole), dtype=bool)
    for key, value in filters.items():
        kept &= (whole[key] == value).to_numpy()
    if not question.by:
        return found.cells[kept], found.discloses
    by = list(question.by)
    out = set(whole.loc[kept & found.cells, by].itertuples(index=False, name=None))
    rows = table[by].itertuples(index=False, name=None)
    return np.array([row in out for row in rows], dtype=bool), found.discloses


def hidden_with_the_rest(tables: Tables, question: Question, table: pd.DataFrame, rule: Rule) -> NDArray[np.bool_]:
    """Return which rows of a time of day to hide because the rest of the same days is hidden.

    The usage of the rest is that of the days, which may be published, less that of the time of day.
    """
    clock = question.filter.clock
    if clock is None:
        return np.zeros(len(table), dtype=bool)
    rest = replace(question, filter=replace(question.filter, time=format_clock((clock[1] % DAY, clock[0]))))
    others = tables.of(rest)
    hide, _ = hidden_rows(tables, rest, others, rule, frozenset())
    by = list(question.by)
    if not by:
        return np.full(len(table), bool(hide.any()))
    out = set(others.loc[hide, by].itertuples(index=False, name=None))
    return np.array([row in out for row in table[by].itertuples(index=False, name=None)], dtype=bool)


def hidden_peaks(tables: Tables, question: Question, table: pd.DataFrame, rule: Rule) -> NDArray[np.bool_]:
    """Return the rows whose highest half hour is hidden, as it is where it is asked for as a time of day.

    The highest half hour of a row may be that of one household which is nothing beside the others in a month. The
    rest of the row, which is its total less the half hour, must not be small either.
    """
    usage, peak, largest = (table[name].to_numpy() for name in ("usage_wh", "peak_wh", "largest_wh"))
    rest = usage - peak
    hide = np.asarray((rest > 0) & (largest > rule.most_share * rest), dtype=bool)
    filters = {key: value for key, value in question.filter.attributes._asdict().items() if value}
    keys = [key for key in ATTRIBUTES if key in question.by or key in filters]
    open_filter = replace(question.filter, attributes=NO_ATTRIBUTES)
    starts = np.unique(table["peak_at"].to_numpy())
    if not len(starts):
        return hide
    halves = half_hour_figures(
        tables.frozen, replace(question, by=tuple(keys), filter=open_filter), starts, lambda _: tables.check_cancelled()
    )
    sizes = disclosure.group_sizes(tables.frozen, keys)
    cells = disclosure.hide_rows(halves, ["at", *keys], rule, sizes, along=keys, check_cancelled=tables.check_cancelled)
    out = set(halves.loc[cells.cells, ["at", *keys]].itertuples(index=False, name=None))
    columns = [table[key] if key in question.by else [filters[key]] * len(table) for key in keys]
    alone = [row in out for row in zip(table["peak_at"], *columns, strict=True)]
    return np.asarray(hide | np.array(alone, dtype=bool), dtype=bool)


def may_be_told_alone(tables: Tables, question: Question, rule: Rule) -> bool:
    """Return whether the total of these filters may be published together with those of other filters."""
    alone = replace(question, by=())
    table = tables.of(alone)
    hide, _ = hidden_rows(tables, alone, table, rule, frozenset())
    return not (hide | hidden_with_the_rest(tables, alone, table, rule)).any()
