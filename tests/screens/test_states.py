"""Pictures of what nobody hopes for: empty, unknown, without data; `--snapshot-update` after a change meant."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.screens.billing.test_billing import HEADER
from tests.screens.test_snapshots import Compare, doing, every_size
from tests.screens.town import HOSTILE, STEADY, Town, press, settle


@pytest.mark.parametrize(("key", "role"), [("f3", ""), ("f4", ""), ("f5", "government"), ("f6", "operator")])
def test_a_desk_without_meters(snap_compare: Compare, empty_town: Town, key: str, role: str) -> None:
    assert snap_compare(empty_town.app, terminal_size=(80, 24), run_before=doing(empty_town, key, role=role))


@every_size
def test_the_login_shows_the_first_operator_how_to_come_in(
    snap_compare: Compare, town: Town, size: tuple[int, int]
) -> None:
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f6"))


def test_a_meter_that_nobody_knows(snap_compare: Compare, town: Town) -> None:
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f3", "999", "enter"))


def test_a_meter_with_doubts_and_an_address_of_markup(snap_compare: Compare, town: Town) -> None:
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f3", HOSTILE, "enter"))


def test_a_month_without_data(snap_compare: Compare, town: Town) -> None:
    keys = ["f4", STEADY, "enter", "pageup", "pageup", "pageup"]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys))


@every_size
def test_a_year_in_the_light(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    town.app.action_toggle_theme()
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f5", role="government"))


def test_a_reading_that_cannot_be(snap_compare: Compare, town: Town) -> None:
    keys = ["f6", "ctrl+right", "ctrl+right", STEADY, "enter", "-", "3", "enter"]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys, role="operator"))


DAYLIGHT = {
    "statement": ["f4", STEADY, "enter"],
    "accounts": ["f6"],
    "explained": ["f3", STEADY, "enter", "e"],
    "decide": ["f7", "down", "enter"],
    "questions": ["f5", "o"],
    "pick": ["f5", "f", "enter"],
}


@pytest.mark.parametrize("name", DAYLIGHT)
def test_windows_and_screens_in_daylight(snap_compare: Compare, town: Town, name: str) -> None:
    town.read((STEADY, "1", "2025-03-12T10:36:00"))
    town.app.action_toggle_theme()
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *DAYLIGHT[name], role="operator"))


def test_a_desk_without_exceptions(snap_compare: Compare, empty_town: Town) -> None:
    assert snap_compare(empty_town.app, terminal_size=(80, 24), run_before=doing(empty_town, "f7"))


def test_an_analyst_compares_two_tariffs(snap_compare: Compare, town: Town) -> None:
    (town.folder / "tariffs.csv").write_text(f"{HEADER}2024-01-01,,,,,20,9\n")
    plan = town.folder / "plan.csv"
    plan.write_text(f"{HEADER}2024-01-01,,,,,22,9\n2024-01-01,2-room,,,,18,9\n")

    async def act(pilot: Pilot[Any]) -> None:
        await doing(town, "f5", "t", role="operator")(pilot)
        await press(pilot, *str(plan), "enter")
        await settle(pilot)

    assert snap_compare(town.app, terminal_size=(80, 24), run_before=act)


def test_a_newcomer_begins(snap_compare: Compare, empty_town: Town) -> None:
    async def act(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        empty_town.app.tick()  # what is told four times a second stands behind it
        await settle(pilot)
        empty_town.app.action_walk()
        await settle(pilot)

    assert snap_compare(empty_town.app, terminal_size=(80, 24), run_before=act)
