"""An inquiry: a question, what is measured, and the period it is compared with; and its answer.

What is measured, in kWh: the *total*; that *per meter*; *per meter and day*, by the local days of the row; or the
*peak*, the most that all meters of the row used together in one half hour of the clock. Compared is with the period
before, as many months where they are whole and else as many days, or with a year before: the n-th row with the n-th,
or a year before the row of the same name. A period that is not over yet is compared up to the same day.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import NO_ATTRIBUTES
from metertui.engine.base import Progress, add_months, last_of_month, no_progress, part_of_progress
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.reports import disclosure
from metertui.engine.reports.disclosure import Cell, Rule
from metertui.engine.usage import FILTERS, TIME_KEYS, Filter, Question, buckets, usage_figures

Measure = Literal["total", "per_meter", "per_meter_day", "peak"]
Compare = Literal["", "before", "year_before"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
COMPARES: Final[tuple[Compare, ...]] = get_args(Compare)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question by at most two keys, without order and limit, and what is made of its figures."""

    question: Question
    measure: Measure = "total"
    compare: Compare = ""

    def description(self) -> dict[str, Any]:
        """All of it by name, for a file."""
        question = self.question
        return {
            "from": question.first.isoformat(),
            "to": question.last.isoformat(),
            **question.filter.set_values(),
            "by": list(question.by),
            "measure": self.measure,
            "compare": self.compare,
        }

    @classmethod
    def from_description(cls, told: Mapping[str, Any]) -> Inquiry:
        """The inquiry that was `described` so. Raises MeterError for what describes none."""
        try:
            question = Question(
                first=date.fromisoformat(told["from"]),
                last=date.fromisoformat(told["to"]),
                by=tuple(map(str, told.get("by", ()))),
                filter=Filter.by_name(**{name: str(told.get(name, "")) for name in FILTERS}),
            )
            question.check_question()
            measure, compare = told.get("measure", "total"), told.get("compare", "")
            if measure not in MEASURES or compare not in COMPARES:
                raise MeterError(f"{measure} or {compare} is unknown")
        except (KeyError, TypeError, ValueError) as error:
            raise MeterError(f"this is not a question: {error}") from error
        return cls(question, measure, compare)


@dataclass(frozen=True, eq=False)
class Findings:
    """The answer to an inquiry."""

    inquiry: Inquiry
    table: pd.DataFrame
    """By row: the keys as text; `value` (kWh, float64), `meters`, `readings` (Int64), where told; `hidden` (bool); with
    a comparison `before` (kWh) and `change` (a share of it); for the peak `peak_at` (µs UTC, -1 where hidden)."""
    total_wh: int | None
    """All of it; None where it is hidden or there is no data."""
    meters: int
    compared: tuple[date, date] | None
    """The days that it is compared with."""
    given_away: bool = False
    """Whether what was told before gives a small group of it away."""

    @property
    def hidden(self) -> int:
        """How many rows are hidden."""
        return int(self.table["hidden"].sum())


def answer_inquiry(
    frozen: Frozen,
    inquiry: Inquiry,
    rule: Rule | None = None,
    told: Set[Cell] = frozenset(),
    progress: Progress = no_progress,
) -> Findings:
    """Answer an inquiry; with a rule, small groups are hidden. `told`: see disclosure.hidden. Raises MeterError.

    `progress` is told the share done; what it raises ends the work.
    """
    question = inquiry.question
    if rule is not None and (question.filter.meter or "meter" in question.by):
        raise MeterError("figures of a single meter are not for this role; the lookup screen (F3) has them")
    tables = _Tables(frozen, inquiry, rule, progress)
    table, given_away = _measured(tables, inquiry, question, rule, told)
    whole = tables.of(replace(question, by=()))
    total_wh, meters = None, 0
    if len(whole):
        usage, meters = int(whole["usage_wh"].iloc[0]), int(whole["meters"].iloc[0])
        total_wh = None if rule is not None and rule.find_small_rows(whole)[0] else usage
        if rule is not None and question.filter.set_values() and not _published_alone(tables, question, rule):
            total_wh = None
    compared = None
    if inquiry.compare:
        earlier, shift = _earlier_question(frozen, inquiry)
        before, also = _measured(tables, inquiry, earlier, rule, told)
        table = _compared(frozen, inquiry, earlier, shift, table, before)
        compared, given_away = (earlier.first, earlier.last), given_away or also
    return Findings(inquiry, table, total_wh, meters, compared, given_away)


class _Tables:
    """The tables that an inquiry takes, each made once, and how far they all are."""

    def __init__(self, frozen: Frozen, inquiry: Inquiry, rule: Rule | None, progress: Progress) -> None:
        self.frozen = frozen
        self._progress = progress
        self._made: dict[tuple[Question, bool], pd.DataFrame] = {}
        compared = int(bool(inquiry.compare))
        self._most = 2 + compared  # itself, its total, and what it is compared with
        if rule is not None and inquiry.question.filter.set_values():
            self._most += 2 + compared  # and what the filters of each are cut out of

    def of(self, question: Question, *, peaks: bool = False) -> pd.DataFrame:
        """See analytics.figures."""
        key = (question, peaks)
        if key not in self._made:
            told = part_of_progress(self._progress, min(len(self._made), self._most - 1), self._most)
            self._made[key] = usage_figures(self.frozen, question, peaks=peaks, progress=told)
        return self._made[key]

    def wanted(self) -> None:
        """End the work if nobody wants it any more."""
        self._progress(min(1.0, len(self._made) / self._most))


