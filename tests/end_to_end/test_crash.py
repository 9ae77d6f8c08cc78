"""Killed in mid-stream, in a day close and in a start, one kill after another: what was answered stays, once."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.crash import play


def test_what_was_answered_outlives_every_kill_once(tmp_path: Path) -> None:
    totals = play(tmp_path / "data", seed=1, rounds=4)
    assert totals.sound, "\n".join([str(totals), *totals.faults[:20]])
    assert totals.rounds == 4
    assert totals.ok > 1000, "hardly anything was stored that a kill could have cost"
    assert totals.refused > 50
