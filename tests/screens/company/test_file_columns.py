"""What a person changes of the columns of a file."""

from __future__ import annotations

import pytest

from metertui.formats import Series, Taken
from metertui.screens.company.file_columns import (
    cells_of,
    columns_with,
    columns_with_series,
    first_unknown,
    typed_register,
    with_series_of,
)

TAKEN = Taken(
    "table",
    "interval",
    [
        Series("Zeit", role="time", number=1, first=["1.1.2025", "2.1.2025"]),
        Series("kWh", "m", "kWh", role="use", number=2),
        Series("kWh", "m:export", "kWh", role="export", number=3),
        Series("Gas", why="gas", number=4),
        Series("Status", role="quality", number=5),
        Series("Bis", number=6),
    ],
)


@pytest.mark.parametrize(
    ("number", "meaning", "said"),
    [
        (3, "", {"time": "Zeit", "use": "2", "quality": "Status"}),
        (4, "t1", {"time": "Zeit", "use": "2", "export": "3", "t1": "Gas", "quality": "Status"}),
        (3, "use", {"time": "Zeit", "use": "3", "quality": "Status"}),
        (2, "use+export", {"time": "Zeit", "use": "2", "export": "2", "quality": "Status"}),
        (6, "end", {"start": "Zeit", "end": "Bis", "use": "2", "export": "3", "quality": "Status"}),
        (6, "time", {"time": "Bis", "use": "2", "export": "3", "quality": "Status"}),
        (1, "date", {"date": "Zeit", "use": "2", "export": "3", "quality": "Status"}),
    ],
)
def test_one_change_says_what_all_columns_are(number: int, meaning: str, said: dict[str, str]) -> None:
    assert columns_with(TAKEN, number, meaning) == said


def test_a_column_is_a_row() -> None:
    assert cells_of(TAKEN.series[0]) == ("1", "Zeit", "time", "", "", "1.1.2025  2.1.2025")
    assert cells_of(TAKEN.series[3]) == ("4", "Gas", "– gas", "", "", "")
    assert cells_of(Series("m E1", "m", "kWh")) == ("", "m E1", "use", "m", "kWh", "")
    assert cells_of(Series("m B1", "m:export", "kWh"))[2] == "export"
    unknown = Series("Ort", number=7)
    assert (cells_of(unknown)[2], cells_of(unknown, asked=True)[2]) == ("–", "▲ ?")
    assert (first_unknown(Taken("table", "", [*TAKEN.series[:5], unknown])), first_unknown(None)) == (5, 0)


METERS = Taken(
    "table",
    "interval",
    [
        Series("Zeit", role="time", number=1),
        Series("100345", "100345", "kWh", role="use", number=2),
        Series("100346", "100346", "kWh", role="use", number=3),
        Series("Summe", why="a total of others", number=4),
    ],
)


def test_a_series_of_rows_is_said_as_a_column_is() -> None:
    rows = [Series("Art", role="channel", number=7), Series("A", unit="kWh"), Series("B", unit="kWh")]
    taken = Taken("table", "register", [*TAKEN.series[:2], TAKEN.series[5], *rows])
    assert first_unknown(taken) == 4, "a series before a column that may be nothing"
    said = columns_with_series(taken, {"time": "Zeit", "use": "kWh"}, "B", "use")
    assert said == {"time": "Zeit", "kwh": "kWh", "use": "B"}
    assert columns_with_series(taken, said, "B", "t1") == {"time": "Zeit", "kwh": "kWh", "t1": "B"}
    both = columns_with_series(taken, said, "A", "t2")
    assert both == {"time": "Zeit", "kwh": "kWh", "use": "B", "t2": "A"}
    assert columns_with_series(taken, both, "A", "use") == {"time": "Zeit", "kwh": "kWh", "use": "A"}
    changed = columns_with(taken, 6, "quality")
    assert with_series_of(taken, said, changed) == {
        "time": "Zeit", "kwh": "kWh", "quality": "Bis", "channel": "Art", "use": "B",
    }  # fmt: skip
    assert with_series_of(taken, said, columns_with(taken, 7, "")) == {"time": "Zeit", "use": "kWh"}


@pytest.mark.parametrize(
    ("number", "meaning", "said"),
    [
        (3, "", {"time": "Zeit", "100345:use": "2"}),
        (3, "export", {"time": "Zeit", "100345:use": "2", "100346:export": "3"}),
        (3, "flat-9:use", {"time": "Zeit", "100345:use": "2", "flat-9:use": "3"}),
        (3, "100345:use", {"time": "Zeit", "100345:use": "3"}),
        (4, "flat-9:t1", {"time": "Zeit", "100345:use": "2", "100346:use": "3", "flat-9:t1": "Summe"}),
        (2, "use+export", {"time": "Zeit", "100345:use": "2", "100345:export": "2", "100346:use": "3"}),
    ],
)
def test_a_column_that_is_a_meter_is_left_out_or_given_to_another(
    number: int, meaning: str, said: dict[str, str]
) -> None:
    assert columns_with(METERS, number, meaning) == said


def test_a_typed_meter_is_offered_but_not_where_each_row_names_its_own() -> None:
    assert typed_register(METERS, "flat-9") == [("flat-9:use", "use of meter flat-9")]
    assert typed_register(METERS, "flat-9:export") == [("flat-9:export", "export of meter flat-9")]
    assert typed_register(METERS, "no meter") == []
    by_row = Taken("table", "interval", [*TAKEN.series, Series("Z\u00e4hler", role="meter", number=7)])
    assert typed_register(by_row, "flat-9") == []
