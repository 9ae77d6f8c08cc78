"""Rows that say something that none before them has said."""

from __future__ import annotations

from metertui.formats.meter_tables.figure_columns import Figures
from metertui.formats.meter_tables.news import News
from metertui.formats.meter_tables.roles import Roles
from metertui.formats.meter_tables.times import TimeColumns
from metertui.formats.tables import Lines

ROLES = Roles(TimeColumns("one", (0,)), [Figures(1, "use", "kWh")], meter=2)


def told(news: News, *texts: str) -> list[int]:
    return [row.number for row, _ in news.among(Lines(1, list(texts), ";"))]


def test_a_row_of_known_parts_says_nothing_new() -> None:
    news = News(ROLES, 3)
    first = ["1.4.2025 00:00;0,5;m1", "1.4.2025 00:15;0,7;m1", "1.4.2025 00:00;0,9;m1", "2.4.2025 00:15;0,1;m1"]
    assert told(news, *first) == [1, 2, 4]
    assert told(news, *first) == []
    assert told(news, "2.4.2025 00:00;0,4;m1", "2.4.2025 00:00;0,4;m2") == [2]
    assert told(news, "2.4.2025 00:00;0,05;m1", "2.4.2025 00:00;-0,5;m1", "2.4.2025 00:00;0;m1") == [1, 2, 3]


def test_a_row_that_is_none_like_the_others_is_always_looked_at() -> None:
    news = News(ROLES, 3)
    others = ["1.4.2025 um 00:00;0,5;m1", "Summe;0,5;m1", "1.4.2025;0,5", ""]
    for _ in range(2):
        assert told(news, *others) == [1, 2, 3, 4]
    assert told(news, "1.4.2025 00:00;0,5;m1") == [1]  # its date stood beside something that was no time


def test_seconds_prove_nothing() -> None:
    news = News(ROLES, 3)
    assert told(news, "1758000000;0,5;m1", "1758000900;0,5;m1") == [1]


def test_figures_of_parts_of_a_day_are_told_in_the_order_of_rows() -> None:
    roles = Roles(TimeColumns("one", (0,)), [Figures(-1, "use", "kWh")], slots=[1, 2])
    rows = Lines(1, ["1.4.2025;1;0,5", "2.4.2025;2;1", "3.4.2025;0,5;0,25"], ";")
    assert [(row.number, figures) for row, figures in News(roles, 3).among(rows)] == [(1, {1, 2}), (2, ()), (3, {2})]
