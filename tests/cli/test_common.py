"""What commands share: tables, the progress bar, files that appear when they are whole."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from metertui.cli import common
from metertui.engine.errors import MeterError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_dumb_terminal_is_none_for_the_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, stream, Terminal())
    for name, screens in (("xterm-256color", True), ("dumb", False)):
        monkeypatch.setenv("TERM", name)
        assert common.on_terminal() is screens


def test_numbers_stand_to_the_right_with_equal_decimals() -> None:
    rows = [{"who": "a", "kwh": 1.25, "n": 5}, {"who": "bcd", "kwh": 100, "n": None}]
    assert common.table(rows, ["who", "kwh", "n"]).splitlines() == [
        "who     kwh  n",
        "a      1.25  5",
        "bcd  100.00  -",
    ]


def test_control_characters_are_shown_not_sent() -> None:
    assert common.visible("a\x1b[31mb\n") == "a\\x1b[31mb\\x0a"


@pytest.mark.parametrize(
    ("wh", "kwh"), [(672_000, 672), (10_500, 10.5), (-1, -0.001), (99_999_999_999, 99_999_999.999)]
)
def test_kwh_are_numbers_with_three_decimals_at_most(wh: int, kwh: float) -> None:
    assert common.kwh(wh) == kwh
    assert len(repr(common.kwh(wh)).partition(".")[2]) <= 3


def test_a_bar_is_drawn_after_a_second_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(common.time, "monotonic", lambda: now[0])
    with common.progress_bar("counting") as share:
        share(0.1)
        assert terminal.getvalue() == ""
        now[0] += 1.5
        share(0.5)
        assert "counting" in terminal.getvalue()
        assert "50%" in terminal.getvalue()
        for thousandth in range(500, 505):
            share(thousandth / 1000)
        assert terminal.getvalue().count("counting") == 1
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_no_bar_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = iter(range(0, 100, 10))
    monkeypatch.setattr(common.time, "monotonic", lambda: float(next(now)))
    with common.progress_bar("counting") as share:
        share(0.5)
    assert capsys.readouterr().err == ""


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with common.replacing(path) as file:
        file.write("new")
        assert not path.exists()
    assert path.read_text() == "new"
    with pytest.raises(MeterError), common.replacing(path) as file:
        raise MeterError("in the middle")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_regular_file_is_written_as_it_is() -> None:
    with common.replacing(Path("/dev/null")) as file:
        file.write("away with it")
    assert Path("/dev/null").is_char_device()
