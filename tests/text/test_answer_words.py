"""A question and its answer in words."""

from __future__ import annotations

from datetime import date

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.reports import SavedReport, report
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.report import Findings, Inquiry
from metertui.engine.usage.query import Filter, Question
from metertui.text import answer_words, answers
from tests.engine.build import frozen

LONDON = SiteZone("Europe/London")


def found_over(first: date, last: date, *by: str) -> Findings:
    """A meter of 1 kW in 2025, compared with the period before."""
    columns = frozen(
        {"m": [(LONDON.midnight(date(2025, 1, 1)), 0), (LONDON.midnight(date(2025, 4, 1)), 2_159_000)]}, LONDON
    )
    return report.answer_inquiry(columns, Inquiry(Question(first, last, by), compare="before"))


def test_a_question_is_a_sentence_with_its_days() -> None:
    asked = SavedReport(period="dates", first="2025-02-03", last="2025-02-09", by=("day", "sub_region"))
    said = "total kWh by day and sub-region · 3 Feb 2025 to 9 Feb 2025"
    assert answer_words.sentence(asked, None) == said
    assert answer_words.sentence(asked, found_over(date(2025, 2, 3), date(2025, 2, 9))) == said
    typed = SavedReport(period="dates", first="2025-02-30", last="", filter=Filter.by_name(meter="m"), compare="before")
    assert answer_words.sentence(typed, None) == (
        "total kWh by month · 2025-02-30 to  · m · compared to the period before"
    )


def test_the_readings_of_a_row_are_those_of_its_part_of_the_period() -> None:
    year = Question(date(2025, 1, 1), date(2025, 12, 31), ("month", "region"))
    assert answer_words.rows_sentence(year, {"month": "2025-03", "region": ""}) == (
        "March 2025 · no region · within 2025"
    )
    assert answer_words.rows_sentence(year, {}) == "2025"


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule(10, 0.5), "fewer than 10 meters, or one uses more than 50%"),
        (Rule(5, 0.25), "fewer than 5 meters, or one uses more than 25%"),
    ],
)
def test_reason_of_hidden_figures_states_the_rule(rule: Rule, text: str) -> None:
    assert answer_words.why(rule) == text


def test_a_summary_says_how_periods_are_compared() -> None:
    for first, last, by, said in (
        (date(2025, 2, 1), date(2025, 2, 28), "", "before: January 2025 (31 d, now 28 d: compared per day)"),
        (date(2025, 3, 30), date(2025, 3, 31), "day", "(rows of unequal length: compared per day)"),  # 23 after 24 h
        (date(2025, 2, 3), date(2025, 2, 9), "", "before: 27 Jan 2025 to 2 Feb 2025"),
    ):
        assert answer_words.summary(found_over(first, last, *filter(None, [by])), None).endswith(said)


def test_a_summary_names_the_periods_before_that_are_known_in_part() -> None:
    """Readings begin late in October 2024, and end early in December 2025: only the first is not said by its row."""
    reads = [(LONDON.midnight(date(2024, 10, 27)), 0), (LONDON.midnight(date(2025, 12, 2)), 400_000)]
    year = Question(date(2025, 1, 1), date(2025, 12, 31), ("month",))
    found = report.answer_inquiry(frozen({"m": reads}, LONDON), Inquiry(year, compare="year_before"))
    assert answer_words.summary(found, None).endswith(" · □ Dec 2025 not over yet · □ before in part: Oct 2024")
    rows = answers.page(found, found.table, LONDON)[1]
    assert [(row[0], row[3].partition(" ")[0]) for row in rows[-4:]] == [
        ("2025-09", "–"), ("2025-10", "□"), ("2025-11", rows[-2][3]), ("2025-12 □", "□"),
    ]  # fmt: skip
    autumn = Question(date(2025, 10, 1), date(2025, 12, 31), ("month",))
    more = [*reads, (LONDON.midnight(date(2026, 1, 2)), 450_000)]
    found = report.answer_inquiry(frozen({"m": more}, LONDON), Inquiry(autumn, compare="year_before"))
    total, mean, median = answers.feet(found, found.table, LONDON)
    assert (total[3] != "–", mean[0], mean[3], median[3]) == (True, "mean of 3", "–", "–")  # October is not whole


def test_a_summary_names_the_periods_that_are_not_whole() -> None:
    day = LONDON.midnight
    reads = [(day(date(2025, month, 1)), 1000 * month) for month in range(1, 6)] + [(day(date(2025, 5, 9)), 9000)]
    days = date(2025, 1, 15), date(2025, 5, 31)
    for by, said in (
        (("month",), "□ May 2025 not over yet · □ in part: Jan 2025"),
        ((), "□ 9 May 2025, the last day with readings, not over yet"),
    ):
        found = report.answer_inquiry(frozen({"m": reads}, LONDON), Inquiry(Question(*days, by)))
        assert answer_words.summary(found, None).endswith(said)
