"""Quitting asks first where it would stop something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metertui.screens.shell.quit_window import QuitScreen, effects_of_quitting
from metertui.screens.shell.work_under_way import Work
from tests.screens.idle import until
from tests.screens.town import Town, at_work, settle


def test_what_will_stop_is_named(town: Town) -> None:
    idle = town.headend.live()
    assert effects_of_quitting(idle, []) == []
    busy = replace(idle, server_known=True, connections=12, progress=0.42)
    writing = Work("Writing bills.csv")
    writing.report_progress(0.5)
    storing = Work("Storing march.csv")
    storing.kept = "Readings stored so far remain."
    assert effects_of_quitting(busy, [writing, storing]) == [
        "12 clients are connected. Quitting closes their connections and the port.",
        "A day close is under way (42%). Quitting waits until it is complete.",
        "Writing bills.csv (50%) will be cancelled.",
        "Storing march.csv (0%) will be cancelled. Readings stored so far remain.",
    ]
    assert effects_of_quitting(replace(busy, server_known=False, progress=None), []) == []  # another process has them
    assert effects_of_quitting(replace(idle, server_known=True, connections=1), [])[0].startswith("1 client is")


@pytest.mark.parametrize("first", ["f10", "ctrl+q"])
@pytest.mark.parametrize("second", ["f10", "ctrl+q", "y"])
async def test_a_second_key_confirms(town: Town, monkeypatch: pytest.MonkeyPatch, first: str, second: str) -> None:
    busy = replace(town.headend.live(), server_known=True, connections=2)
    monkeypatch.setattr(town.headend, "live", lambda: busy)
    async with at_work(town) as pilot:
        await pilot.press(first)
        await settle(pilot)
        assert isinstance(town.app.screen, QuitScreen)
        assert town.app.is_running
        await pilot.press(second)
        await until(pilot, lambda: not town.app.is_running)
        assert town.app.left


@pytest.mark.parametrize("key", ["escape", "n"])
async def test_escape_stays(town: Town, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    busy = replace(town.headend.live(), server_known=True, connections=2)
    monkeypatch.setattr(town.headend, "live", lambda: busy)
    async with at_work(town) as pilot:
        await pilot.press("f10")
        await settle(pilot)
        await pilot.press(key)
        await settle(pilot)
        assert not isinstance(town.app.screen, QuitScreen)
        assert town.app.is_running


async def test_work_of_another_screen_is_asked_about(town: Town) -> None:
    async with at_work(town) as pilot:
        work = town.app.works.begin("Writing bills.csv", "billing")
        await pilot.press("f10")
        await settle(pilot)
        assert isinstance(town.app.screen, QuitScreen)
        await pilot.press("escape")
        town.app.works.end(work)
        assert work.cancelled
        await pilot.press("f10")
        await until(pilot, lambda: not town.app.is_running)
