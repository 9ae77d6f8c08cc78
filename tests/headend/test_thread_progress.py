"""The progress of work in a thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from metertui.engine.errors import MeterError
from metertui.headend.thread_progress import ThreadProgress


async def test_it_is_told_on_the_event_loop_and_ends_work_that_is_given_up() -> None:
    told: list[tuple[str, float, threading.Thread]] = []

    def note(what: str, done: float) -> None:
        told.append((what, done, threading.current_thread()))

    progress = ThreadProgress(lambda share: note("share", share), lambda rows: note("rows", rows))

    def work() -> None:
        for rows in range(8):
            progress.share(rows / 14)
            progress.rows(rows)

    await asyncio.to_thread(work)
    here = threading.current_thread()
    assert told[-2:] == [("rows", 7, here), ("share", 0.5, here)], "the newest"
    told.clear()
    progress.rows(8)
    await asyncio.sleep(0)
    assert told == [("rows", 8, here)]
    progress.give_up()
    assert progress.given_up
    for tell in (progress.share, progress.rows):
        with pytest.raises(MeterError, match="cancelled"):
            tell(1)
