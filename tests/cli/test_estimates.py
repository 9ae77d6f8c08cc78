"""An estimated register from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command


def test_a_silent_meter_gets_what_is_proposed_or_what_someone_knows(steady: Command, data: Path) -> None:
    asked = steady("estimate", "m-1", "2025-03-12T11:30", "--dry-run", "--format", "json")
    assert asked.code == 0, asked.err
    row = asked.json
    assert (row["reading_kwh"], row["quality"], row["outcome"]) == (1995.5, "estimated", "nothing is stored")
    assert row["basis"].startswith("1994.5 kWh counted at 2025-03-12T10:30:00+08:00 and what was used as a mean, ")
    assert steady("estimate", "m-1", "2025-03-12T10:35", "1994.6").code == 2, "a reason is missing"
    assert steady("estimate", "m-1", "2025-03-12T10:35", "1994.6", "--reason", "told by phone").code == 0
    told = steady("usage", "m-1", "today", "--at", "2025-03-12T10:40", "--format", "json").json
    assert (told["usage_kwh"], told["closing_kwh"], told["closing_quality"]) == (10.6, 1994.6, "last")
    assert (data / "log.txt").read_text() == "m-1,2025-03-12T10:35:00+08:00,1994.6,E\n"
    assert "\testimate\tm-1\t1994.6 kWh at 2025-03-12T10:35:00+08:00: ok: told by phone\n" in (
        (data / "audit.log").read_text()
    )
    again = steady("estimate", "m-1", "2025-03-12T10:35", "1994.7", "--reason", "better known")
    assert (again.code, "1994.7 kWh contradicts" in again.err) == (1, True)
    assert steady("void", "m-1", "2025-03-12T10:35", "--reason", "not so").code == 0
    assert steady("usage", "m-1", "today", "--at", "2025-03-12T10:40", "--format", "json").json["usage_kwh"] == 10.5
    assert steady("check").code == 0
