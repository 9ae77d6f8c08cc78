"""The completeness board: half hours received of those expected, and silent meters."""

from __future__ import annotations

from metertui.engine.worklist.completeness import Share
from metertui.screens.live.completeness_board import percent
from tests.screens.live.helpers import rows, show
from tests.screens.town import HOSTILE, Town, at_work, press, settle, text_of


async def test_the_board_says_who_is_missed(town: Town) -> None:
    async with at_work(town, "f2", "3") as pilot:
        assert rows(pilot, "#regions")[0][:3] == ["all", "8", "7"]
        steady = next(row for row in rows(pilot, "#regions") if row[0] == "North")
        assert steady[1:] == ["4", "3", "25.0%", "63", "25.0%", "144"]
        silences = rows(pilot, "#silences")
        assert ["the meters", "North / Hillside", "2 of 2", "11 Mar 2025 00:00:00", "200-001 +1"] in silences
        assert any(row[1] == "[b]South" and row[4] == HOSTILE for row in silences)
        assert text_of(pilot, "#silences-head") == "Silent meters: no reading for more than an hour"
        assert "up to 1 h 1   1 to 3 h 0" in text_of(pilot, "#board-ages")
        town.read((HOSTILE, "7.1", "2025-03-12T10:30"))
        await show(town, pilot)
        await settle(pilot)
        assert rows(pilot, "#regions")[0][2] == "7"  # asked for at most every five seconds
        town.clock.advance(5)
        await show(town, pilot)
        await settle(pilot)
        assert rows(pilot, "#regions")[0][2] == "6"
        await press(pilot, "p")
        town.read(("200-001", "5000", "2025-03-12T10:30"))
        town.clock.advance(5)
        await show(town, pilot)
        await settle(pilot)
        assert rows(pilot, "#regions")[0][2] == "6"


async def test_an_age_and_its_number_stay_on_one_line(town: Town) -> None:
    async with at_work(town, "f2", "3", size=(80, 24)) as pilot:
        lines = text_of(pilot, "#board-ages").splitlines()
        assert [line.split()[0] for line in lines] == ["10:40:00", "1"]
        assert lines[1].startswith("1 to 7 days 6")
        assert max(map(len, lines)) <= 78


async def test_no_silence_is_said_in_words(empty_town: Town) -> None:
    async with at_work(empty_town, "f2", "3") as pilot:
        assert text_of(pilot, "#silences-head") == "Silent meters: none, as there are no active meters"
        assert pilot.app.screen.query_one("#silences").has_class("hidden")


def test_a_share_is_rounded_and_100_percent_means_all() -> None:
    shares = {(3, 2): "66.7%", (9, 0): "0.0%", (9999, 1): "<0.1%", (10000, 9999): ">99.9%", (48, 48): "100.0%"}
    assert {each: percent(Share(*each)) for each in shares} == shares
    assert percent(Share(0, 0)) == "–"
