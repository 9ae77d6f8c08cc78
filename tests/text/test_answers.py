"""An answer about many meters in words."""

from __future__ import annotations

from datetime import date

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.reports import report
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.report import Findings, Inquiry
from metertui.engine.usage.query import KEYS, Question
from metertui.text import answers
from tests.engine.build import frozen

LONDON = SiteZone("Europe/London")


def test_every_key_of_a_question_has_a_name() -> None:
    assert list(answers.KEYS) == list(KEYS)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule(10, 0.5), "fewer than 10 meters, or one uses more than 50%"),
        (Rule(5, 0.25), "fewer than 5 meters, or one uses more than 25%"),
    ],
)
def test_reason_of_hidden_figures_states_the_rule(rule: Rule, text: str) -> None:
    assert answers.why(rule) == text


def found_over(first: date, last: date, *by: str) -> Findings:
    """A meter of 1 kW in 2025, compared with the period before."""
    columns = frozen(
        {"m": [(LONDON.midnight(date(2025, 1, 1)), 0), (LONDON.midnight(date(2025, 4, 1)), 2_159_000)]}, LONDON
    )
    return report.answer_inquiry(columns, Inquiry(Question(first, last, by), compare="before"))


def test_periods_of_unequal_length_are_compared_per_day_in_words_and_columns() -> None:
    found = found_over(date(2025, 2, 1), date(2025, 2, 28))
    assert answers.summary(found, None).endswith("before: 2025-01-01 to 2025-01-31 (31 d, now 28 d: compared per day)")
    columns, (cells,) = answers.page(found, found.table, LONDON)
    shown = dict(zip((column.title for column in columns), cells, strict=True))
    assert (shown["before"], shown["change a day"]) == ("744.000", "+0.0%")
    assert (shown["kWh a day"], shown["before a day"]) == ("24.000", "24.000")
    kinds, rows = answers.sheet(found, "", LONDON, ruled=False)
    assert list(rows) == list(kinds)
    asked = ["days", "before_days", "kwh_per_day", "before_kwh_per_day", "change_percent_per_day"]
    assert rows[asked].iloc[0].tolist() == [28, 31, 24, 24, 0]
    by_day = found_over(date(2025, 3, 30), date(2025, 3, 31), "day")  # 23 hours after 24
    assert answers.summary(by_day, None).endswith("(rows of unequal length: compared per day)")


def test_periods_of_one_length_are_compared_as_they_are() -> None:
    found = found_over(date(2025, 2, 3), date(2025, 2, 9))
    assert answers.summary(found, None).endswith("before: 2025-01-27 to 2025-02-02")
    columns, _ = answers.page(found, found.table, LONDON)
    assert [column.title for column in columns if column.right] == ["kWh", "before", "change", "meters", "readings"]


def test_a_total_has_the_share_of_each_row() -> None:
    columns = frozen(
        {"m": [(LONDON.midnight(date(2025, 1, 1)), 0), (LONDON.midnight(date(2025, 3, 1)), 59_000)]}, LONDON
    )
    question = Question(date(2025, 1, 1), date(2025, 2, 28), ("month",))
    found = report.answer_inquiry(columns, Inquiry(question))
    heads, cells = answers.page(found, found.table, LONDON)
    place = [column.name for column in heads].index("share")
    assert [row[place] for row in cells] == ["52.5%", "47.5%"]
    peaks = report.answer_inquiry(columns, Inquiry(question, measure="peak"))
    assert "share" not in [column.name for column in answers.page(peaks, peaks.table, LONDON)[0]]
