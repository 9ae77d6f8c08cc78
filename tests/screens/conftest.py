"""A town to look at, with its history or without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual._context import active_app
from textual.pilot import Pilot
from textual.widgets import Button, Input

from tests.screens.idle import idle, pause
from tests.screens.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The town with its history."""
    made = Town(tmp_path, filled=True)
    yield made
    made.engine.close()


@pytest.fixture
def empty_town(tmp_path: Path) -> Iterator[Town]:
    """A folder in which nothing is stored yet."""
    made = Town(tmp_path, filled=False)
    yield made
    made.engine.close()


@pytest.fixture(autouse=True)
def idle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pilot wait for the app instead of the processor, which other programs keep busy too."""

    async def after_a_key(_least: float = 0) -> None:
        await idle(active_app.get())

    monkeypatch.setattr("textual.app.wait_for_idle", after_a_key)
    monkeypatch.setattr(Pilot, "pause", pause)


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing move by itself: a test calls `MetertuiApp.tick`. Memory is the same on every machine."""
    monkeypatch.setattr("metertui.app._TICK_SECONDS", 1e6)
    monkeypatch.setattr("metertui.headend.metrics.resident_bytes", lambda: 123_400_000)
    monkeypatch.setattr(Input, "cursor_blink", False)


@pytest.fixture(autouse=True)
def buttons_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A button glows for 0.2 s after a press and takes no other meanwhile, which a test would have to wait for."""
    monkeypatch.setattr(Button, "_start_active_affect", lambda _button: None)
