"""What the first rows of a table show."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base import DAY, HOUR, MINUTE
from metertui.formats.meter_tables.roles import find_roles
from metertui.formats.meter_tables.series_stats import Stats, stats_of
from metertui.formats.said import Said
from tests.formats.meter_tables.made_up import clock, shape_of


def stats(tmp_path: Path, text: str) -> Stats:
    shape = shape_of(tmp_path, text)
    (roles,) = find_roles(tmp_path / "june.csv", shape, Said())
    return stats_of(shape, roles, "dmy", roles.figures, {each.place: "." for each in roles.figures})


def series(values: list[str], step: int = 15) -> str:
    return "Zeit;kWh\n" + "".join(f"01.04.2025 {clock(at * step)};{value}\n" for at, value in enumerate(values))


def test_the_step_between_rows_and_their_order(tmp_path: Path) -> None:
    found = stats(tmp_path, series(["0.5", "0.25", "0.125", "0.5"]))
    assert (found.step, found.regular, found.newest_first, found.day_only) == (15 * MINUTE, True, False, False)
    lines = series(["0.5", "0.25", "0.125", "0.5"]).splitlines()
    assert stats(tmp_path, "\n".join([lines[0], *lines[:0:-1], ""])).newest_first


def test_days_and_months(tmp_path: Path) -> None:
    days = stats(tmp_path, "Tag;kWh\n" + "".join(f"0{day}.04.2025;{day % 3}\n" for day in range(1, 6)))
    assert (days.day_only, days.step, days.months) == (True, DAY, False)
    assert stats(tmp_path, "Tag;kWh\n" + "".join(f"01.0{month}.2025;{month % 3}\n" for month in range(1, 6))).months
    pairs = stats(
        tmp_path, "Von;Bis;kWh\n" + "".join(f"0{day}.04.2025;0{day}.04.2025;{day % 3}\n" for day in range(1, 6))
    )
    assert (pairs.inclusive, pairs.length) == (True, DAY)
    pairs = stats(
        tmp_path, "Von;Bis;kWh\n" + "".join(f"0{day}.04.2025;0{day + 1}.04.2025;{day % 3}\n" for day in range(1, 6))
    )
    assert (pairs.inclusive, pairs.length) == (False, DAY)


@pytest.mark.parametrize(
    ("values", "course"),
    [
        (["0.5", "0.25", "0.5", "0.125", "0.5", "0.25"], "interval"),
        (["1234.5", "1234.6", "1234.7", "1235.1", "1235.1", "1235.2"], "register"),
        (["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"], "doubtful"),
        (["1234.5", *(f"{1234.5 + at}" for at in range(20)), "0.1", *(f"{at}" for at in range(20))], "sums"),
        ([f"0.{at:02d}" for at in range(20)], "sums"),
        ([f"0.{at % 8}" for at in range(24)], "sums"),
        ([f"0.{at % 4}" for at in range(24)], "interval"),
        (["0.5", "0.5", "0.5"], ""),
        (["0.5"], ""),
    ],
)
def test_only_a_register_never_falls(tmp_path: Path, values: list[str], course: str) -> None:
    assert stats(tmp_path, series(values)).courses[1] == course


def test_lengths_of_intervals(tmp_path: Path) -> None:
    rows = "".join(f"01.04.2025 {clock(60 * at)};01.04.2025 {clock(60 * at + 59)}:59;0.{at % 3}\n" for at in range(5))
    assert stats(tmp_path, f"Von;Bis;kWh\n{rows}").length == HOUR - 1_000_000


def test_series_clash_whose_rows_are_of_one_time_and_unit(tmp_path: Path) -> None:
    rows = "".join(
        f"01.04.2025 {clock(15 * at)};{name};0.{at % 3}5;kWh\n" for at in range(6) for name in ("Bezug HT", "Bezug NT")
    )
    found = stats(tmp_path, f"Zeit;Richtung;Wert;Einheit\n{rows}")
    assert found.clashing == {frozenset(("Bezug HT", "Bezug NT"))}
