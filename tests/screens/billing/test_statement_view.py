"""A month's statement in its place, and the way through the months."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.progress import no_progress
from metertui.engine.billing.bill_ledger import BillBook
from metertui.engine.billing.billing_run import BillingRun
from metertui.engine.core.decision_check import Decision
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.explain.explain_window import ExplainScreen
from metertui.screens.tables.listing import Listing
from tests.screens.billing.helpers import paper, words_of
from tests.screens.billing.test_billing import HEADER, TARIFFS
from tests.screens.idle import until
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of


async def test_the_last_month_to_begin_with(town: Town) -> None:
    async with at_work(town, "f4", *STEADY, "enter") as pilot:
        shown = paper(pilot)
        assert shown["STATEMENT"] == "1 Feb 2025 – 28 Feb 2025"
        assert shown["opening register"] == "1 744.000 kWh 1 Feb 2025 00:00, actual"
        assert shown["closing register"] == "2 416.000 kWh 1 Mar 2025 00:00, actual"
        assert shown["USAGE"] == "672.000 kWh"
        words = "Based on 1 344 readings: the register was read at the start and at the end."
        assert words in words_of(pilot)


async def test_one_months_closing_opens_the_next(town: Town) -> None:
    async with at_work(town, "f4", *STEADY, "enter") as pilot:
        closing = paper(pilot)["closing register"]
        await pilot.press("pagedown")
        await settle(pilot)
        shown = paper(pilot)
        assert shown["opening register"] == closing
        assert shown["STATEMENT"] == "1 Mar 2025 – 31 Mar 2025 the month is not over"
        assert shown["closing register"].endswith("12 Mar 2025 10:30, last reading")
        await pilot.press("pagedown")  # no further than now
        assert paper(pilot) == shown


async def test_a_month_before_the_first_reading_has_no_data(town: Town) -> None:
    async with at_work(town, "f4", *STEADY, "enter", "pageup", "pageup", "pageup") as pilot:
        shown = paper(pilot)
        assert shown["STATEMENT"] == "1 Nov 2024 – 30 Nov 2024"
        assert shown["USAGE"] == "no data"
        assert "Data from 1 Jan 2025 00:00 to 12 Mar 2025 10:30; press g to go there." in words_of(pilot)
        await pilot.press("g")
        await settle(pilot)
        assert paper(pilot)["STATEMENT"].startswith("1 Mar 2025 – 31 Mar 2025")
        for _ in range(4):
            await pilot.press("pageup")
        await settle(pilot)
        await pilot.press("pagedown")
        await settle(pilot)
        assert paper(pilot)["USAGE"] == "no data"  # it ends with the first reading, which opens the next month
        await pilot.press("pagedown")
        await settle(pilot)
        shown = paper(pilot)
        assert shown["STATEMENT"] == "1 Jan 2025 – 31 Jan 2025"
        assert shown["opening register"] == "1 000.000 kWh 1 Jan 2025 00:00, actual"


async def test_a_month_says_on_what_it_rests(town: Town) -> None:
    async with at_work(town, "f4", *HOSTILE, "enter", "pagedown") as pilot:
        shown = paper(pilot)
        assert shown["address"] == "[red]12[/red] [/ Odd Street"
        assert (
            "Based on 3 readings: the register is known from its first reading on, 10 Mar 2025 00:00 and"
            in words_of(pilot)
        )
        assert words_of(pilot).endswith("1 of them is not counted (F7 says why).")


async def test_an_unknown_meter_and_back(town: Town) -> None:
    async with at_work(town, "f4", *"nobody", "enter") as pilot:
        assert words_of(pilot).startswith("! nobody is not registered")
        assert "Press / to find another meter by part of its id" in words_of(pilot)
        await press(pilot, "slash", *STEADY, "enter")
        await settle(pilot)
        assert paper(pilot)["meter"] == STEADY
        assert pilot.app.screen.query_one("#past").region.area
        await press(pilot, "slash", *"nobody", "enter")
        await settle(pilot)
        assert not pilot.app.screen.query_one("#past").region.area  # it is of the meter before


async def test_nothing_is_cut_in_80_columns(town: Town) -> None:
    async with at_work(town, "f4", *STEADY, "enter", size=(80, 24)) as pilot:
        assert paper(pilot)["opening register"].endswith("1 Feb 2025 00:00, actual")
        assert {"pageup", "pagedown"} <= set(pilot.app.screen.active_bindings)
        assert "…" not in text_of(pilot, "#keys")
        await pilot.press("pagedown")
        await settle(pilot)
        assert paper(pilot)["closing register"].endswith(", last reading")


async def test_a_bill_in_money_line_by_line(town: Town) -> None:
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    async with at_work(town, "f4", *STEADY, "enter") as pilot:
        shown = text_of(pilot, "#statement")
        assert " 1 Feb – 14 Feb            336.000   20.0      8   67.20" in shown
        assert "15 Feb – 28 Feb  off-peak  112.000   19.8      9   22.18" in shown
        assert paper(pilot)["TOTAL"] == "172.94"
        past = pilot.app.screen.query_one("#past", Listing)
        assert past.selected_cells == ("2025-02", "672.000", "172.94", "")
        await pilot.press("m", "up", "enter")
        await settle(pilot)
        assert paper(pilot)["STATEMENT"] == "1 Mar 2025 – 31 Mar 2025 the month is not over"
        assert "1, 2) no reading after 12 Mar 2025 10:30" in text_of(pilot, "#statement")
        await pilot.press("e")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ExplainScreen)


async def test_an_issued_bill_stays_and_says_what_differs(town: Town) -> None:
    tariffs = town.folder / "tariffs.csv"
    tariffs.write_text(TARIFFS)
    frozen = town.engine.view().frozen()
    town.engine.bills = BillBook(town.folder, town.zone)
    BillingRun(frozen, "2025-02", town.engine.terms(), town.engine.bills, no_progress).issue(town.clock.now())
    tariffs.write_text(HEADER + "2024-01-01,,,,,30,9\n")
    async with at_work(town, "f4", *STEADY, "enter") as pilot:
        shown = paper(pilot)
        assert shown["STATEMENT"] == "1 Feb 2025 – 28 Feb 2025 issued 12 Mar 2025 10:40"
        assert shown["TOTAL"] == "172.94"
        words = " ".join(text_of(pilot, "#statement").split())
        assert "corrections, tariffs or rules: ±0.000 kWh, +46.80 SGD with tax" in words.replace(" │ │ ", " ")
        past = pilot.app.screen.query_one("#past", Listing)
        assert past.selected_cells == ("2025-02", "672.000", "172.94", "differs")


async def test_the_statement_follows_what_is_changed_elsewhere(town: Town) -> None:
    """A correction, its undoing, a billing run and a tariff, none of them from this screen."""
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    at = town.zone.parse("2025-03-01T00:00:00")
    async with at_work(town, "f4", *STEADY, "enter") as pilot:

        async def follow() -> dict[str, str]:
            town.clock.advance(3)
            town.app.tick()
            await settle(pilot)
            return paper(pilot)

        await town.headend.corrections.apply([Decision("correct", STEADY, at, "seen", wh=2_416_250)], "ada")
        assert (await follow())["USAGE"] == "672.250 kWh"
        await town.headend.corrections.apply([Decision("uncorrect", STEADY, at, "no")], "ada")
        assert (await follow())["USAGE"] == "672.000 kWh"
        run = await town.headend.billing.compute_run("2025-02", no_progress)
        await town.headend.billing.issue(run, "ada")
        assert (await follow())["STATEMENT"] == "1 Feb 2025 – 28 Feb 2025 issued 12 Mar 2025 10:40:06"
        past = pilot.app.screen.query_one("#past", Listing)
        assert past.selected_cells == ("2025-02", "672.000", "172.94", "issued")
        (town.folder / "tariffs.csv").write_text(HEADER + "2024-01-01,,,,,30,9\n")
        await follow()
        assert "Not billed yet" in text_of(pilot, "#statement")
        await press(pilot, "m", "down")
        assert past.selected_key == "2025-01"
        town.read((STEADY, "2691", "2025-03-12T10:40"))
        await follow()
        assert past.selected_key == "2025-01"  # nothing moves under the cursor


async def test_a_bill_out_of_a_file_that_was_edited_says_so_and_what_to_do(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    frozen = town.engine.view().frozen()
    monkeypatch.chdir(town.folder)
    book = town.engine.bills = BillBook(Path(), town.zone)  # the path that is shown is then the same anywhere
    BillingRun(frozen, "2025-02", town.engine.terms(), book, no_progress).issue(town.clock.now())
    path, manifest = book.path_of_month("2025-02"), book.manifest.path
    path.write_bytes(path.read_bytes().replace(b"\n200-006,bill", b"\n200-009,bill"))
    async with at_work(town, "f4", *STEADY, "enter") as pilot:
        assert paper(pilot)["TOTAL"] == "172.94"
        words = " ".join(text_of(pilot, "#statement").replace("│", " ").split())
        assert "! bills/2025_02.csv: another program has changed this file of issued bills." in words
        assert "Restore it from a backup; or, to accept it as it is, remove its line from bills/manifest" in words
        manifest.write_text("".join(line for line in manifest.open() if not line.startswith(path.name)))
        await pilot.press("pageup", "pagedown")
        await settle(pilot)
        assert paper(pilot)["TOTAL"] == "172.94"
        words = " ".join(text_of(pilot, "#statement").replace("│", " ").split())
        assert "another program has changed" not in words


async def test_a_month_without_a_tariff_names_its_first_day(town: Town) -> None:
    (town.folder / "tariffs.csv").write_text(HEADER + "2025-02-10,,,,,30,9\n")
    async with at_work(town, "f4", *STEADY, "enter") as pilot:
        assert "! no tariff is in force on 2025-02-01" in text_of(pilot, "#statement")
        assert pilot.app.screen.query_one("#past", Listing).selected_cells == ("2025-02", "–", "–", "no price")


async def test_a_large_terminal_has_a_chart_of_the_months_too(town: Town) -> None:
    async with at_work(town, "f4", *"200-003", "enter", size=(200, 60)) as pilot:
        chart, past = (
            pilot.app.screen.query_one("#past-chart", PictureView),
            pilot.app.screen.query_one("#past", Listing),
        )
        assert chart.picture is not None
        assert chart.picture.labels[::12] == ("Feb 2024", "Feb 2025")
        assert chart.picture.running[-1]
        assert chart.picture.names[-1] == "March 2025"
        assert chart.picture.series[0].values[-2:] == (285.36, 87.0)
        assert pilot.app.screen.query_one("#paper").region.right <= past.region.x
        assert past.region.bottom <= chart.region.y
        assert chart.region.height >= 20
        assert past.row_count == 14
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: not chart.region.area)
        assert past.region.area
        assert past.region.right <= 120


async def test_months_take_the_papers_place_in_80_columns(town: Town) -> None:
    async with at_work(town, "f4", *STEADY, "enter", size=(80, 24)) as pilot:
        past = pilot.app.screen.query_one("#past", Listing)
        assert not past.display or not past.region.area
        await pilot.press("m")
        await settle(pilot)
        assert past.has_focus
        assert past.region.area
        await pilot.press("escape")
        await settle(pilot)
        assert not past.region.area
