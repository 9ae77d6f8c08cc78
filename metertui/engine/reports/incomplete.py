"""Which rows of a table stand for a part of their period.

It is not over yet, the question cuts it, or nothing is known of too much of it, between times of which something is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

import pandas as pd

from metertui.engine.usage import TIME_KEYS, Question, days_of_row

Part = Literal["", "running", "cut", "gap"]
"""A whole period; one that does not end before the day of the newest reading; one that begins before the first day with
readings or with the question, or ends after the question; one of which gaps take more than `LEAST_GAP`."""
CALENDAR: Final = ("year", "quarter", "month", "week", "day")
"""The time keys whose rows are periods of days."""
LEAST_GAP: Final = 0.01
"""The share of the time of all meters in a row that gaps may take before it is marked: among many meters some always
have one, and a mark on every row would say nothing. How much is missing is shown in any case."""


def part_of(names: Mapping[str, str], asked: tuple[date, date], known: tuple[date, date]) -> Part:
    """Return which part of its period a row stands for, by the first and last day asked for and with readings.

    `names` are those of the row by key. Its period is what all of them have in common: of `month` and `year` the month.
    Hours of the day and days of the week are no periods.
    """
    days = [days_of_row(key, name) for key, name in names.items() if key in CALENDAR]
    if not days:
        return ""
    first, last = max(start for start, _ in days), min(end for _, end in days)
    if last >= known[1] and asked[1] >= known[1]:
        return "running"
    return "cut" if first < max(asked[0], known[0]) or last > asked[1] else ""


def parts_of_rows(table: pd.DataFrame, question: Question, known: tuple[date, date]) -> list[Part]:
    """Return for each row of the answer to a question which part of its periods it stands for."""
    asked = question.first, question.last
    keys = [key for key in question.by if key in CALENDAR]
    rows = list(zip(*(table[key].tolist() for key in keys), strict=True)) if keys else [()] * len(table)
    of_names = {names: part_of(dict(zip(keys, names, strict=True)), asked, known) for names in set(rows)}
    found = [of_names[names] for names in rows]
    if not set(question.by).isdisjoint(TIME_KEYS):
        gaps = table["missing_share"] > LEAST_GAP
        found = [part or ("gap" if gap else "") for part, gap in zip(found, gaps, strict=True)]
    return found


def cut_periods(table: pd.DataFrame, question: Question, known: tuple[date, date]) -> list[str]:
    """Return for each row of the answer to a question its period if only a part of that is in it; "" if all is."""
    key = next((key for key in question.by if key in TIME_KEYS), "")
    if not key:
        return [""] * len(table)
    parts = parts_of_rows(table, question, known)
    return [name if part else "" for name, part in zip(table[key].tolist(), parts, strict=True)]
