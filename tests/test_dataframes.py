"""`metertui.open`: DataFrames with the figures that the commands print."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from metertui import MeterError
from metertui import open as open_folder
from metertui.dataframes import OpenFolder
from tests.cli.conftest import Command, _steady_folder, data, metertui, steady

__all__ = ["_steady_folder", "data", "metertui", "steady"]
ROOT = Path(__file__).parent.parent
DAYS = ("2025-02-24", "2025-03-02")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A copy of the sample: a week of six meters."""
    return Path(shutil.copytree(ROOT / "data" / "sample", tmp_path / "town"))


@pytest.fixture
def folder(town: Path) -> Iterator[OpenFolder]:
    with open_folder(town) as opened:
        yield opened


def test_a_query_has_the_rows_of_the_metertui(metertui: Command, town: Path, folder: OpenFolder) -> None:
    said = metertui("--data", str(town), "query", *days(), "--by", "day,region", "--format", "json").json
    pd.testing.assert_frame_equal(folder.query(*DAYS, by=["day", "region"]), pd.DataFrame(said), check_dtype=False)
    top = metertui("--data", str(town), "query", *days(), "--by", "meter", "--sort", "-usage_kwh", "--limit", "2")
    assert folder.query(*DAYS, by="meter", sort="-usage_kwh", limit=2)["meter"].tolist() == [
        line.split()[0] for line in top.out.splitlines()[1:]
    ]


def test_measure_and_comparison_have_the_columns_of_the_metertui(
    metertui: Command, town: Path, folder: OpenFolder
) -> None:
    words = ("--by", "region", "--measure", "per_meter", "--compare", "before", "--sort", "-usage_kwh_per_meter")
    said = metertui("--data", str(town), "query", *days("2025-03-01"), *words, "--format", "json").json
    found = folder.query(
        "2025-03-01", DAYS[1], by="region", measure="per_meter", compare="before", sort="-usage_kwh_per_meter"
    )
    assert list(found) == list(said[0])
    assert found["region"].tolist() == [row["region"] for row in said]
    assert found["before_kwh"].tolist() == pytest.approx([row["before_kwh"] for row in said], abs=0.0005)


def test_readings_are_those_of_the_export(metertui: Command, town: Path, folder: OpenFolder, tmp_path: Path) -> None:
    out = tmp_path / "readings.csv"
    assert metertui("--data", str(town), "export", *days(), "-o", str(out)).code == 0
    found, exported = folder.readings(*DAYS), pd.read_csv(out)
    assert list(found) == list(exported)
    assert found["reading_kwh"].tolist() == exported["reading_kwh"].tolist()
    assert found["usage_kwh"].dropna().tolist() == exported["usage_kwh"].dropna().tolist()
    assert [time.isoformat() for time in found["timestamp"]] == exported["timestamp"].tolist()
    one = folder.readings(*DAYS, meter=found["identifier"].iloc[0], time="18:00-20:00")
    assert len(one) == 7 * 4
    assert list(folder.readings("2024-01-01", "2024-01-02")) == list(found)


def test_usage_has_the_figures_of_the_metertui(steady: Command, data: Path) -> None:
    zone = ZoneInfo("Asia/Singapore")
    with open_folder(data) as folder:
        used = folder.usage("m-1", "month", at=datetime(2025, 3, 12, 10, 40, tzinfo=zone))
        asked = steady("usage", "m-1", "month", "--at", "2025-03-12T10:40:00", "--format", "json").json
        assert list(used) == list(asked)
        for name, value in asked.items():
            cell = used[name].item()
            assert (cell.isoformat() if isinstance(cell, datetime) else cell) == value, name
        nothing = folder.usage(["m-1", "m-1"], (date(2024, 1, 1), "2024-01-02"))
        assert nothing["usage_kwh"].isna().tolist() == [True, True]
        assert nothing["opening_time"].isna().all()
        assert folder.timezone == "Asia/Singapore"


def test_bills_are_those_of_a_run_with_exact_amounts(
    metertui: Command, town: Path, folder: OpenFolder, tmp_path: Path
) -> None:
    out = tmp_path / "bills.csv"
    assert metertui("--data", str(town), "bill", "--all", "--month", "2025-02", "-o", str(out)).code == 0
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    bills = folder.bills("2025-02")
    assert list(bills) == list(rows[0])
    assert bills["total"].tolist() == [Decimal(row["total"]) for row in rows]
    assert bills["lines"].iloc[0][0]["amount"] == rows[0]["net"]
    assert isinstance(bills["total"].sum(), Decimal)


def test_accounts_are_listed(folder: OpenFolder) -> None:
    accounts = folder.accounts()
    assert accounts["identifier"].is_monotonic_increasing
    assert set(accounts["status"]) == {"active"}
    assert accounts["registered"].dt.tz is not None or accounts["registered"].isna().all()


def test_what_has_arrived_since_is_there_after_a_refresh(steady: Command, data: Path, tmp_path: Path) -> None:
    with open_folder(data) as folder:
        file = tmp_path / "more.csv"
        file.write_text("identifier,timestamp,usage\nm-2,2025-03-01T00:00:00,5\nm-2,2025-03-02T00:00:00,7\n")
        assert steady("import", str(file)).code == 0
        assert len(folder.accounts()) == 1
        folder.refresh()
        assert folder.query("2025-03-01", "2025-03-01", by="meter", meter="m-2")["usage_kwh"].tolist() == [2]


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda folder: folder.usage("nobody"), "nobody is not registered"),
        (lambda folder: folder.query("soon", "2025-03-02"), "'soon' is not a date such as 2025-03-31"),
        (lambda folder: folder.query(*DAYS, by="planet"), "planet is not a key"),
        (lambda folder: folder.query(*DAYS, planet="Mars"), "planet is not a filter"),
        (lambda folder: folder.query(*DAYS, region="Mars"), "no meter has the region Mars"),
        (lambda folder: folder.query(*DAYS, by="day", sort="colour"), "colour is not a column"),
        (lambda folder: folder.query(*DAYS, by="day", compare="before", sort="colour"), "colour is not a column"),
        (lambda folder: folder.bills("2025-13"), "2025-13"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(folder: OpenFolder, ask: object, sentence: str) -> None:
    with pytest.raises(MeterError, match=sentence):
        ask(folder)  # type: ignore[operator]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MeterError, match="there is no data folder"):
        open_folder(tmp_path / "nowhere")


def test_nothing_is_written(town: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in town.rglob("*")}
    with open_folder(town) as folder:
        folder.query(*DAYS)
        folder.bills("2025-02")
    assert {path: path.stat().st_mtime_ns for path in town.rglob("*")} == before


def test_the_example_of_the_documentation_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    (example,) = page.split("```python\n")[1:]
    monkeypatch.chdir(ROOT)
    said = io.StringIO()
    with redirect_stdout(said):
        exec(compile(example.split("```")[0], "docs/python.md", "exec"), {})
    assert "2025-02-24" in said.getvalue()


def days(first: str = DAYS[0]) -> tuple[str, ...]:
    return ("--from", first, "--to", DAYS[1])