def _measured(
    tables: _Tables, inquiry: Inquiry, question: Question, rule: Rule | None, told: Set[Cell]
) -> tuple[pd.DataFrame, bool]:
    table = tables.of(question, peaks=inquiry.measure == "peak")
    hide, given_away = np.zeros(len(table), dtype=bool), False
    if rule is not None:
        hide, given_away = _hidden(tables, question, table, rule, told)
    usage, meters, days = (table[name].to_numpy() for name in ("usage_wh", "meters", "days"))
    match inquiry.measure:
        case "total":
            value = usage / 1000
        case "per_meter":
            value = usage / meters / 1000
        case "per_meter_day":
            value = usage / meters / days / 1000
        case "peak":
            value = table["peak_wh"].to_numpy() / 1000
    found = table[list(question.by)].assign(value=np.where(hide, np.nan, np.round(value, 3)))
    for name in ("meters", "readings"):
        found[name] = table[name].astype("Int64").mask(hide)
    found["hidden"] = hide
    if inquiry.measure == "peak":
        found["peak_at"] = np.where(hide, -1, table["peak_at"])
    return found, given_away


def _hidden(
    tables: _Tables, question: Question, table: pd.DataFrame, rule: Rule, told: Set[Cell]
) -> tuple[NDArray[np.bool_], bool]:
    """The rows of a table to hide: as they are in the table that its filters are cut out of."""
    filters = {key: value for key, value in question.filter.attributes._asdict().items() if value}
    keys = [*question.by, *(key for key in filters if key not in question.by)]
    if not keys:
        return rule.find_small_rows(table), False
    open_question = replace(question, by=tuple(keys), filter=replace(question.filter, attributes=NO_ATTRIBUTES))
    whole = tables.of(open_question) if filters else table
    sizes = disclosure.group_sizes(tables.frozen, keys)
    found = disclosure.hide_rows(whole, keys, rule, sizes, told, tables.wanted)
    kept = np.ones(len(whole), dtype=bool)
    for key, value in filters.items():
        kept &= (whole[key] == value).to_numpy()
    if not question.by:
        return found.cells[kept], found.given_away
    by = list(question.by)
    out = set(whole.loc[kept & found.cells, by].itertuples(index=False, name=None))
    rows = table[by].itertuples(index=False, name=None)
    return np.array([row in out for row in rows], dtype=bool), found.given_away


def _published_alone(tables: _Tables, question: Question, rule: Rule) -> bool:
    """Whether the total of some filters may be told beside those of others."""
    alone = replace(question, by=())
    hide, _ = _hidden(tables, alone, tables.of(alone), rule, frozenset())
    return not hide.any()


# -- the period it is compared with --------------------------------------------------------------------------------


def questions_of(frozen: Frozen, inquiry: Inquiry) -> list[Question]:
    """What an inquiry tells of: its question, and the one that it is compared with. Raises MeterError."""
    return [inquiry.question, *([_earlier_question(frozen, inquiry)[0]] if inquiry.compare else [])]


def _earlier_question(frozen: Frozen, inquiry: Inquiry) -> tuple[Question, int]:
    """The question about the earlier period, and how many months lie between; 0 where they are counted in days."""
    question = inquiry.question
    first, last = question.first, question.last
    months = 12 if inquiry.compare == "year_before" else _whole_months(first, last)
    newest = frozen.zone.day(int(frozen.curve.time.max()) - 1) if len(frozen.curve) else last
    cut = max(first, min(last, newest))
    try:
        if months:
            return replace(question, first=_months_before(first, months), last=_months_before(cut, months)), months
        length = (last - first).days + 1
        return replace(question, first=first - timedelta(length), last=cut - timedelta(length)), 0
    except (ValueError, OverflowError) as error:
        raise MeterError(f"there is no period before {first}") from error


def _whole_months(first: date, last: date) -> int:
    """How many months the days make up; 0 where they are not whole ones."""
    after = last + timedelta(days=1) if last < date.max else last
    if first.day != 1 or after.day != 1:
        return 0
    return (after.year - first.year) * 12 + after.month - first.month


def _months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month; of a last day of a month, the last one."""
    earlier = add_months(day, -months)
    return last_of_month(earlier) if day == last_of_month(day) else earlier


def _compared(
    frozen: Frozen, inquiry: Inquiry, earlier: Question, months: int, table: pd.DataFrame, before: pd.DataFrame
) -> pd.DataFrame:
    """The table with what stood in the same row of the earlier period."""
    question = inquiry.question
    by = list(question.by)
    renamed = {key: _renamed(frozen, key, question, earlier, months) for key in by if key in TIME_KEYS}
    keyed: dict[tuple[str, ...], float] = {}
    for row, value in zip(before[by].itertuples(index=False, name=None), before["value"], strict=True):
        names = [renamed[key].get(name) if key in renamed else name for key, name in zip(by, row, strict=True)]
        if None not in names:
            keyed[tuple(map(str, names))] = value
    rows = table[by].itertuples(index=False, name=None) if by else [()] * len(table)
    then = np.array([keyed.get(tuple(row), np.nan) for row in rows], dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(then > 0, table["value"].to_numpy() / then - 1, np.nan)
    return table.assign(before=then, change=change)


def _renamed(frozen: Frozen, key: str, question: Question, earlier: Question, months: int) -> dict[str, str]:
    """What rows of the earlier period are called in the later one."""
    zone = frozen.zone
    if key in ("weekday", "hour_of_day"):
        names = buckets.row_names(zone, key, question.first, question.first)
        return dict(zip(names, names, strict=True))
    then = buckets.row_names(zone, key, earlier.first, earlier.last)
    if months and months % 12 == 0 and key != "hour":
        return {name: f"{int(name[:4]) + months // 12:04d}{name[4:]}" for name in then}
    now = buckets.row_names(
        zone, key, question.first, min(question.last, question.first + (earlier.last - earlier.first))
    )
    return dict(zip(then, now, strict=False))
