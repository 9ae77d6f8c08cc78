"""The start of the screens: a line that shows at once that the program starts, and how far it is.

The modules of the screens take seconds to load on a busy machine, and an archive may take half a minute. So the line is
drawn before either, by a module that imports nothing of them. The screens clear it when they draw.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import shutil
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from metertui.engine.errors import MeterError

Bar = Callable[[str], AbstractContextManager[Callable[[float], None]]]
"""Makes a bar for work with a label; in the block, its function is called with the share done, 0 to 1."""

_BAR: Final = 24
_LOADED: Final = ("numpy", "pandas", "metertui.engine.core", "metertui.cli.runtime", "textual.app", "metertui.app")
"""The modules that the screens load, in the order of their dependence; each takes a part of the time."""


def screens(options: argparse.Namespace) -> int:
    """Run `metertui`: show the line, load what the screens need, and run them. Raises MeterError without a terminal."""
    if not on_terminal():
        raise MeterError("the screens need a terminal; use `metertui serve` without one")
    end_in_order()
    with _silent_keys(), start_line() as bar:
        _load(bar)
        return _function("screens")(options, bar)


def demo(options: argparse.Namespace) -> int:
    """Run `metertui demo` in the same way; without a terminal, the demonstration as text."""
    if not on_terminal():
        return _function("demo")(options)
    with _silent_keys(), start_line() as bar:
        _load(bar)
        return _function("demo")(options, bar)


def on_terminal() -> bool:
    """Return whether there is a terminal for the screens.

    They read standard input and draw on standard output and error.
    A terminal that calls itself dumb can show lines, but no screens.
    """
    return os.environ.get("TERM") not in ("dumb", "unknown") and all(
        stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)
    )


def end_in_order() -> None:
    """Have SIGTERM and SIGHUP raise SystemExit, so that the terminal is restored, and what there is ends in order.

    The event loop of the screens takes both over; SIGHUP stays ignored where `nohup` has asked for that.
    """
    for name in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) is not signal.SIG_IGN:
            signal.signal(name, lambda number, _: sys.exit(128 + number))


@contextmanager
def start_line() -> Iterator[Bar]:
    """Draw a line on standard error with the bar of the work under way.

    It is drawn only when it changes, as a slow line could not follow a thousand calls. It is cleared if the block is
    left by an exception; else the screens have cleared it, and the terminal may be gone.
    """
    drawn = ""

    def draw(text: str) -> None:
        nonlocal drawn
        if text != drawn:
            drawn = text
            print(f"\r{text[: shutil.get_terminal_size().columns - 1]}\x1b[K", end="", file=sys.stderr, flush=True)

    @contextmanager
    def bar(label: str) -> Iterator[Callable[[float], None]]:
        def show(share: float) -> None:
            done = int(_BAR * share)
            draw(f"metertui {'━' * done}{'─' * (_BAR - done)} {share:4.0%} {label}")

        show(0.0)
        yield show
        show(1.0)

    try:
        yield bar
    except BaseException:
        with contextlib.suppress(OSError):
            draw("")
        raise


@contextmanager
def _silent_keys() -> Iterator[None]:
    """Have the terminal not show what is typed, which would stand in the line; the screens get it."""
    try:
        fileno = sys.stdin.fileno()
        before = termios.tcgetattr(fileno)
        termios.tcsetattr(fileno, termios.TCSANOW, [*before[:3], before[3] & ~termios.ECHO, *before[4:]])
    except (OSError, ValueError, termios.error):
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError, termios.error):
            termios.tcsetattr(fileno, termios.TCSANOW, before)


def _load(bar: Bar) -> None:
    with bar("loading the program") as show:
        for number, name in enumerate(_LOADED, 1):
            importlib.import_module(name)
            show(number / len(_LOADED))


def _function(name: str) -> Callable[..., int]:
    """Return the function of a command from the module of the same name."""
    found: Callable[..., int] = getattr(importlib.import_module(f"metertui.cli.{name}"), name)
    return found
