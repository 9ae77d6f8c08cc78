"""The list of exceptions: its rows, conditions and pages, by keys alone."""

from __future__ import annotations

from textual.widgets import Input

from metertui.screens.company.meter_field import MeterField
from metertui.screens.exceptions.exceptions import ExceptionsScreen
from metertui.screens.tables.listing import Listing
from tests.screens.billing.test_billing import TARIFFS
from tests.screens.exceptions.helpers import go, listed
from tests.screens.town import STEADY, Town, at_work, press, text_of


async def test_what_to_look_at_is_listed_by_weight_and_in_full(troubled: Town) -> None:
    (troubled.folder / "tariffs.csv").write_text(TARIFFS)
    async with at_work(troubled, "f7", size=(80, 24)) as pilot:
        assert [cause for _, cause in listed(pilot)] == ["reset", "suspect", "refused"]
        await go(pilot, "down")
        assert text_of(pilot, "#facets").startswith("c  ▲ suspect 1  ▼ reset 1  ✗ refused 1")
        assert " ".join(text_of(pilot, "#case").split()) == (
            f"{STEADY} · 12 Mar 2025 10:35 · 7.000 kWh "
            "at stake 0.000 kWh, 0.00 SGD with tax suspect, does not fit; the next "
            "reading decides: 7.000 kWh is lower than the 2 690.500 kWh counted at 12 Mar 2025 10:30 "
            "North · 1 Steady Lane"
        )
        offers = [line.split() for line in text_of(pilot, "#case-offers").splitlines()]
        assert offers[1][:4] == ["v", "Void", "±0.000", "±0.00"]
        assert offers[-1][-2:] == ["figures", "stay"]
        assert pilot.app.screen.query_one("#case-chart").has_class("hidden")
        await go(pilot, "end")
        assert text_of(pilot, "#case").splitlines()[-1] == "sent: READ [red]1[/] \\x1b[31m"


async def test_the_list_is_read_again_by_a_key(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        troubled.read((STEADY, "5", "2025-03-12T10:36:00"))  # within the seconds in which nothing is asked
        await go(pilot, "ctrl+r")
        assert [cause for _, cause in listed(pilot)][:3] == ["suspect", "reset", "rejected"]


async def test_equal_cases_are_one_row_which_opens_into_pages_and_closes_again(town: Town) -> None:
    town.read((STEADY, "99999", "2025-03-12T10:30:01"))
    town.read(*((STEADY, f"{400 - 2 * n}", f"2025-03-12T10:3{n // 60}:{n % 60:02}") for n in range(119, 1, -1)))
    async with at_work(town, "f7") as pilot:
        assert text_of(pilot, "#conditions").startswith("1 Cases 120 ")
        assert "  · 3 rows" in text_of(pilot, "#conditions")
        assert listed(pilot)[0] == (STEADY, "118 × rejected")
        assert "the heaviest of 118 cases from 12 Mar 2025 10:30:01 to" in " ".join(text_of(pilot, "#case").split())
        await go(pilot, "space")
        assert "118 selected" in text_of(pilot, "#conditions")
        await go(pilot, "escape", "home", "enter")
        assert "page 1 of 2 [ ]" in text_of(pilot, "#conditions")
        assert len(listed(pilot)) == 100
        await go(pilot, "right_square_bracket", "ctrl+a")
        assert "118 selected" in text_of(pilot, "#conditions"), "all of the row, not of the page"
        await go(pilot, "left_square_bracket")
        assert all(meter.startswith("●") for meter, _ in listed(pilot))
        await go(pilot, "space")
        assert "117 selected" in text_of(pilot, "#conditions")
        await go(pilot, "ctrl+a", "ctrl+a")
        assert "selected" not in text_of(pilot, "#conditions")
        await go(pilot, "e")
        assert "Why" in text_of(pilot, "#explain-title")
        about = " ".join(text_of(pilot, "#explain-text").split())
        assert about.startswith("Rejected, at stake 0.000 kWh: "), about
        await go(pilot, "escape", "escape", "home", "e")
        about = " ".join(text_of(pilot, "#explain-text").split())
        assert about.startswith("The heaviest of 118 cases, rejected, at stake "), about
        await go(pilot, "escape")
        assert text_of(pilot, "#conditions").startswith("1 Cases 120 ")
        assert "  · 3 rows" in text_of(pilot, "#conditions")
        assert text_of(pilot, "#case").startswith(STEADY)


async def test_silent_meters_are_a_list_by_region(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await press(pilot, "2", "space", "1", "space", "2")  # faster than the lists come
        await go(pilot, "2")
        regions = pilot.app.screen.query_one("#silent", Listing)
        assert [cells[1:3] for _, cells in regions._rows] == [("… South", "3"), ("… North", "3")]
        await go(pilot, "down", "enter")
        assert {meter for meter, _ in listed(pilot)} == {"200-001", "200-002", "200-003"}
        assert "esc ‹ … 3 × silent, North" in text_of(pilot, "#conditions")
        assert pilot.app.screen.query_one("#cases", Listing).cursor_row == 0
        first = listed(pilot)[0][0]
        await go(pilot, "i")
        assert pilot.app.screen.query_one(MeterField).query_one(Input).value == first
        await go(pilot, "f7", "escape")
        assert regions.selected_cells[1] == "… North"
        await go(pilot, "a", "A storm", "enter")
        assert text_of(pilot, "#said") == "3 cases are accepted; press u to undo."
        assert [cells[1] for _, cells in regions._rows] == ["… South"]
        await go(pilot, "1")
        assert len(listed(pilot)) == 3


async def test_nothing_to_do_is_said(empty_town: Town) -> None:
    async with at_work(empty_town, "f7") as pilot:
        said = "Nothing waits for a decision: there are no active meters yet"
        assert text_of(pilot, "#no-cases") == said
        await go(pilot, "space", "enter", "e", "right_square_bracket")
        assert isinstance(pilot.app.screen, ExceptionsScreen)
        await go(pilot, "e")
        assert text_of(pilot, "#said") == "! There is no case to explain."
