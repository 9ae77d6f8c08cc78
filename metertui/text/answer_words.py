"""A question about many meters and its answer in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from metertui.engine.base import visible
from metertui.engine.reports import PERIODS, Findings, Rule, SavedReport
from metertui.engine.usage import TIME_KEYS, Question
from metertui.text import fmt, time_labels
from metertui.text.answers import COMPARES, HIDDEN, INCOMPLETE, KEYS, MEASURES

if TYPE_CHECKING:
    import pandas as pd

_FEW: Final = 3
"""Periods that are named one by one."""


def sentence(saved: SavedReport, found: Findings | None) -> str:
    """Return the question in words."""
    parts = [MEASURES[saved.measure].asked]
    if saved.by:
        parts[0] += f" by {' and '.join(KEYS[key] for key in saved.by)}"
    if found is not None:
        question = found.inquiry.question
        days = time_labels.period(question.first, question.last)
        parts.append(days if saved.period == "dates" else f"{PERIODS[saved.period]}, {days}")
    else:
        parts.append(_typed_days(saved) if saved.period == "dates" else PERIODS[saved.period])
    filters = (*saved.filter.attributes, saved.filter.meter, saved.filter.time)
    parts += [visible(value) for value in filters if value]
    if saved.compare:
        parts.append(f"compared to {COMPARES[saved.compare]}")
    return " · ".join(parts)


def _typed_days(saved: SavedReport) -> str:
    """Return the days of a question as they are to be read, or as they were typed if these are no dates."""
    try:
        return time_labels.period(date.fromisoformat(saved.first), date.fromisoformat(saved.last))
    except ValueError:
        return f"{saved.first} to {saved.last}"


def rows_sentence(question: Question, row: Mapping[str, str]) -> str:
    """Return in words which readings a question selects, or a row of its table."""
    parts = [
        (time_labels.key_in_full(key, value) if key in TIME_KEYS else visible(value)) or f"no {KEYS[key]}"
        for key, value in row.items()
    ]
    # a row such as March 2025 is a part of the period
    within = "within " if row and question.first != question.last else ""
    parts.append(f"{within}{time_labels.period(question.first, question.last)}")
    parts += [visible(value) for value in question.filter.set_values().values()]
    return " · ".join(parts)


def summary(found: Findings, rule: Rule | None) -> str:
    """Return the total, and how many meters and rows there are, in a line."""
    if found.table.empty:
        return "No data for this question."
    total = HIDDEN if found.total_wh is None else fmt.kwh(found.total_wh)
    meters = "too few meters" if found.total_wh is None else fmt.counted(found.meters, "meter")
    said = f"{total} in total · {meters} · {fmt.counted(len(found.table), 'row')}"
    if found.compared:
        said += f" · before: {time_labels.period(*found.compared)}"
        if lengths := found.lengths():
            now, before = (fmt.duration(length, units=2) for length in lengths)
            alike = bool(found.table["change"].notna().any())
            said += f" ({before}, now {now}: {'compared per day' if alike else 'too unlike to compare'})"
        elif found.per_day:
            said += " (rows of unequal length: compared per day)"
    for note in filter(None, (missing(found), incomplete(found))):
        said += f" · {note}"
    if rule is not None and (found.hidden or found.total_wh is None):
        said += f" · {fmt.count(found.hidden)} hidden: {why(rule)}"
    return said


def missing(found: Findings) -> str:
    """Return how much of the time of all meters is missing between what is known of them; "" if nothing is."""
    share = float(found.whole["missing_share"].iloc[0]) if len(found.whole) else 0.0
    return f"{fmt.share(share)} of meter hours missing" if share else ""


def incomplete(found: Findings) -> str:
    """Return which periods stand in the table in part, with their sign; "" if all are whole."""
    by, table = found.inquiry.question.by, found.table
    key = next((key for key in by if key in TIME_KEYS), "")

    def names(column: pd.Series[str]) -> str:
        rows = column.unique().tolist()
        called = [time_labels.key_in_short(key, name) for name in rows]
        more = f" and {fmt.count(len(called) - _FEW)} more" if len(called) > _FEW else ""
        return f"{', '.join(called[:_FEW])}{more}"

    running, cut, gap = (
        names(table.loc[table["part"] == part, key]) if key else "" for part in ("running", "cut", "gap")
    )
    whole = table[table["part"] == ""] if found.compared else table.head(0)  # a part is compared with such a part
    before = names(whole.loc[whole["before_cut"] != "", "before_cut"]) if len(whole) else ""
    if not running and found.is_running and found.known is not None and len(table):
        running = f"{time_labels.day(found.known[1])}, the last day with readings,"
    said = [f"{INCOMPLETE} {running} not over yet"] if running else []
    said += [f"{INCOMPLETE} in part: {cut}"] if cut else []
    said += [f"{INCOMPLETE} with a gap: {gap}"] if gap else []
    said += [f"{INCOMPLETE} before in part: {before}"] if before else []
    return " · ".join(said)


def why(rule: Rule) -> str:
    """Return why figures are hidden."""
    return f"fewer than {rule.least_meters} meters, or one uses more than {rule.most_share:.0%}"
