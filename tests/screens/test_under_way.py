"""Pictures of work under way and of what goes wrong, screen by screen; `--snapshot-update` after a change meant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from metertui.engine.errors import StorageError
from metertui.screens.government import asking
from metertui.screens.lookup import lookup
from metertui.screens.shell import work_under_way
from tests.screens.billing.test_billing import HEADER, TARIFFS
from tests.screens.idle import hold_up, until
from tests.screens.test_snapshots import Compare, doing, every_size
from tests.screens.town import HOSTILE, STEADY, Town, press, settle

SHARE = 0.25
"""The bars end with a cell there. Textual rounds any other share in another way before a bar has its size."""


@pytest.fixture(autouse=True)
def painted_in_pauses() -> None:
    """Let the app paint by itself: what is under way is shown by timers of its own."""


@pytest.fixture(autouse=True)
def bars_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar is shown from the beginning."""
    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    monkeypatch.setattr(work_under_way, "_INTERVAL_SECONDS", 0.01)


async def endless(*told: Any, **_also: Any) -> NoReturn:
    """Work that says how far it is and gets no further."""
    tell = next(each for each in reversed(told) if callable(each))
    tell(SHARE)
    await asyncio.Event().wait()
    raise AssertionError("nobody ends it")


def at_its_work(
    town: Town, monkeypatch: pytest.MonkeyPatch, *keys: str, role: str = "operator", seen: str = f"{SHARE:.0%}"
) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Press keys whose last begins what does not end, and wait until the screen shows how far it is."""

    async def act(pilot: Pilot[Any]) -> None:
        await doing(town, *keys[:-1], role=role)(pilot)
        hold_up(monkeypatch)
        await pilot.press(keys[-1])
        await until(pilot, lambda: seen in shown(pilot))

    return act


def shown(pilot: Pilot[Any]) -> str:
    """All that the screen in view shows."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


@every_size
def test_a_clerk_waits_for_a_file(
    snap_compare: Compare, town: Town, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(lookup, "export_readings", endless)
    keys = ["f3", STEADY, "enter", "r", "ctrl+e"]
    assert snap_compare(town.app, terminal_size=size, run_before=at_its_work(town, monkeypatch, *keys, "enter"))


@every_size
def test_an_operator_waits_for_a_billing_run(
    snap_compare: Compare, town: Town, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir("/")  # the window shows the folder
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    monkeypatch.setattr(town.headend.billing, "compute_run", endless)

    async def act(pilot: Pilot[Any]) -> None:
        await doing(town, "f4", STEADY, "enter", "b", role="operator")(pilot)
        pilot.app.screen.query_one("#run-calculate").focus()
        hold_up(monkeypatch)
        await press(pilot, "enter")
        await until(pilot, lambda: f"{SHARE:.0%}" in shown(pilot))
        await settle(pilot)  # the bar follows its figure

    assert snap_compare(town.app, terminal_size=size, run_before=act)


@every_size
def test_an_operator_waits_for_a_file_to_be_read(
    snap_compare: Compare, town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(town.headend.imports, "plan", endless)
    keys = ["f6", *["ctrl+right"] * 3, "yesterday.csv", "enter"]
    (tmp_path / "yesterday.csv").write_text("")
    monkeypatch.chdir(tmp_path)
    assert snap_compare(town.app, terminal_size=size, run_before=at_its_work(town, monkeypatch, *keys))


def test_a_list_of_exceptions_is_worked_out(snap_compare: Compare, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: object) -> NoReturn:
        await endless(print)

    monkeypatch.setattr(town.headend.worklist, "exceptions", never)
    doing_it = at_its_work(town, monkeypatch, "f7", seen="Loading …")
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing_it)


@every_size
def test_an_analyst_waits_for_an_answer(
    snap_compare: Compare, town: Town, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(asking, "_PATIENCE", 0.01)
    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    monkeypatch.setattr(work_under_way, "_INTERVAL_SECONDS", 0.01)

    async def act(pilot: Pilot[Any]) -> None:
        await doing(town, "f5", role="government")(pilot)
        monkeypatch.setattr(town.headend, "ask", endless)
        hold_up(monkeypatch)
        await pilot.press("m")
        await until(pilot, lambda: f"{SHARE:.0%}" in shown(pilot))

    assert snap_compare(town.app, terminal_size=size, run_before=act)


# -- what goes wrong ------------------------------------------------------------------------------------------------


def test_a_month_without_a_price(snap_compare: Compare, town: Town) -> None:
    (town.folder / "tariffs.csv").write_text(f"{HEADER}2025-03-05,,,,,20,9\n")
    keys = ["f4", STEADY, "enter"]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys))


def test_a_question_that_cannot_be_asked(snap_compare: Compare, town: Town) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await doing(town, "f5", "f", role="government")(pilot)
        pilot.app.screen.query_one("#time", Input).value = "18:00-25:00"
        pilot.app.screen.query_one("#time", Input).focus()
        await press(pilot, "enter")
        await settle(pilot)

    assert snap_compare(town.app, terminal_size=(80, 24), run_before=act)


def test_a_decision_that_the_disk_refuses(snap_compare: Compare, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> NoReturn:
        raise StorageError("cannot write events.csv: no space left on device")

    monkeypatch.setattr(town.headend.corrections, "apply", full)
    town.read((HOSTILE, "8", "2025-03-12T01:00"), (STEADY, "1", "2025-03-12T10:36:00"))
    keys = ["f7", "space", "v", "misread", "enter"]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys, role="operator"))


def test_an_account_that_is_there_already(snap_compare: Compare, town: Town) -> None:
    keys = ["f6", "ctrl+right", STEADY]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys, role="operator"))


TROUBLES: dict[str, dict[str, Any]] = {
    "disk": {"storage_error": "No space left on device"},
    "port": {"port_error": "cannot listen on 127.0.0.1:7007: the port is in use by another program"},
    "read-only": {"following": "read-only: process 4711 owns this folder; make changes there, or by command"},
}


@pytest.mark.parametrize("name", TROUBLES)
def test_what_stands_in_the_way(snap_compare: Compare, town: Town, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    wrong = replace(town.headend.live(), **TROUBLES[name])
    monkeypatch.setattr(town.headend, "live", lambda: wrong)
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f3", STEADY, "enter"))


def test_a_session_that_has_ended(snap_compare: Compare, town: Town) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await doing(town, "f6", role="operator")(pilot)
        town.clock.advance(3600)
        town.app.tick()
        await settle(pilot)

    assert snap_compare(town.app, terminal_size=(80, 24), run_before=act)


def test_every_action_by_its_name(snap_compare: Compare, town: Town) -> None:
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f7", "ctrl+p"))
