"""The demonstration as text: the whole story, on a small town."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from metertui.cli import demo, demo_story
from metertui.engine.core import Engine
from tests.cli.conftest import Command


def test_the_story_runs_without_a_terminal(metertui: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "METERS", 6)
    monkeypatch.setattr(demo_story, "LIVE_SECONDS", 0.3)
    result = metertui("demo")
    assert (result.code, result.err) == (0, "")
    for said in (
        "a simulated town of 6 meters",
        "demo@metertui.example with the password harbour lights",
        "suspect 0, ERR 0",
        "OK duplicate",
        "< OK suspect: 9.9 kWh is lower than the 12.5 kWh counted",
        "< ERR not-registered",
        "yesterday, kWh by hour",
        "The bill of meter 531-259-988",
        "region   apartment_type  usage_kwh  meters  readings",
        "537-116-887  reset",
        "534-364-085  silent",
        "< OK closed",
        "make run",
    ):
        assert said in result.out


def test_a_kept_town_can_be_queried(metertui: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "METERS", 6)
    monkeypatch.setattr(demo_story, "LIVE_SECONDS", 0.3)
    kept = str(tmp_path / "town")
    assert "metertui --data" in metertui("demo", "--keep", kept).out
    assert metertui("--data", kept, "usage", "531-259-988", "last_month", "--format", "json").code == 0
    again = metertui("demo", "--keep", kept)
    assert (again.code, again.err) == (2, f"metertui: {kept} is not empty; name a new folder for --keep\n")
    inside = metertui("demo", "--keep", f"{kept}/archive/again")
    assert (inside.code, inside.out) == (1, "")
    assert "is a data folder, as it holds" in inside.err


@pytest.mark.parametrize(("name", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_story_that_a_signal_ends_leaves_no_folder(
    metertui: Command, monkeypatch: pytest.MonkeyPatch, name: signal.Signals, code: int
) -> None:
    folders: list[Path] = []

    async def tell(engine: Engine, *_: object) -> None:
        folders.append(engine.folder)
        assert engine.folder.is_dir()
        os.kill(os.getpid(), name)
        await asyncio.Event().wait()

    monkeypatch.setattr(demo, "METERS", 6)
    monkeypatch.setattr(demo_story, "tell", tell)
    assert metertui("demo").code == code
    assert [folder.exists() for folder in folders] == [False]
