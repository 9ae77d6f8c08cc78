"""Billing: a month's statement, laid out as on paper, and the way through the months."""

from __future__ import annotations

from textual.pilot import Pilot

from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of


def paper(pilot: Pilot[None]) -> dict[str, str]:
    """The statement's lines: the first words of each, and the rest."""
    lines = [line.strip(" │╭╮╰╯─") for line in text_of(pilot, "#statement").splitlines()]
    parts = (line.split("  ", 1) for line in lines if line)
    return {name: " ".join(rest[0].split()) if rest else "" for name, *rest in parts}


async def test_the_last_month_to_begin_with(town: Town) -> None:
    async with at_work(town, "f4", *STEADY, "enter") as pilot:
        shown = paper(pilot)
        assert shown["STATEMENT"] == "2025-02"
        assert shown["opening register"] == "1 744.000 kWh 2025-02-01 00:00:00, actual"
        assert shown["closing register"] == "2 416.000 kWh 2025-03-01 00:00:00, actual"
        assert shown["USAGE"] == "672.000 kWh"
        assert shown["it rests on"] == "1 344 readings"


async def test_one_months_closing_opens_the_next(town: Town) -> None:
    async with at_work(town, "f4", *STEADY, "enter") as pilot:
        closing = paper(pilot)["closing register"]
        await pilot.press("pagedown")
        await settle(pilot)
        shown = paper(pilot)
        assert shown["opening register"] == closing
        assert shown["STATEMENT"] == "2025-03 the month is not over"
        assert shown["closing register"].endswith("2025-03-12 10:30:00, last reading")
        await pilot.press("pagedown")  # no further than now
        assert paper(pilot) == shown


async def test_a_month_before_the_first_reading_has_no_data(town: Town) -> None:
    async with at_work(town, "f4", *STEADY, "enter", "pageup", "pageup", "pageup") as pilot:
        shown = paper(pilot)
        assert shown["STATEMENT"] == "2024-11"
        assert shown["USAGE"] == "no data"
        await pilot.press("pagedown")
        await settle(pilot)
        shown = paper(pilot)  # it ends with the first reading, at midnight
        assert shown["USAGE"] == "0.000 kWh"
        assert shown["opening register"] == "1 000.000 kWh 2025-01-01 00:00:00, first reading"


async def test_a_month_says_on_what_it_rests(town: Town) -> None:
    async with at_work(town, "f4", *HOSTILE, "enter", "pagedown") as pilot:
        shown = paper(pilot)
        assert shown["address"] == "[red]12[/red] [/ Odd Street"
        assert shown["it rests on"] == "3 readings 1 of them not counted: F7 says why"


async def test_an_unknown_meter_and_back(town: Town) -> None:
    async with at_work(town, "f4", *"nobody", "enter") as pilot:
        assert text_of(pilot, "#statement").strip(" │╭╮╰╯─\n") == "! nobody is not a meter of this site"
        await press(pilot, "pageup", *STEADY, "enter")
        await settle(pilot)
        assert paper(pilot)["meter"] == STEADY


async def test_nothing_is_cut_in_80_columns(town: Town) -> None:
    async with at_work(town, "f4", *STEADY, "enter", size=(80, 24)) as pilot:
        assert paper(pilot)["opening register"].endswith("2025-02-01 00:00:00, actual")
        assert {"pageup", "pagedown"} <= set(pilot.app.screen.active_bindings)
        await pilot.press("pagedown")
        await settle(pilot)
        assert paper(pilot)["closing register"].endswith(", last reading")


async def test_nothing_is_known_yet(empty_town: Town) -> None:
    async with at_work(empty_town, "f4") as pilot:
        assert "No meter is known yet" in text_of(pilot, "#statement")
