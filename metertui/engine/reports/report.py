"""Inquiries and their answers. An inquiry is a question, a measure, and the period to compare with.

The measure, in kWh, is the *total*; the total *per meter*; the total *per meter per day*, by the local days of the row,
of which one that is not over is a part; or the *peak*, the highest usage of all meters of the row together in one half
hour of the clock.

The comparison is with the period before (as many months if they are whole, else as many days) or with a year before.
The n-th row is compared with the n-th; a year before, the row of the same name. A period that is not over yet is
compared up to the same day. Where two rows are not of the same length, their change is that of the usage per day.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.base import DAY, Progress, add_months, last_of_month, no_progress
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.reports.disclosure import Cell, Rule
from metertui.engine.reports.hiding import Tables, hidden_peaks, hidden_rows, hidden_with_the_rest, may_be_told_alone
from metertui.engine.reports.incomplete import cut_periods, parts_of_rows
from metertui.engine.usage import (
    FILTERS,
    SHORTEST_DAY,
    TIME_KEYS,
    Filter,
    Question,
    buckets,
    change_per_day,
)

Measure = Literal["total", "per_meter", "per_meter_day", "peak"]
Compare = Literal["", "before", "year_before"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
COMPARES: Final[tuple[Compare, ...]] = get_args(Compare)
_OF_A_PERIOD: Final = ("total", "per_meter")
"""The measures that a longer period has more of."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question by at most two keys, without order and limit, with a measure and a comparison."""

    question: Question
    measure: Measure = "total"
    compare: Compare = ""

    def description(self) -> dict[str, Any]:
        """Return the inquiry as an object for JSON."""
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
    def from_description(cls, described: Mapping[str, Any]) -> Inquiry:
        """Return the inquiry of a `description`. Raises MeterError if it is not valid."""
        try:
            question = Question(
                first=date.fromisoformat(described["from"]),
                last=date.fromisoformat(described["to"]),
                by=tuple(map(str, described.get("by", ()))),
                filter=Filter.by_name(**{name: str(described.get(name, "")) for name in FILTERS}),
            )
            question.check_question()
            measure, compare = described.get("measure", "total"), described.get("compare", "")
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
    """One row per group. The keys are text, `value` is kWh (float64), `meters` and `readings` are Int64; they are
    missing where `hidden` (bool). `length` is how long the row is as far as there are readings, µs. With a comparison,
    `before` is kWh, `before_length` µs, -1 without a row, `before_cut` the period that it is of if only a part of that
    is in it, and `change` a share, per day. For the peak, `peak_at` is µs UTC, -1 where hidden. `part`: see
    incomplete.Part. `missing` is for how long nothing is known of meters together, µs, and `missing_share` that as a
    share of the time of all meters in the row."""
    total_wh: int | None
    """The total, Wh; None if it is hidden or there is no data."""
    meters: int
    compared: tuple[date, date] | None
    """The first and last day of the period that it is compared with."""
    discloses: bool = False
    """Whether cells published before disclose a small group of it."""
    whole: pd.DataFrame = field(default_factory=pd.DataFrame)
    """One row with the figures of all rows together, with the columns of `table` but its keys; no row without data."""
    known: tuple[date, date] | None = None
    """The first and last local day with readings, of whatever meter; None without readings."""

    @property
    def is_running(self) -> bool:
        """Return whether days are asked for that are not over as far as readings tell."""
        return self.known is not None and self.inquiry.question.last >= self.known[1]

    @property
    def per_day(self) -> bool:
        """Return whether rows of different lengths are compared, so that the change is per day."""
        if self.compared is None or self.inquiry.measure not in _OF_A_PERIOD:
            return False
        there = self.table["before"].notna() & self.table["value"].notna()
        return bool((there & (self.table["length"] != self.table["before_length"])).any())

    def lengths(self) -> tuple[int, int] | None:
        """Return how long both periods are as far as there are readings, µs; None where rows are parts of them."""
        if set(self.inquiry.question.by) & set(TIME_KEYS) or not self.per_day:
            return None
        return int(self.table["length"].max()), int(self.table["before_length"].max())

    @property
    def has_gaps(self) -> bool:
        """Return whether nothing is known of a part of a row's time, between times of which something is."""
        return bool((self.table["missing"] > 0).any())

    @property
    def hidden(self) -> int:
        """Return how many rows are hidden."""
        return int(self.table["hidden"].sum())


def answer_inquiry(
    frozen: Frozen,
    inquiry: Inquiry,
    rule: Rule | None = None,
    published: Set[Cell] = frozenset(),
    progress: Progress = no_progress,
) -> Findings:
    """Answer an inquiry. With a rule, small groups are hidden. `published`: see `disclosure.hide_rows`.

    `progress` is called with the share done; an exception from it ends the work. Raises MeterError.
    """
    question = inquiry.question
    if rule is not None and (question.filter.meter or "meter" in question.by):
        raise MeterError("this role sees figures of groups here, not of a single meter")
    tables = Tables(frozen, _tables_needed(inquiry, rule), progress)
    table, discloses = _measured(tables, inquiry, question, rule, published)
    whole = tables.of(replace(question, by=()))
    total_wh, meters = None, 0
    if len(whole):
        usage, meters = int(whole["usage_wh"].iloc[0]), int(whole["meters"].iloc[0])
        total_wh = None if rule is not None and rule.find_small_rows(whole)[0] else usage
        if rule is not None and question.filter.set_values() and not may_be_told_alone(tables, question, rule):
            total_wh = None
    alone = replace(inquiry, question=replace(question, by=()))
    figures, compared = table, None
    if question.by:
        figures, _ = _measured(tables, inquiry, alone.question, rule, frozenset())
    time, zone = frozen.curve.time, frozen.zone
    known = (zone.day(int(time.min())), zone.day(int(time.max()))) if len(time) else None
    if inquiry.compare:
        earlier, shift = _earlier_question(frozen, inquiry)
        before, also = _measured(tables, inquiry, earlier, rule, published)
        before = before.assign(cut=cut_periods(before, earlier, known) if known else "")
        table = _compared(frozen, inquiry, earlier, shift, table, before)
        compared, discloses = (earlier.first, earlier.last), discloses or also
        earlier = replace(earlier, by=())
        before, _ = _measured(tables, inquiry, earlier, rule, frozenset())
        before = before.assign(cut="")
        figures = _compared(frozen, alone, earlier, shift, figures, before)
    table = table.assign(part=parts_of_rows(table, question, known) if known else "")
    return Findings(inquiry, table, total_wh, meters, compared, discloses, figures.assign(part=""), known)


