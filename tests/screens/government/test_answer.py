"""The rows of an answer as they are shown: in an order, of a choice, with their chart and their sums."""

from __future__ import annotations

from metertui.engine.base.progress import no_progress
from metertui.engine.columns.columns import Frozen
from metertui.engine.reports.saved_reports import SavedReport
from metertui.screens.charts.chart import NO_CURSOR, picture
from metertui.screens.government.answer import Answer, Choice, answer_question, shown_rows
from tests.engine.reports.test_report import RULE, town
from tests.text.test_answers import LONDON, regions

__all__ = ["town"]  # a fixture

USE = {name: [1000 * (place + 1)] for place, name in enumerate("abcdefghijkl")}


def answer() -> Answer:
    found = regions(USE)
    return Answer(SavedReport(by=("region",), chart="shares"), found, picture(found, "shares", LONDON))


def test_chart_and_table_have_one_order_and_each_bar_its_row() -> None:
    asked = answer()
    assert shown_rows(asked, Choice(), LONDON).picture is asked.picture
    shown = shown_rows(asked, Choice("-value"), LONDON)
    assert (shown.picture.kind, shown.picture.labels[:3]) == ("shares", ("l", "k", "j"))
    assert [str(name) for name in shown.table["region"].head(3)] == ["l", "k", "j"]
    for label, name in enumerate(shown.picture.labels):
        for series in (0, NO_CURSOR):
            assert shown.table["region"].iloc[shown.places[label, series]] == name


def test_a_choice_of_rows_has_a_chart_and_sums_of_its_own() -> None:
    shown = shown_rows(answer(), Choice(extreme="top"), LONDON)
    assert (len(shown.table), shown.picture.kind, shown.picture.note) == (10, "rows", "the 10 highest alone")
    assert [row[0] for row in shown.feet][:2] == ["these 10", "the other 2"]
    found = shown_rows(answer(), Choice(wanted="3.000"), LONDON)
    assert (found.table["region"].tolist(), found.picture.labels, found.places[0, NO_CURSOR]) == (["c"], ("c",), 0)
    assert shown_rows(answer(), Choice(wanted="c"), LONDON, lambda: True).table.empty


def test_each_row_has_its_course_as_a_line_that_tells_no_more_than_an_answer(town: Frozen) -> None:
    asked = SavedReport(by=("region",), period="dates", first="2024-12-01", last="2025-02-28")
    answer, _ = answer_question(town, asked, None, no_progress)
    assert answer is not None
    assert (answer.course_key, set(answer.courses)) == ("week", {("Island",), ("North",), ("South",)})
    assert set(answer.courses["North",]) == {"▃", "▄", "▆"}  # a tenth more from January on
    ruled, _ = answer_question(town, asked, RULE, no_progress)
    assert ruled is not None
    assert set(ruled.courses) == {("North",)}
