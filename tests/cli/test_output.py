"""What commands print: tables and the progress bar."""

from __future__ import annotations

import argparse
import io
import json
import sys

import pytest

from metertui.cli import output
from metertui.engine.errors import MeterError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_table_aligns_numbers_right_with_equal_decimals() -> None:
    rows = [{"who": "a", "kwh": 1.25, "n": 5}, {"who": "bcd", "kwh": 100, "n": None}]
    assert output.format_table(rows, ["who", "kwh", "n"]).splitlines() == [
        "who     kwh  n",
        "a      1.25  5",
        "bcd  100.00  -",
    ]


def test_control_characters_are_shown_not_sent(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_row({"address": "a\x1b[31mb\n"}, ["address"])
    assert capsys.readouterr().out == "address  a␛[31mb␊\n"


def test_nothing_that_is_printed_is_a_command_to_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "a\x1b[2J\x9b2J\u202eb"
    for form in ("table", "csv", "json"):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        output.print_rows(argparse.Namespace(format=form), [{"region": hostile}], ["region"])
        said = capsys.readouterr().out
        assert not set(said) & set("\x1b\x9b\u202e"), form
        if form == "json":
            assert json.loads(said) == [{"region": hostile}]
    output.print_error(MeterError(f"users.csv:2: {hostile}\nsecond"))
    output.print_warnings([hostile])
    assert capsys.readouterr().err.splitlines() == [
        "metertui: users.csv:2: a␛[2J\\u009b2J\\u202eb␊second",
        "metertui: a␛[2J\\u009b2J\\u202eb",
    ]


def test_progress_bar_is_drawn_after_a_second_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with output.progress_bar("counting") as share:
        share(0.1)
        assert terminal.getvalue() == ""
        now[0] += 1.5
        share(0.5)
        assert "counting" in terminal.getvalue()
        assert "50%" in terminal.getvalue()
        for thousandth in range(500, 505):
            share(thousandth / 1000)
        assert terminal.getvalue().count("counting") == 1
        share.tell_rows(1_250_000)
        assert " 50%  1,250,000 rows" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_progress_bar_is_not_drawn_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter(range(0, 100, 10))
    monkeypatch.setattr("time.monotonic", lambda: float(next(now)))
    with output.progress_bar("counting") as share:
        share(0.5)
    assert capsys.readouterr().err == ""