def _tables_needed(inquiry: Inquiry, rule: Rule | None) -> int:
    """Return how many tables an inquiry needs."""
    compared = 2 * int(bool(inquiry.compare))
    most = 2 + compared  # the question and its total, and those of the period it is compared with
    if inquiry.measure == "peak":
        most += 1  # the total once more, with its peak
    if rule is not None and inquiry.question.filter.set_values():
        most += 2 + compared  # and each without its filters
    if rule is not None and inquiry.question.filter.clock is not None:
        most *= 2  # and for the rest of the day
    return most


def _measured(
    tables: Tables, inquiry: Inquiry, question: Question, rule: Rule | None, published: Set[Cell]
) -> tuple[pd.DataFrame, bool]:
    table = tables.of(question, peaks=inquiry.measure == "peak")
    hide, discloses = np.zeros(len(table), dtype=bool), False
    if rule is not None:
        hide, discloses = hidden_rows(tables, question, table, rule, published)
        hide |= hidden_with_the_rest(tables, question, table, rule)
        if inquiry.measure == "peak":
            hide |= hidden_peaks(tables, question, table, rule)
    usage, meters, days = table["usage_wh"].to_numpy(), table["meters"].to_numpy(), _days_known(table)
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
    found["days"], found["length"] = days, table["length"]
    found["missing"] = table["missing"].mask(hide, 0)
    found["missing_share"] = np.where(hide, 0.0, table["missing"] / np.maximum(1, table["missing"] + table["known"]))
    found["hidden"] = hide
    if inquiry.measure == "peak":
        found["peak_at"] = np.where(hide, -1, table["peak_at"])
    return found, discloses


def _days_known(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return by row how many days it has, a day that is not over by its part; one where it is not yet a day long."""
    days, length, full = (table[name].to_numpy(dtype=np.float64) for name in ("days", "length", "full_length"))
    known = days * length / np.maximum(1, full)
    return np.where(known * DAY >= SHORTEST_DAY, known, days)


# -- the period it is compared with --------------------------------------------------------------------------------


def questions_of(frozen: Frozen, inquiry: Inquiry) -> list[Question]:
    """Return the question of an inquiry, and the one that it is compared with. Raises MeterError."""
    return [inquiry.question, *([_earlier_question(frozen, inquiry)[0]] if inquiry.compare else [])]


def _earlier_question(frozen: Frozen, inquiry: Inquiry) -> tuple[Question, int]:
    """Return the question about the earlier period and its distance in months; 0 if that is counted in days."""
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
    """Return how many months the days make up; 0 if they are not whole months."""
    after = last + timedelta(days=1) if last < date.max else last
    if first.day != 1 or after.day != 1:
        return 0
    return (after.year - first.year) * 12 + after.month - first.month


def _months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month; for the last day of a month, the last day of the earlier one."""
    earlier = add_months(day, -months)
    return last_of_month(earlier) if day == last_of_month(day) else earlier


def _compared(
    frozen: Frozen, inquiry: Inquiry, earlier: Question, months: int, table: pd.DataFrame, before: pd.DataFrame
) -> pd.DataFrame:
    """Return the table with columns for the values of the earlier period and the change."""
    question = inquiry.question
    by = list(question.by)
    renamed = {key: _renamed(frozen, key, question, earlier, months) for key in by if key in TIME_KEYS}
    keyed: dict[tuple[str, ...], tuple[float, int, int, str]] = {}
    figures = zip(*(before[name].tolist() for name in ("value", "days", "length", "cut")), strict=True)
    for row, figure in zip(before[by].itertuples(index=False, name=None), figures, strict=True):
        names = [renamed[key].get(name) if key in renamed else name for key, name in zip(by, row, strict=True)]
        if None not in names:
            keyed[tuple(map(str, names))] = figure
    rows = table[by].itertuples(index=False, name=None) if by else [()] * len(table)
    found = [keyed.get(tuple(row), (np.nan, 1, -1, "")) for row in rows]
    then, then_days = (np.array([each[at] for each in found], dtype=np.float64) for at in (0, 1))
    length, then_length = table["length"].to_numpy(), np.array([length for *_, length, _ in found], dtype=np.int64)
    value, before_value = table["value"].to_numpy(), then
    if inquiry.measure == "per_meter_day":  # the change is that of all days together
        value, before_value = value * table["days"].to_numpy(), then * then_days
    lengths = length, length if inquiry.measure == "peak" else then_length
    change = change_per_day(value, lengths[0], before_value, lengths[1], weekdays="weekday" in by)
    cut = [cut for *_, cut in found]
    return table.assign(before=then, before_length=then_length, before_cut=cut, change=change)


def _renamed(frozen: Frozen, key: str, question: Question, earlier: Question, months: int) -> dict[str, str]:
    """Return the names that the rows of the earlier period have in the later one."""
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
