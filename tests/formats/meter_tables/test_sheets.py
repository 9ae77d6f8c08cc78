from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from metertui.engine.base import SiteZone
from metertui.engine.errors import DataError
from metertui.formats.meter_tables.reading import MeterTable, open_meter_table
from metertui.formats.said import Said

VIENNA = "Europe/Vienna"


def opened(path: Path, sheets: dict[str, list[tuple[object, ...]]], meter: str = "m1") -> MeterTable | None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        for row in rows:
            (book[title] if title in book.sheetnames else book.create_sheet(title)).append(row)
    book.save(path)
    return open_meter_table(
        path, Said(zone=VIENNA, meter=meter, kind="interval", unit="kWh", stamps="start"), SiteZone(VIENNA)
    )


def day(number: int, kwh: float, *more: object) -> list[tuple[object, ...]]:
    return [(f"2025-04-{number:02} {hour:02}:00", kwh + hour / 8, *more) for hour in range(24)]


def test_sheets_with_other_figures_for_the_same_times_are_refused_as_a_whole(tmp_path: Path) -> None:
    names = ("Zeit", "kWh")
    with pytest.raises(DataError, match="the sheets 'Haus', 'Garage' hold different figures for the same times"):
        opened(tmp_path / "a.xlsx", {"Haus": [names, *day(1, 0.5)], "Garage": [names, *day(1, 2)]})


def test_sheets_named_by_directions_are_not_one_series(tmp_path: Path) -> None:
    sheets = {"Import": [("Zeit", "kWh"), *day(1, 0.5)], "Export": [("Zeit", "kWh"), *day(2, 2)]}
    with pytest.raises(DataError, match="the sheets 'Import', 'Export' may be use as well as feed-in; save each"):
        opened(tmp_path / "a.xlsx", sheets)
    with pytest.raises(DataError, match="column 'kWh' may be use or feed-in"):
        opened(tmp_path / "a.xlsx", {"Einspeisung": sheets["Export"]})
    directed = {name: [("Zeit", "Bezug kWh"), *rows[1:]] for name, rows in sheets.items()}
    assert opened(tmp_path / "a.xlsx", directed) is not None
    assert opened(tmp_path / "a.xlsx", {"Export": sheets["Export"]}) is not None


def test_sheets_that_go_on_with_a_series_or_repeat_it_are_one(tmp_path: Path) -> None:
    names = ("Zeit", "kWh")
    sheets = {
        "April": [names, *day(1, 0.5), ("2025-04-02 00:00", 9)],  # a time that the next sheet has as well
        "Mai": [names, *day(2, 2)],
        "Kopie": [names, *day(2, 2)],
        "Info": [("Von", "Wert"), *day(1, 7)],
    }
    table = opened(tmp_path / "a.xlsx", sheets)
    assert table is not None
    assert sum(len(piece.rows) for piece in table.pieces()) == 24 + 1 + 24 + 24


def test_sheets_whose_rows_name_their_meter_may_share_their_times(tmp_path: Path) -> None:
    names = ("Zeit", "kWh", "Zaehler")
    table = opened(tmp_path / "a.xlsx", {"A": [names, *day(1, 0.5, "a1")], "B": [names, *day(1, 2, "b1")]}, meter="")
    assert table is not None
    assert sum(len(piece.rows) for piece in table.pieces()) == 48


def test_sheets_under_other_meters_or_units_are_refused_by_name(tmp_path: Path) -> None:
    names = ("Zeit", "Wert")

    def sheets(first: tuple[str, str], second: tuple[str, str]) -> dict[str, list[tuple[object, ...]]]:
        return {"A": [first, (), names, *day(1, 0.5)], "B": [second, (), names, *day(2, 2)]}

    one, other = ("Zaehler", "A100"), ("Zaehler", "B200")
    for meter in ("", "A100"):
        with pytest.raises(DataError, match="the sheet 'B' names 'B200' above its rows, and 'A' 'A100'; save the she"):
            opened(tmp_path / "a.xlsx", sheets(one, other), meter=meter)
    with pytest.raises(DataError, match="the sheet 'B' names 'B200' above its rows, and 'A' nothing like it"):
        opened(tmp_path / "a.xlsx", sheets(("Kunde", "Muster"), other))
    with pytest.raises(DataError, match="the sheet 'B' names 'B 2' above its rows, and 'A' 'A 1'"):
        opened(tmp_path / "a.xlsx", sheets(("Zaehler: A 1", ""), ("Zaehler: B 2", "")))
    assert opened(tmp_path / "a.xlsx", sheets(one, one), meter="") is not None

    units = {"A": [("", "Wh"), names, *day(1, 0.5)], "B": [("", "kWh"), names, *day(2, 2)]}
    with pytest.raises(DataError, match="the sheet 'B' names 'kWh' above its rows, and 'A' 'Wh'"):
        opened(tmp_path / "a.xlsx", units)
