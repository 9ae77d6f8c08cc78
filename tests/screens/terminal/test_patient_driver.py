"""The way out to a terminal: nobody waits for one that takes nothing in."""

from __future__ import annotations

import os
import threading

from metertui.screens.terminal.patient_driver import TerminalWriter
from tests.patience import PATIENCE


def test_whoever_writes_does_not_wait_and_hears_when_all_is_written() -> None:
    theirs, ours = os.pipe()
    followed = threading.Event()
    writer = TerminalWriter(ours, "utf-8", followed.set)
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


def test_a_terminal_that_is_gone_ends_it_quietly() -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    writer = TerminalWriter(ours, "latin-1", lambda: None)
    writer.write("a letter that latin-1 has not: ▁")
    writer.start()
    writer.join(PATIENCE)
    assert not writer.is_alive()
    assert writer.waiting
    os.close(ours)
