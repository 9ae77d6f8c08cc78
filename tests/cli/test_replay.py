"""A proposed tariff on past usage, as it is printed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command
from tests.cli.test_bills import HEADER


def test_a_proposal_beside_what_is_in_force(steady: Command, data: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.csv"
    plan.write_text(f"{HEADER}\n2026-01-01,,,,,25,9\n")
    words = ("replay", "--tariff", str(plan), "--from", "2025-02-01", "--to", "2025-02-28")
    assert "there is no" in steady(*words).err
    (data / "tariffs.csv").write_text(f"{HEADER}\n2025-01-01,,,,,20,9\n")
    result = steady(*words, "--format", "json")
    [row] = result.json
    assert list(row)[:9] == [
        "apartment_type",
        "region",
        "meters",
        "more",
        "less",
        "same",
        "current",
        "proposed",
        "change",
    ]
    assert (row["meters"], row["more"], row["current"], row["proposed"]) == (1, 1, "146.50", "183.12")
    assert (row["change"], row["median"], row["p10"], row["p90"]) == ("36.62", "36.62", "36.62", "36.62")
    assert "begins on 2026-01-01; the days before are priced as on that day" in result.err
    assert "1 meters, 2025-02-01 to 2025-02-28: 1 pay more, 0 less, 0 the same" in result.err
    assert steady(*words, "--by", "region").out.startswith("region  meters")
    same = steady("replay", "--tariff", str(data / "tariffs.csv"), *words[3:])
    assert same.err.endswith("The proposed tariff is the one in force on all of these days.\n")


def test_what_is_no_replay(metertui: Command, tmp_path: Path) -> None:
    days = ("--from", "2025-02-01", "--to", "2025-02-28")
    assert metertui("replay", *days).code == 2
    assert metertui("replay", "--tariff", "x", *days, "--by", "meter").code == 2
    result = metertui("replay", "--tariff", str(tmp_path / "none.csv"), *days)
    assert (result.code, "there is no such file" in result.err) == (1, True)
