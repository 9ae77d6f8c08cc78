"""The line that shows at once that the screens start, and what is loaded after it."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from metertui.cli import starting
from metertui.cli.main import run
from metertui.engine.errors import MeterError
from tests.patience import PATIENCE


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    @property
    def drawn(self) -> list[str]:
        """What the line has shown, one after the other."""
        return [text.removesuffix("\x1b[K") for text in self.getvalue().split("\r")[1:]]


def terminal_for(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a terminal that is standard input, output and error; pytest replaces them between fixture and test."""
    made = Terminal()
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, stream, made)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    return made


def test_dumb_terminal_is_not_for_the_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal_for(monkeypatch)
    assert starting.on_terminal()
    monkeypatch.setenv("TERM", "dumb")
    assert not starting.on_terminal()


def test_nothing_heavy_is_loaded_before_the_line_is_drawn() -> None:
    script = """
import sys
from metertui.cli import starting
from metertui.cli.main import parse
parse(["tui"])
print([name for name in ("numpy", "pandas", "pyarrow", "textual", "rich", "asyncio") if name in sys.modules])
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"


def test_the_line_shows_each_step_with_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_for(monkeypatch)
    with starting.start_line() as bar:  # which the screens clear
        with bar("reading the archive") as show:
            show(0.5)
            show(0.501)
        with bar("a label that is longer than the terminal is wide"):
            pass
    half, whole = f"{'━' * 12}{'─' * 12}", "━" * 24
    assert terminal.drawn == [
        f"metertui {'─' * 24}   0% reading the archive",
        f"metertui {half}  50% reading the archive",
        f"metertui {whole} 100% reading the archive",
        f"metertui {'─' * 24}   0% a label that is long",
        f"metertui {whole} 100% a label that is long",
    ]


@pytest.mark.parametrize(("command", "function"), [("tui", "screens"), ("demo", "demo")])
def test_ctrl_c_in_a_start_ends_it_with_a_clear_line(
    monkeypatch: pytest.MonkeyPatch, command: str, function: str
) -> None:
    terminal = terminal_for(monkeypatch)

    def interrupted(_: object, bar: starting.Bar) -> int:
        with bar("reading the archive") as show:
            show(0.25)
            raise KeyboardInterrupt

    loaded: list[str] = []

    def load(name: str) -> object:
        loaded.append(name)
        return type("Module", (), {function: staticmethod(interrupted)})

    monkeypatch.setattr(starting, "importlib", type("Importing", (), {"import_module": staticmethod(load)}))
    assert run([command]) == 130
    assert loaded == [*starting._LOADED, f"metertui.cli.{function}"]
    assert terminal.drawn[0].endswith("  0% loading the program")
    assert terminal.drawn[-2:] == [f"metertui {'━' * 6}{'─' * 18}  25% reading the archive", ""]


def test_without_a_terminal_nothing_is_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[tuple[object, ...]] = []

    def command(name: str) -> Callable[..., int]:
        return lambda *given: ran.append((name, len(given))) or 0

    monkeypatch.setattr(starting, "_function", command)
    assert run(["demo"]) == 0
    assert run(["tui"]) == 1
    assert ran == [("demo", 1)]
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "metertui: the screens need a terminal; use `metertui serve` without one\n")


@pytest.mark.parametrize("end", [0, KeyboardInterrupt, MeterError, signal.SIGTERM, signal.SIGHUP])
def test_what_is_typed_in_a_start_is_not_shown_and_whatever_ends_it_the_terminal_is_as_before(
    monkeypatch: pytest.MonkeyPatch, end: int | type[BaseException]
) -> None:
    keyboard, theirs = pty.openpty()
    before, during = termios.tcgetattr(theirs), []

    def command(options: object, bar: starting.Bar) -> int:
        during.append(termios.tcgetattr(theirs)[3])
        os.write(keyboard, b"\x1bOR\n")  # F3, and what lets a program read the line
        select.select([theirs], [], [], PATIENCE)  # the kernel takes it in a thread of its own
        if isinstance(end, signal.Signals):
            os.kill(os.getpid(), end)
        if isinstance(end, int):
            return end
        raise end

    monkeypatch.setattr(starting, "_load", lambda bar: None)
    monkeypatch.setattr(starting, "_function", lambda name: command)
    monkeypatch.setattr(starting, "on_terminal", lambda: True)
    with os.fdopen(keyboard, closefd=True, mode="rb"), os.fdopen(theirs) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        raised = SystemExit if isinstance(end, signal.Signals) else end
        with nullcontext() if isinstance(raised, int) else pytest.raises(raised):
            starting.screens(argparse.Namespace())
        assert before[3] & termios.ECHO
        assert [flags & termios.ECHO for flags in during] == [0]
        assert during[0] & termios.ISIG, "ctrl+c ends a start"
        assert termios.tcgetattr(theirs) == before
        os.set_blocking(keyboard, False)
        with pytest.raises(BlockingIOError):  # no echo
            os.read(keyboard, 99)


def test_sighup_stays_ignored_under_nohup() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    starting.end_in_order()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_every_module_to_load_is_there() -> None:
    for name in starting._LOADED:
        importlib.import_module(name)
