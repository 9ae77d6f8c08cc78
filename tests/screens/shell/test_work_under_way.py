"""Work of a screen: it reports its share, and stops at its next report once it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from metertui.screens.shell import work_under_way
from metertui.screens.shell.work_under_way import Cancelled, Work, Works, show_progress
from tests.screens.idle import drained


class Timer:
    """A timer that is run by hand."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


class Screen:
    """A line for messages."""

    place = "lookup"

    def __init__(self) -> None:
        self.works = Works()
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def clear_message(self) -> None:
        self.said.append("")

    def set_interval(self, interval: float, callback: Callable[[], None]) -> Any:
        assert interval > 0
        self.timer = Timer(callback)
        return self.timer


def test_progress_is_a_bar_and_a_share() -> None:
    work = Work("Writing")
    work.report_progress(0.25)
    assert work.status_line() == f"Writing {'━' * 6}{'─' * 18}  25% · escape cancels"


def test_cancelled_work_stops_at_its_next_report() -> None:
    work = Work("Writing")
    work.cancel()
    assert work.status_line() == "Writing: cancelling …"
    with pytest.raises(Cancelled):
        work.report_progress(0.5)
    assert work.share == 0


def test_progress_is_shown_after_a_while_and_cleared_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    with show_progress(screen, "Writing") as work:
        assert screen.works.all_under_way() == [work]
        assert work.place == "lookup"
        screen.timer.callback()
        assert screen.said == []
        monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
        screen.timer.callback()
        assert screen.said == [work.status_line()]
    assert screen.said[1:] == [""]
    assert screen.timer.stopped
    assert work.cancelled


def test_an_error_cancels_the_work_and_is_raised() -> None:
    screen = Screen()
    with pytest.raises(ValueError, match="no"), show_progress(screen, "Writing") as work:
        raise ValueError("no")
    assert work.cancelled
    assert screen.works.all_under_way() == []
    assert screen.said == []


def test_other_screens_show_work_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    works = Works()
    first, second = works.begin("Writing", "lookup"), works.begin("Asking", "government")
    assert works.of_other_screens("live") == []
    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    assert works.of_other_screens("live") == [first, second]
    assert works.of_other_screens("lookup") == [second]
    works.end(first)
    assert works.of_other_screens("live") == [second]
    second.cancel()
    works.end(second)
    assert works.take_ended() == [first]  # whoever cancelled the other knows
    assert works.take_ended() == []


def test_work_without_a_thread_is_stopped_once_and_some_cannot_be() -> None:
    works, stopped = Works(), list[str]()
    work = works.begin("Storing", "company", lambda: stopped.append("stopped"))
    work.cancel()
    work.cancel()
    works.end(work)
    assert stopped == ["stopped"]
    issue = works.begin("Issuing", "billing", can_cancel=False)
    issue.cancel()
    assert not issue.cancelled
    assert issue.status_line() == f"Issuing {'─' * 24}   0%"


@pytest.mark.parametrize("fails", [False, True])
async def test_work_that_outlasts_its_screen_goes_on_and_is_shown_on_every_screen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fails: bool
) -> None:
    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    works, go_on, done = Works(), asyncio.Event(), list[str]()
    work = works.begin("Storing", "company")

    async def store() -> None:
        await go_on.wait()
        if fails:
            raise OSError("no space")
        done.append("stored")

    async def screen() -> None:
        try:
            await works.outlast(work, store())
        finally:
            works.end(work)

    worker = asyncio.create_task(screen())
    await drained()
    assert works.of_other_screens("company") == []
    worker.cancel()  # as where the screens fail
    await drained()
    assert worker.cancelled()
    assert works.of_other_screens("company") == works.all_under_way() == [work]
    assert work.can_cancel
    assert not work.cancelled
    go_on.set()
    await drained()
    assert done == ([] if fails else ["stored"])
    assert works.take_ended() == [work]
    assert works.all_under_way() == []
    assert ("no space" in caplog.text) == fails


async def test_the_end_cancels_what_can_be_cancelled_and_waits_for_the_rest() -> None:
    works, go_on, done = Works(), asyncio.Event(), list[str]()
    waiting: list[asyncio.Task[None]] = []

    async def part(name: str) -> None:
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            done.append(f"{name} cancelled")
            raise
        done.append(name)

    for name, can_cancel in (("import", True), ("issue", False)):
        work = works.begin(name, "company", can_cancel=can_cancel)
        waiting.append(asyncio.create_task(works.outlast(work, part(name))))
    await drained()
    stopping = asyncio.create_task(works.stop())
    await drained()
    assert done == ["import cancelled"]
    assert not stopping.done()
    go_on.set()
    await stopping
    assert done == ["import cancelled", "issue"]
    await asyncio.gather(*waiting, return_exceptions=True)
