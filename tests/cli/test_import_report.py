"""What `metertui import` prints."""

from __future__ import annotations

import argparse

import pytest

from metertui.cli.import_report import _file_lines, _powers, _print_first, print_refusals
from metertui.formats.said import Series, Taken

MISFIT = {"source": "june.csv", "line": 3, "code": "syntax", "why": "cut \x1b[2J", "text": ""}


@pytest.mark.parametrize(
    ("refused", "reasons", "last"),
    [
        (1, {"syntax": 1}, "june.csv:3: syntax: cut ␛[2J"),
        (2, {"syntax": 2}, "and 1 more; all refused lines: 2 syntax; see rejects.log"),
        (3, {"syntax": 1, "conflict": 2}, "and 2 more; all refused lines: 2 conflict, 1 syntax; see rejects.log"),
    ],
)
def test_the_first_refused_lines_are_told(
    capsys: pytest.CaptureFixture[str], refused: int, reasons: dict[str, int], last: str
) -> None:
    print_refusals({"misfits": [MISFIT], "refused": refused, "reasons": reasons})
    assert capsys.readouterr().err.splitlines()[-1] == last


def test_what_becomes_of_the_most_power_of_meters_is_told() -> None:
    changes = [
        {"meter": f"m{at}", "from": "2025-03-01", "before": "5" if at else None, "after": "7"} for at in range(12)
    ]
    lines = list(_powers(changes))
    assert lines[:2] == [
        "m0: max_kw 7 from 2025-03-01 on (before: nothing)",
        "m1: max_kw 7 from 2025-03-01 on (before: 5)",
    ]
    assert (len(lines), lines[-1]) == (11, "and of 2 meters more")


def test_figures_of_the_trade_are_taken_for_the_channel_that_they_are_stored_as() -> None:
    series = [
        Series("6123456789 E1", "6123456789", "kWh"),
        Series("6123456789 B1", "6123456789:export", "kWh"),
        Series("6123456789 Q1", why="reactive energy"),
    ]
    file = {"file": "june.csv", **Taken("NEM12", "interval", series).as_json()}
    lines = [" ".join(line.split()) for line in _file_lines(file, {"rows": []})]
    assert lines[3:6] == [
        "6123456789 E1 use 6123456789 kWh",
        "6123456789 B1 export 6123456789:export kWh",
        "6123456789 Q1 left out: reactive energy - -",
    ]


def test_of_many_registers_the_first_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    _print_first(argparse.Namespace(format="table"), [{"meter": f"m{at}"} for at in range(1201)], ["meter"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[200:] == ["m199", "", "and 1,001 more; --format json has all of them"]
