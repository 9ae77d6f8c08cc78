"""The line that shows at once that the screens start, and what is loaded after it."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from collections.abc import Callable

import pytest

from metertui.cli import starting
from metertui.cli.main import run


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


def test_every_module_to_load_is_there() -> None:
    for name in starting._LOADED:
        importlib.import_module(name)
