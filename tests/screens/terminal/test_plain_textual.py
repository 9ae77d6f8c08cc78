"""Textual's own app, for a version that the patches were not tested with: it draws, and ends with its work."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker

from metertui.screens.terminal import plain_textual
from tests.screens.idle import held_up


class Bench(plain_textual.ThriftyApp):
    """An app with one text."""

    def compose(self) -> ComposeResult:
        yield Static("text")


async def test_work_is_cancelled_at_the_exit() -> None:
    app, begun = Bench(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    with held_up():
        async with app.run_test():
            worker: Worker[None] = app.run_worker(work())
            await begun.wait()
            app.exit()
            assert worker.is_cancelled


async def test_the_screen_is_drawn_again_by_the_action(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Screen[object]] = []
    app = Bench()
    async with app.run_test():
        with monkeypatch.context() as patched:
            patched.setattr(type(app.screen), "refresh", lambda screen, **_: drawn.append(screen))
            app.action_draw()
        assert drawn == [app.screen]
