"""Billing: its purposes, and a statement copied and written as on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from metertui.engine.base.progress import no_progress
from metertui.engine.billing.bill_ledger import BillBook
from metertui.engine.billing.tariffs import TariffFile
from metertui.screens.billing import billing
from metertui.screens.billing.billing_run import BillingRunScreen
from metertui.screens.billing.statement_view import StatementView
from metertui.screens.billing.tariff_editor import TariffScreen
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.shell.exporting import export_text
from tests.screens.billing.helpers import paper
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of

HEADER = "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n"
TARIFFS = HEADER + "2024-01-01,,,,,20,8\n2025-02-15,,peak,07:00,23:00,31.2,9\n2025-02-15,,off-peak,23:00,07:00,19.8,9\n"


async def test_billing_opens_on_its_purposes_and_comes_back_to_them(town: Town) -> None:
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    town.engine.tariffs, town.engine.bills = TariffFile(town.folder), BillBook(town.folder, town.zone)
    async with at_work(town, "f4") as pilot:
        screen = pilot.app.screen
        assert screen.focused is screen.query_one("#purpose-find")
        assert screen.query_one("#purpose-run").border_title == "Billing run of February 2025"
        run = await town.headend.billing.compute_run("2025-02", no_progress)
        told = " ".join(text_of(pilot, "#purpose-run").split())
        assert "bills 7 1 meter has no data" in told
        assert "issued 0 7 still to issue" in told
        assert "in doubt 0 no readings are missing or not counted" in told
        assert f"comes to {run.totals()['total']} SGD tax included, for 2 653.120 kWh" in told
        assert "as of 12 Mar 2025 10:40" in told
        assert "● all homes  from 15 Feb 2025" in text_of(pilot, "#purpose-tariffs")
        assert "▲ There is no price" not in text_of(pilot, "#purpose-tariffs")
        keys = text_of(pilot, "#keys")
        assert all(each in keys for each in ("⏎ Open", "/ Find", "b Run", "t Tariffs"))
        assert not any(each in keys for each in ("m Months", "e Explain"))
        await press(pilot, "down", "down", "enter")
        assert isinstance(pilot.app.screen, TariffScreen)
        await press(pilot, "escape", "up", "enter")
        assert isinstance(pilot.app.screen, BillingRunScreen)
        await press(pilot, "escape")
        for way in ("found", "typed", "pasted"):  # an id that is typed or pasted begins a search by itself
            if way == "typed":
                for key in (*STEADY, "enter"):  # as they come together over a slow line
                    pilot.app.post_message(events.Key("minus" if key == "-" else key, key if len(key) == 1 else None))
            else:
                await press(pilot, *(["slash"] if way == "found" else []))
                await press(pilot, *STEADY, "enter")
            await settle(pilot)
            assert pilot.app.screen.query_one("#meter-text", Input).value == STEADY
            assert paper(pilot)["meter"] == STEADY
            assert not screen.query_one("#purposes").display
            assert all(each in text_of(pilot, "#keys") for each in ("m Months", "e Explain", "^e Export"))
            await press(pilot, "slash", "escape", "escape")
            assert screen.query_one("#purposes").display
        town.read((STEADY, "2691", "2025-03-12T10:40"))
        town.app.tick()
        await settle(pilot)
        assert text_of(pilot, "#purpose-run").endswith("1 reading received since")
        await town.headend.billing.issue(run, "ada")
        town.clock.advance(3)
        town.app.tick()
        await settle(pilot)
        assert "7  all of them" in text_of(pilot, "#purpose-run")
        await press(pilot, "f3", *STEADY, "enter", "b")
        await settle(pilot)
        assert (paper(pilot)["meter"], pilot.app.screen.query_one(StatementView).month) == (STEADY, "2025-03")
        await press(pilot, "escape")
        assert pilot.app.screen is not screen  # back to where it was brought from


async def test_a_statement_is_copied_and_written_as_on_paper(
    town: Town, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    out = outside / "bill.txt"
    async with at_work(town, "f4", *STEADY, "enter", "Y") as pilot:
        copied = pilot.app.clipboard
        assert copied.startswith("STATEMENT")
        assert f"meter             {STEADY}\n" in copied
        assert text_of(pilot, "#said") == f"Copied the statement of {STEADY} for February 2025 as text."
        await press(pilot, "ctrl+e")
        name = pilot.app.screen.query_one("#line-text", Input)
        assert name.value == f"bill-{STEADY}-2025-02.html"
        for path, said in ((outside / "there" / "x.txt", "there is no folder"), (out, "is written to")):
            name.value = str(path)
            await press(pilot, "enter")
            await settle(pilot)
            assert said in " ".join(text_of(pilot, "#said").split())
        written = out.read_text()
        head, _, statement = written.partition("\n\n")
        title, source = head.split("\n")
        assert title == f"Statement of {STEADY} for February 2025"
        assert source.startswith("timezone Asia/Singapore · asked at 2025-03-12T10:40:00+08:00 · made by metertui ")
        copied = copied.partition("\nkWh a day\n")[0].rstrip()
        assert statement.startswith(copied)
        ends = (
            ("bill.html", "is written to"),
            ("bill.svg", "is written to"),
            ("bill.pdf", "must end in .html, .svg"),
        )
        for file, found in ends:
            await press(pilot, "ctrl+e")
            name.value = str(outside / file)
            await press(pilot, "enter")
            await settle(pilot)
            assert found in " ".join(text_of(pilot, "#said").split())
        assert (outside / "bill.html").read_text().startswith("<!DOCTYPE html>")
        picture = (outside / "bill.svg").read_text()
        for told in (f"Statement of {STEADY} for February 2025", ">STATEMENT", ">kWh a day<", ">kWh a month<"):
            assert told in picture
        assert "\nkWh a month\n" in written
        await press(pilot, "escape")
        assert "█" in statement.removeprefix(copied)
        daily = pilot.app.screen.query_one("#daily-use", PictureView)
        assert daily.picture is not None
        assert daily.picture.series[0].values == (24.0,) * 28
        await press(pilot, "pagedown")
        await settle(pilot)
        assert daily.picture.labels[-1] == "31 Mar"
        assert daily.picture.running.index(True) == 11
        await press(pilot, "slash", *"nobody", "enter")
        await settle(pilot)
        await press(pilot, "Y")
        assert text_of(pilot, "#said") == "! There is no statement to copy."
        await press(pilot, "slash", *STEADY, "enter")
        await settle(pilot)
        view = pilot.app.screen.query_one(StatementView)

        async def write_slowly(path: Path, text: str) -> None:
            view.show_meter("200-001")
            await export_text(path, text)

        monkeypatch.setattr(billing, "export_text", write_slowly)
        await press(pilot, "ctrl+e")
        name.value = str(outside / "again.txt")
        await press(pilot, "enter")
        await settle(pilot)
    last = (town.folder / "audit.log").read_text().splitlines()[-1]
    assert f"statement of {STEADY}" in last, "and not of the meter that came into view meanwhile"


async def test_a_desk_without_meters_says_how_they_come_in(empty_town: Town) -> None:
    async with at_work(empty_town, "f4") as pilot:
        assert "There is no meter yet" in text_of(pilot, "#purpose-find")
        assert text_of(pilot, "#purpose-run").startswith("No meter has data in this month.")
        assert text_of(pilot, "#purpose-tariffs").startswith("There is no tariff yet")
