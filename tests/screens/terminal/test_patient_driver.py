"""The way out to a terminal: nobody waits for one that takes nothing in."""

from __future__ import annotations

import os
import threading

from metertui.screens.terminal.patient_driver import Outlet


def test_whoever_writes_does_not_wait_and_hears_when_all_is_written() -> None:
    theirs, ours = os.pipe()
    followed = threading.Event()
    outlet = Outlet(ours, "utf-8", followed.set)
    outlet.start()
    much = "·" * 1_000_000  # a pipe holds 64 kB
    outlet.write(much)
    outlet.write("the end")
    assert outlet.waiting
    assert not followed.is_set()
    told = b""
    while not told.endswith(b"the end"):
        told += os.read(theirs, 1 << 16)
    assert told.decode() == f"{much}the end"
    assert followed.wait(20)
    assert not outlet.waiting
    outlet.stop()
    assert not outlet.is_alive()
    os.close(theirs)
    os.close(ours)


def test_a_terminal_that_is_gone_ends_it_quietly() -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    outlet = Outlet(ours, "latin-1", lambda: None)
    outlet.write("a letter that latin-1 has not: ▁")
    outlet.start()
    outlet.join(20)
    assert not outlet.is_alive()
    assert outlet.waiting
    os.close(ours)
