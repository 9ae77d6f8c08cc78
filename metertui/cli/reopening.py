"""The screens of a process, opened again after a failure when someone asks for it.

The server and its meters go on meanwhile. A line says what has happened, and the terminal waits for a key, so that
screens that fail at once do not fail again and again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from metertui.engine.base import visible

if TYPE_CHECKING:
    from metertui.app import MetertuiApp

_logger = logging.getLogger("metertui")

TerminalState = list[Any]
"""What termios.tcgetattr returns."""

_CTRL_C: Final = b"\x03"
_ENTER: Final = (b"\r", b"\n")
_MOST_CHARACTERS: Final = 120
"""The most that is shown of an error; the log has all of it."""
_PLAIN: Final = "".join(
    f"\x1b[{code}" for code in ("?1000;1003;1004;1006;1015;2004l", "<u", "?1049l", "?7h", "?25h", "0m")
)
"""Sequences that end what an app has asked of a terminal, for one that could not do so itself: reports of the mouse, of
pastes and of the focus, extended keys, the other screen, lines that do not wrap, a hidden cursor, colours.
"""


class Screens:
    """Runs apps until the user leaves one, or the process is asked to end."""

    def __init__(self, make_app: Callable[[str], MetertuiApp], going_on: Callable[[], str], trace: Path | None) -> None:
        """`make_app` gets the first message of an app, which is empty for the first app.

        `going_on` returns a clause about what goes on while there are no screens. `trace`: the file of the log, if any.
        """
        self._make_app = make_app
        self._going_on = going_on
        self._trace = trace
        self._app: MetertuiApp | None = None
        self._ended = False
        self._asked = asyncio.Event()
        """Set when the screens that have failed are to be opened again, or the process is to end."""
        self._reset = ""
        """What the terminal needs before anything is written to it, as the last app left it."""

    async def run(self) -> int:
        """Run the screens; return 0 when they have ended as asked, 1 if they had failed before."""
        self._end_on_signals()
        terminal = _terminal_state()
        welcome = ""
        while not self._ended:
            error = await self._run_app(welcome)
            if self._app is not None and self._app.left:
                return 0
            self._app = None
            _restore(terminal)
            why = "" if error is None else f" ({visible(f'{type(error).__name__}: {error}')[:_MOST_CHARACTERS]})"
            await self._wait_for_key(why, terminal)
            welcome = f"The screens had failed{why} and were opened again; {self._place_of_trace()}."
        return 1

    async def _run_app(self, welcome: str) -> Exception | None:
        """Run an app to its end, and return the error that ended it."""
        try:
            self._app = app = self._make_app(welcome)
            await app.run_async()
        except Exception as error:
            _logger.exception("the screens failed")
            self._reset = _PLAIN
            return error
        self._reset = ""
        return app.failure

    async def _wait_for_key(self, why: str, terminal: TerminalState | None) -> None:
        """Say what has happened, and wait for the key that opens the screens again, or for the end."""
        _logger.error("the screens failed%s; %s", why, self._going_on())
        _say(
            f"{self._reset}metertui: the screens failed{why}; {self._going_on()}; {self._place_of_trace()}; "
            "enter opens the screens again, ctrl+c ends the program"
        )
        self._asked.clear()
        if terminal is None:
            await self._asked.wait()
        else:
            with _keys(terminal, self._take_keys):
                await self._asked.wait()

    def _take_keys(self, keys: bytes) -> None:
        """Obey keys; none are the end of the terminal."""
        if not keys or _CTRL_C in keys:
            _logger.info("%s; the program ends", "ctrl+c" if keys else "the terminal is gone")
            self._ended = True
            self._asked.set()
        elif any(key in keys for key in _ENTER):
            self._asked.set()

    def _place_of_trace(self) -> str:
        return "the log could not be written" if self._trace is None else f"the trace is in {self._trace}"

    def _end_on_signals(self) -> None:
        """Have signals end the screens, and log which it was.

        To screens SIGHUP says that their terminal is gone, so it reloads nothing, unlike that of a server without
        screens. `nohup` cannot keep screens, which have nothing to be on then.
        """
        for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, self._end, name)

    def _end(self, name: signal.Signals) -> None:
        why = ": the terminal is gone" if name is signal.SIGHUP else ""
        _logger.info("%s%s; the screens end", name.name, why)
        self._ended = True
        self._asked.set()
        if self._app is not None:
            self._app.exit()


def _say(line: str) -> None:
    """Print a line on standard error, in a thread: a terminal may be stalled, and meters do not wait for it."""

    def write() -> None:
        with contextlib.suppress(OSError):  # the terminal may be what has failed
            print(line, file=sys.stderr, flush=True)

    threading.Thread(target=write, daemon=True).start()


def _keyboard() -> int:
    """Return the file descriptor that keys come from. Raises ValueError without one."""
    if sys.__stdin__ is None:
        raise ValueError("there is no standard input")
    return sys.__stdin__.fileno()


def _terminal_state() -> TerminalState | None:
    """Return how the terminal takes keys; None without one."""
    try:
        return termios.tcgetattr(_keyboard())
    except (OSError, ValueError, termios.error):
        return None


def _restore(state: TerminalState | None) -> None:
    """Have the terminal take keys as it did before the screens."""
    if state is not None:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(_keyboard(), termios.TCSANOW, state)


@contextlib.contextmanager
def _keys(state: TerminalState, take: Callable[[bytes], None]) -> Iterator[None]:
    """Have the event loop call `take` with the keys that come, and with nothing if the terminal is gone.

    Each key comes at once, is not shown, and does not stop or end the process by itself. `state` is restored.
    """
    fileno, loop = _keyboard(), asyncio.get_running_loop()

    def read() -> None:
        try:
            keys = os.read(fileno, 1024)
        except BlockingIOError:
            return
        except OSError:
            keys = b""
        if not keys:
            loop.remove_reader(fileno)
        take(keys)

    single = [*state[:3], state[3] & ~(termios.ECHO | termios.ICANON | termios.ISIG), *state[4:]]
    with contextlib.suppress(OSError, termios.error):
        termios.tcsetattr(fileno, termios.TCSANOW, single)
        termios.tcflush(fileno, termios.TCIFLUSH)  # what was typed for the screens
    loop.add_reader(fileno, read)
    try:
        yield
    finally:
        loop.remove_reader(fileno)
        _restore(state)
