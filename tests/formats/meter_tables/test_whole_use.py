"""Tests of a column of use beside those of its tariffs."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.formats.said import NotSaid
from tests.formats.meter_tables.made_up import clock, read


def table(names: str, rows: str) -> str:
    """Return a table of hours; rows are figures of columns."""
    figures = enumerate(rows.split())
    return f"Time;{names}\n" + "".join(f"2025-04-28 {clock(60 * at)};{row}\n" for at, row in figures)


SHOULDER = table("Peak (kWh);Shoulder (kWh);Off-peak (kWh)", "0;0;1.5 0;0.5;0 2.5;0;0 0;0.75;0")
CONTROLLED = table("Peak (kWh);Off-peak (kWh);Controlled load (kWh)", "0;1.5;3.5 0;0.5;3.25 2.5;0;5.5 0.75;0;2.5")


@pytest.mark.parametrize(("content", "name"), [(SHOULDER, "Shoulder"), (CONTROLLED, "Controlled load")])
def test_one_tariff_more_is_not_all_of_the_use(tmp_path: Path, content: str, name: str) -> None:
    with pytest.raises(NotSaid, match=rf"column '{name} \(kWh\)' is not the sum .* and may be one tariff more"):
        read(tmp_path, content, stamps="start")


def test_a_person_says_what_the_column_is(tmp_path: Path) -> None:
    columns = {"t2": "Peak (kWh)", "t1": "Off-peak (kWh)", "t3": "Shoulder (kWh)"}
    found = read(tmp_path, SHOULDER, stamps="start", columns=columns)
    assert {each.split()[0] for each in found.intervals} == {"m1:t1", "m1:t2", "m1:t3"}
    assert len(read(tmp_path, SHOULDER, stamps="start", columns={"use": "Shoulder (kWh)"}).intervals) == 4


def test_the_sum_of_tariffs_stands_beside_them(tmp_path: Path) -> None:
    rows = "1.5;0;1.5 0.5;0;0.5 2.5;2.5;0 0.75;0.75;0"
    found = read(tmp_path, table("Usage (kWh);Peak (kWh);Off-peak (kWh)", rows), stamps="start")
    assert {each.split()[0] for each in found.intervals} == {"m1", "m1:t1", "m1:t2"}


def test_all_of_the_use_may_stand_beside_some_of_its_tariffs(tmp_path: Path) -> None:
    rows = "1.5;0 0.5;0 2.5;2.5 0.75;0.75"
    found = read(tmp_path, table("Usage (kWh);Usage peak (kWh)", rows), stamps="start")
    assert {each.split()[0] for each in found.intervals} == {"m1", "m1:t2"}
