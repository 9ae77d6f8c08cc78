"""A town to look at, with its history or without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual._context import active_app
from textual.pilot import Pilot
from textual.widgets import Button, Input

from tests.screens.idle import handled, idle, pause, put_off
from tests.screens.town import HOSTILE, STEADY, Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The town with its history."""
    made = Town(tmp_path, filled=True)
    yield made
    made.engine.close()


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what the screens write, beside the data folder."""
    return tmp_path_factory.mktemp("outside")


@pytest.fixture
def troubled(town: Town) -> Town:
    """One bad read of the steady meter, a register that fell for good, a line that was refused; an operator."""
    town.read((STEADY, "7", "2025-03-12T10:35:00"), (HOSTILE, "8", "2025-03-12T01:00"))
    batch = town.engine.ingest.begin()
    batch.add_refused_line("127.0.0.1:50123", "syntax", "READ takes two or three words", "READ [red]1[/] \x1b[31m")
    town.engine.ingest.write_notes(batch, stored=True)
    town.engine.ingest.apply(batch)
    town.log_in("operator")
    return town


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
    monkeypatch.setattr(Pilot, "_wait_for_screen", handled)


@pytest.fixture(autouse=True)
def painted_in_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an app paint when a test pauses and would look, and not in between as well."""
    monkeypatch.setattr(Compositor, "render_update", put_off)
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 1e6)


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
