"""SIGHUP: what a running server takes from its settings, and what it names as needing a restart."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from metertui import settings
from metertui.cli.reload import Reload
from metertui.engine.base.zone import HOUR
from metertui.headend.service import HeadEnd
from metertui.server import Listener
from metertui.settings import Settings


@pytest.fixture
def listener(desk: HeadEnd) -> Listener:
    return Listener(desk, Settings(port=0))


def write(folder: Path, text: str) -> None:
    (folder / "settings.toml").write_text(text)


async def test_a_reload_applies_what_changes_no_figure_and_names_the_rest(
    desk: HeadEnd, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    folder = desk.engine.folder
    reload = Reload(desk, listener, settings.load(folder, env={}), lambda: settings.load(folder, env={}))
    fit = desk.engine.rules.fit
    write(folder, "max_kw = 7\nport = 7100\nidle_seconds = 60\nsilent_hours = 3\nday_close_at_midnight = false\n")
    reload()
    assert "changed: silent_hours, day_close_at_midnight, idle_seconds" in caplog.text
    assert "with a restart only: port, max_kw" in caplog.text
    assert listener.settings.idle_seconds == 60
    assert (desk.engine.rules.silent_us, desk.engine.rules.fit) == (3 * HOUR, fit)
    assert desk.day_close.at_midnight is False
    caplog.clear()
    reload()
    assert "changed: none" in caplog.text
    assert "with a restart only: port, max_kw" in caplog.text  # they still differ


async def test_the_zone_that_a_first_start_stores_is_no_change(
    desk: HeadEnd, listener: Listener, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Singapore")
    folder = desk.engine.folder
    (folder / "settings.toml").unlink(missing_ok=True)
    reload = Reload(desk, listener, settings.load(folder, env={}), lambda: settings.load(folder, env={}))
    settings.store_zone(folder, "Asia/Singapore")
    reload()
    assert "with a restart only" not in caplog.text
    write(folder, 'timezone = "Europe/Paris"\n')
    reload()
    assert "with a restart only: timezone" in caplog.text


async def test_a_file_that_cannot_be_read_changes_nothing(
    desk: HeadEnd, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    folder = desk.engine.folder
    reload = Reload(desk, listener, settings.load(folder, env={}), lambda: settings.load(folder, env={}))
    write(folder, "idle_seconds = nonsense\n")
    reload()
    assert "SIGHUP: the settings stay as they are:" in caplog.text
    assert listener.settings == Settings(port=0)


def test_no_setting_that_figures_rest_on_changes_without_a_restart() -> None:
    live = {each.name for each in fields(Settings) if each.metadata["live"]}
    figures = {"timezone", "max_kw", "currency", "gap_hours", "small_group_meters", "small_group_share", "durability"}
    assert not live & (figures | {"host", "port"})
    assert {"idle_seconds", "max_connections", "require_auth"} <= live
