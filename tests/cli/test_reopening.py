"""Screens that fail are opened again by a key, and end with their terminal."""

from __future__ import annotations

import asyncio
import logging
import os
import pty
import re
import signal
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from metertui.app import MetertuiApp
from metertui.cli.reopening import Screens
from tests.patience import PATIENCE, until

TRACE = Path("/srv/meters/metertui.log")


class Keyboard:
    """A terminal that is standard input."""

    def __init__(self) -> None:
        self.end, self._theirs = pty.openpty()
        self.stdin = os.fdopen(self._theirs)

    def press(self, keys: str) -> None:
        os.write(self.end, keys.encode())

    def takes_single_keys(self) -> bool:
        """Return whether each key comes at once."""
        return not termios.tcgetattr(self._theirs)[3] & termios.ICANON

    def unplug(self) -> None:
        os.close(self.end)
        self.end = -1

    def close(self) -> None:
        if self.end >= 0:
            os.close(self.end)
        self.stdin.close()


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    made = Keyboard()
    monkeypatch.setattr(sys, "__stdin__", made.stdin)
    yield made
    made.close()


class App:
    """An app that ends as it is told to: `left`, or by an error of its own or one that it raises."""

    def __init__(self, end: Exception | str) -> None:
        self._end = end
        self.left = False
        self.failure: Exception | None = None
        self.running = asyncio.Event()
        self._over = asyncio.Event()

    async def run_async(self) -> None:
        self.running.set()
        if isinstance(self._end, OSError):
            raise self._end
        if isinstance(self._end, Exception):
            self.failure = self._end
        elif self._end == "leaves":
            self.left = True
        else:
            await self._over.wait()

    def exit(self) -> None:
        self.left = True
        self._over.set()


def screens(*ends: Exception | str) -> tuple[Screens, list[str], list[App]]:
    """Return the screens of apps that end so, their first messages, and the apps made so far."""
    messages: list[str] = []
    apps: list[App] = []

    def make_app(message: str) -> MetertuiApp:
        messages.append(message)
        apps.append(App(ends[len(apps)]))
        return cast("MetertuiApp", apps[-1])

    return Screens(make_app, lambda: "meters are still served on 127.0.0.1:7007", TRACE), messages, apps


async def failed(keyboard: Keyboard, apps: list[Any], number: int) -> None:
    """Wait until so many apps have failed and a key is waited for."""
    await until(lambda: len(apps) == number and keyboard.takes_single_keys())


async def test_enter_opens_the_screens_again_each_time_and_one_line_says_why(
    keyboard: Keyboard, capsys: pytest.CaptureFixture[str]
) -> None:
    made, messages, apps = screens(ValueError("no \x1b[2Jsuch row"), OSError(5, "Input/output error"), "leaves")
    running = asyncio.create_task(made.run())
    await failed(keyboard, apps, 1)
    keyboard.press("qy \x1b[21~\x1a")  # what was meant for the screens, and no end of the server
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(apps) == 1
    keyboard.press("\r")
    await failed(keyboard, apps, 2)
    keyboard.press("\r")
    assert await running == 0
    assert not keyboard.takes_single_keys()
    lines = re.sub(r"\x1b\[[?<\d;]*[a-z]", "", capsys.readouterr().err).splitlines()
    assert lines == [
        f"metertui: the screens failed ({why}); meters are still served on 127.0.0.1:7007; "
        f"the trace is in {TRACE}; enter opens the screens again, ctrl+c ends the program"
        for why in ("ValueError: no ␛[2Jsuch row", "OSError: [Errno 5] Input/output error")
    ]
    assert messages[0] == ""
    assert messages[1] == (
        f"The screens had failed (ValueError: no ␛[2Jsuch row) and were opened again; the trace is in {TRACE}."
    )


async def test_ctrl_c_ends_a_program_whose_screens_have_failed(keyboard: Keyboard) -> None:
    made, _, apps = screens(ValueError("x"))
    running = asyncio.create_task(made.run())
    await failed(keyboard, apps, 1)
    keyboard.press("\x03")
    assert await asyncio.wait_for(running, PATIENCE) == 1


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_terminal_that_is_gone_ends_a_program_whose_screens_have_failed(keyboard: Keyboard, when: str) -> None:
    made, _, apps = screens(ValueError("x"))
    if when == "before":
        make_app = made._make_app
        made._make_app = lambda message: (keyboard.unplug(), make_app(message))[1]
    running = asyncio.create_task(made.run())
    if when == "after":
        await failed(keyboard, apps, 1)
        keyboard.unplug()
    assert await asyncio.wait_for(running, PATIENCE) == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [(signal.SIGTERM, "SIGTERM; the screens end"), (signal.SIGHUP, "SIGHUP: the terminal is gone; the screens end")],
)
async def test_a_signal_ends_the_screens_and_the_log_names_it(
    caplog: pytest.LogCaptureFixture, name: signal.Signals, told: str
) -> None:
    caplog.set_level(logging.INFO)
    made, _, apps = screens("runs on")
    running = asyncio.create_task(made.run())
    await until(lambda: apps and apps[0].running.is_set())
    os.kill(os.getpid(), name)
    assert await asyncio.wait_for(running, PATIENCE) == 0
    assert caplog.messages == [told]
