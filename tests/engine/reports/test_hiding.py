"""Which rows are hidden: a filter tells no more than the table without it, and a time of day no more than the day."""

from __future__ import annotations

from datetime import date

from metertui.engine.base.progress import no_progress
from metertui.engine.columns.columns import Frozen
from metertui.engine.reports.hiding import Tables, hidden_rows, hidden_with_the_rest
from metertui.engine.usage.query import Filter, Question
from tests.engine.reports.test_report import JANUARY, RULE, boiler, town

__all__ = ["boiler", "town"]  # fixtures


def test_a_table_is_made_once_and_its_rows_are_those_of_the_table_without_its_filter(town: Frozen) -> None:
    done: list[float] = []
    tables = Tables(town, 2, done.append)
    by_region = Question(*JANUARY, by=("region",))
    assert tables.of(by_region) is tables.of(by_region)
    assert hidden_rows(tables, by_region, tables.of(by_region), RULE, frozenset())[0].tolist() == [True, False, True]
    south = Question(*JANUARY, by=("month",), filter=Filter.by_name(region="South"))
    assert hidden_rows(tables, south, tables.of(south), RULE, frozenset())[0].tolist() == [True]
    assert max(done) <= 1


def test_a_time_of_day_is_hidden_where_the_rest_of_its_day_is(boiler: Frozen) -> None:
    day = date(2025, 3, 5)
    rest = Question(day, day, ("region",), Filter.by_name(time="18:30-18:00"))
    tables = Tables(boiler, 4, no_progress)
    table = tables.of(rest)
    alone = hidden_rows(tables, rest, table, RULE, frozenset())[0]
    hidden = hidden_with_the_rest(tables, rest, table, RULE)
    north = table["region"].tolist().index("North")
    assert (bool(alone[north]), bool(hidden[north])) == (False, True)
