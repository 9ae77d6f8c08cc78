"""The rows of an answer as they are shown: in an order, of a choice, with their chart and their sums."""

from __future__ import annotations

from metertui.engine.reports.saved_reports import SavedReport
from metertui.screens.charts.chart import NO_CURSOR, picture
from metertui.screens.government.answer import Answer, Choice, shown_rows
from tests.text.test_answers import LONDON, regions

USE = {name: [1000 * (place + 1)] for place, name in enumerate("abcdefghijkl")}


def answer() -> Answer:
    found = regions(USE)
    return Answer(SavedReport(by=("region",), chart="shares"), found, picture(found, "shares", LONDON))


def test_all_rows_have_the_chart_of_the_answer_and_each_bar_its_row() -> None:
    asked = answer()
    shown = shown_rows(asked, Choice("-value"), LONDON)
    assert shown.picture is asked.picture
    assert [str(name) for name in shown.table["region"].head(3)] == ["l", "k", "j"]
    for label, name in enumerate(asked.picture.labels):
        for series in (0, NO_CURSOR):
            assert shown.table["region"].iloc[shown.places[label, series]] == name


def test_a_choice_of_rows_has_a_chart_and_sums_of_its_own() -> None:
    shown = shown_rows(answer(), Choice(extreme="top"), LONDON)
    assert (len(shown.table), shown.picture.kind, shown.picture.note) == (10, "rows", "the 10 highest alone")
    assert [row[0] for row in shown.feet][:2] == ["these 10", "the other 2"]
    found = shown_rows(answer(), Choice(wanted="3.000"), LONDON)
    assert (found.table["region"].tolist(), found.picture.labels, found.places[0, NO_CURSOR]) == (["c"], ("c",), 0)
    assert shown_rows(answer(), Choice(wanted="c"), LONDON, lambda: True).table.empty
