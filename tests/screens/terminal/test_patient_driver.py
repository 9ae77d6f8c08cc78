"""The way to a terminal and from it: nobody waits for one that takes nothing in, nor reads from one that is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import sys
import threading
import tty
from collections.abc import AsyncIterator
from typing import cast
from unittest.mock import MagicMock

import pytest
from textual.app import App
from textual.events import Key
from textual.message import Message

from metertui.screens.terminal.patient_driver import PatientDriver, TerminalWriter
from tests.patience import PATIENCE, until


def test_whoever_writes_does_not_wait_and_hears_when_all_is_written() -> None:
    theirs, ours = os.pipe()
    followed = threading.Event()
    writer = TerminalWriter(ours, "utf-8", followed.set, lambda: None)
    writer.start()
    much = "·" * 1_000_000  # a pipe holds 64 kB
    writer.write(much)
    writer.write("the end")
    assert writer.waiting
    assert not followed.is_set()
    told = b""
    while not told.endswith(b"the end"):
        told += os.read(theirs, 1 << 16)
    assert told.decode() == f"{much}the end"
    assert followed.wait(PATIENCE)
    assert not writer.waiting
    writer.stop()
    assert not writer.is_alive()
    os.close(theirs)
    os.close(ours)


def test_a_terminal_that_is_gone_ends_it_with_a_word() -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    gone = threading.Event()
    writer = TerminalWriter(ours, "latin-1", lambda: None, gone.set)
    writer.write("a letter that latin-1 has not: ▁")
    writer.start()
    writer.join(PATIENCE)
    assert not writer.is_alive()
    assert gone.is_set()
    assert writer.waiting
    os.close(ours)


class Screen:
    """What the driver tells its app."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def lose_terminal(self) -> None:
        self.told.append("the terminal is gone")

    def fail(self, error: Exception) -> None:
        self.told.append(error)

    async def _post_message(self, message: Message) -> None:
        self.told.append(message.character if isinstance(message, Key) else message)


@pytest.fixture
async def terminal(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[int, PatientDriver, Screen]]:
    """The other end of a terminal, a driver that reads its keys, and what that tells its app."""
    end, theirs = pty.openpty()
    tty.setraw(theirs)
    screen = Screen()
    with os.fdopen(theirs) as stdin:
        monkeypatch.setattr(sys, "__stdin__", stdin)
        yield end, PatientDriver(cast("App[None]", screen)), screen
    with contextlib.suppress(OSError):
        os.close(end)


async def read_keys(driver: PatientDriver) -> None:
    """Let the driver read in a thread, which ends by itself."""
    async with asyncio.timeout(PATIENCE):
        await asyncio.to_thread(driver._run_input_thread)


async def test_the_reader_ends_with_its_terminal_and_says_so(terminal: tuple[int, PatientDriver, Screen]) -> None:
    end, driver, screen = terminal
    os.write(end, "aé".encode()[:2])  # the half of a character is no end of input
    reading = asyncio.create_task(read_keys(driver))
    await until(lambda: screen.told)
    os.write(end, "é".encode()[1:])
    await until(lambda: len(screen.told) == 2)
    os.close(end)
    await reading
    await until(lambda: len(screen.told) == 3)
    assert screen.told == ["a", "é", "the terminal is gone"]


async def test_a_reader_that_fails_ends_the_screens(
    terminal: tuple[int, PatientDriver, Screen], monkeypatch: pytest.MonkeyPatch
) -> None:
    end, driver, screen = terminal
    wrong = ValueError("no such key")
    monkeypatch.setattr(driver, "process_message", MagicMock(side_effect=wrong))
    os.write(end, b"a")
    await read_keys(driver)
    await until(lambda: screen.told)
    assert screen.told == [wrong]
