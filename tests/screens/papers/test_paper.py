"""A paper as a picture and as text: nothing is cut, and it says what it answers."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from metertui import __version__
from metertui.screens.charts import Picture, Series
from metertui.screens.papers.paper import ChartPart, Paper, TablePart, as_file

LONG = "a very long name of a place that no terminal of eighty columns would show " * 2
PAPER = Paper(
    "Total kWh by region",
    {"timezone": "Europe/Wien", "asked_at": "2025-03-01T00:00:00+01:00", "sort": ""},
    [
        ChartPart("kWh a day", Picture("bars", ("Mon", "Tue"), (Series("", (1.5, None)),), "kWh")),
        TablePart("rows", [("region", False), ("kWh", True)], [[LONG, "1.5"], ["b", "12 345.678"]], 3),
    ],
)


def test_all_of_it_is_there_as_text() -> None:
    lines = as_file(PAPER, ".txt").splitlines()
    assert lines[0] == "Total kWh by region"
    assert lines[1] == f"timezone Europe/Wien · asked at 2025-03-01T00:00:00+01:00 · made by metertui {__version__}"
    assert "kWh a day" in lines
    assert any("█" in line for line in lines)
    assert f"{LONG}         1.5" in lines
    assert lines[-1] == "the first 2 of 3 rows; an export as .csv has all"


@pytest.mark.parametrize("kind", ["lines", "area", "bars", "stacked", "rows", "shares", "heat"])
def test_any_chart_is_a_picture(kind: str) -> None:
    series = (Series("east", (1.0, 2.0)), Series("west", (2.0, 0.5)))
    chart = ChartPart("", Picture(kind, ("Mon", "Tue"), series, "kWh", names=("Monday", "Tuesday")))  # type: ignore[arg-type]
    root = ET.fromstring(as_file(Paper("t", {}, [chart]), ".svg"))
    width = float(root.get("width", 0))
    ends = [
        float(each.get("x", 0)) + float(each.get("textLength", each.get("width", "0").rstrip("%")))
        for each in root.iter()
        if each.tag.endswith(("text", "rect")) and each.get("x")
    ]
    assert len(ends) > 10
    assert max(ends) <= width
