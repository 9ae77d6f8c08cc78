"""The billing run in its window: reckoned, written, issued, ended."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import ProgressBar

from metertui.engine.base.progress import no_progress
from metertui.engine.base.zone import DAY
from metertui.engine.billing.bill_ledger import BillBook
from metertui.screens.billing.billing_run import summary_lines
from metertui.screens.fields.field import Field
from tests.engine.billing.test_adjustments import FORMER, NOW, ZONE, run
from tests.engine.billing.test_adjustments import town as leaping_town
from tests.engine.book_changes import add_member
from tests.engine.build import frozen
from tests.patience import PATIENCE
from tests.screens.billing.test_billing import TARIFFS
from tests.screens.company.helpers import leave, reason_below
from tests.screens.idle import held_up, until
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of


def said(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#run-said").split())


async def press_button(pilot: Pilot[None], name: str) -> None:
    pilot.app.screen.query_one(f"#run-{name}").focus()
    await pilot.press("enter")
    await settle(pilot)


async def test_a_run_is_calculated_written_and_issued(town: Town) -> None:
    town.log_in("operator")
    town.engine.bills = BillBook(town.folder, town.zone)
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    out = town.folder.parent / "bills.csv"
    async with at_work(town, "f4", *STEADY, "enter", "b") as pilot:
        await press_button(pilot, "calculate")
        assert said(pilot).startswith(
            "February 2025: 7 bills and 1 meter without data, 0 already issued; 0 adjustments to issue. "
            "Total: 2 653.120 kWh"
        )
        assert not pilot.app.screen.query_one(ProgressBar).display
        assert text_of(pilot, "#run-folder") == f"in {Path.cwd()}"
        assert [each.id for each in pilot.app.screen.query("Button.-primary")] == ["run-write"]
        assert pilot.app.screen.query_one("#run-calculate").has_focus, "a second enter writes no file"
        pilot.app.screen.query_one("#run-file", Field).value = str(out)
        await press_button(pilot, "write")
        assert text_of(pilot, "#run-folder")[:60] == f"in {out.parent}"[:60]
        assert said(pilot).startswith(f"Written to {out}"[:60])
        assert len(list(csv.DictReader(out.read_text().splitlines()))) == 8
        await press_button(pilot, "issue")
        question = (
            "Issue 7 bills of February 2025? They cannot be withdrawn; what changes later is an adjustment in the next "
            "run. y or Issue again issues them · escape issues nothing"
        )
        assert said(pilot).startswith(question), "it is never what is cut"
        await press(pilot, "escape", "y")
        assert said(pilot) == "No bill was issued."
        await press_button(pilot, "issue")
        assert not town.engine.bills.issued_months()
        await press(pilot, "y")
        await settle(pilot)
        assert said(pilot) == "Issued: 7 bills of February 2025."
        await press_button(pilot, "issue")
        assert said(pilot).endswith("There is nothing to issue.")
        pilot.app.screen.query_one("#run-month", Field).value = "2025-03"
        await press_button(pilot, "issue")
        assert said(pilot).endswith("! March 2025 is not over: no bill can be issued.")
        pilot.app.screen.query_one("#run-month", Field).value = "March"
        await press_button(pilot, "calculate")
        assert said(pilot) == "! 'March' is not a month; enter one such as 2025-02"
    assert "\tissue\t2025-02\t7 bills, 0 adjustments" in (town.folder / "audit.log").read_text()


async def test_a_run_that_has_become_old_says_so(town: Town) -> None:
    town.log_in("operator")
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    town.engine.bills = BillBook(town.folder, town.zone)
    async with at_work(town, "f4", *STEADY, "enter", "b") as pilot:
        await press_button(pilot, "calculate")
        run = await town.headend.billing.compute_run("2025-02", no_progress)
        await town.headend.billing.issue(run, "ben")
        await until(pilot, lambda: said(pilot).startswith("Decisions, tariffs or issued bills have changed since."))
        await press_button(pilot, "issue")
        assert "7 already issued" in said(pilot)


async def test_the_name_of_the_file_follows_the_month_and_nothing_is_replaced_by_one_press(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("out")
    monkeypatch.chdir(folder)
    town.log_in("operator")
    town.engine.bills = BillBook(town.folder, town.zone)
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    written = folder / "bills-2025-01.csv"
    async with at_work(town, "f4", *STEADY, "enter", "b") as pilot:
        month, file = (pilot.app.screen.query_one(name, Field) for name in ("#run-month", "#run-file"))
        for name, value, why in (
            ("run-month", "March", "! 'March' is not a month"),
            ("run-file", "there/x.csv", "! there is no folder "),
            ("run-file", "bills-2025-02.csv", ""),
            ("run-month", "2025-02", ""),
        ):
            assert (await leave(pilot, name, value)).startswith(why)
            assert bool(reason_below(pilot, name)) == bool(why)
        assert file.value == "bills-2025-02.csv"
        month.value = "2025-0"
        await settle(pilot)
        assert file.value == "bills-2025-02.csv"
        month.value = "2025-01"
        await settle(pilot)
        assert file.value == written.name
        written.write_text("mine")
        await press_button(pilot, "write")
        assert "exists already. Replace it?" in said(pilot)
        await pilot.press("tab")
        file.value = "bills-2025-01.csv "
        await settle(pilot)
        await press_button(pilot, "write")
        assert written.read_text() == "mine"
        await press_button(pilot, "write")
        assert said(pilot).startswith("Written to")
        assert written.read_text().startswith("meter,")
        month.value = "2025-02"
        await settle(pilot)
        assert file.value == "bills-2025-01.csv "  # the person's own
        await press_button(pilot, "issue")
        month.value = "2025-01"
        await press_button(pilot, "issue")
        assert said(pilot).startswith("Issue 7 bills of January 2025?")
        assert not town.engine.bills.issued_months()


async def test_only_an_operator_bills(town: Town) -> None:
    add_member(town.engine.staff, "ada@metertui.example", "operator", "secret horse")
    async with at_work(town, "f4", *STEADY, "enter", "b") as pilot:
        await press_button(pilot, "issue")
        assert text_of(pilot, "#login-text").startswith("A billing run is for staff with the role operator.")
        await pilot.press("escape")
        await settle(pilot)
        assert said(pilot).startswith("Calculate shows")
        await press_button(pilot, "calculate")
        await press(pilot, *"ada@metertui.example", "enter", *"secret horse", "enter")
        await settle(pilot)
        assert said(pilot).startswith("February 2025: 7 bills")


async def test_a_run_is_ended_by_escape(town: Town) -> None:
    town.log_in("operator")
    begun, gone_on = threading.Event(), threading.Event()

    async def reckon(month: str, progress: Callable[[float], None]) -> None:
        def work(_: object) -> None:
            begun.set()
            assert gone_on.wait(PATIENCE)
            progress(0.5)

        await town.headend.ask(work)

    town.headend.billing.compute_run = reckon  # type: ignore[method-assign, assignment]
    async with at_work(town, "f4", *STEADY, "enter", "b") as pilot:
        pilot.app.screen.query_one("#run-calculate").focus()
        with held_up():
            await pilot.press("enter")
            await until(pilot, begun.is_set)
            assert pilot.app.screen.query_one(ProgressBar).display
            await pilot.press("escape")
        gone_on.set()
        await settle(pilot)
        assert said(pilot) == "Cancelled; nothing was written."


def test_the_window_says_what_waits_for_accepted_rules_and_which_command_bills_it(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    run(leaping_town(FORMER), "2025-02", book).issue(NOW)
    book.rules_path.unlink()
    shown = run(leaping_town(), "2025-02", book)
    head, _, *_, waiting = summary_lines(shown)
    assert head == "February 2025: 4 bills, 4 already issued; 0 adjustments to issue."
    assert waiting.startswith("! the rules of this version alone change issued bills of 3 meters")
    assert "`metertui bill --all --month 2025-02 --issue --accept-rules`" in waiting
    assert shown.issue(NOW) == 0


def test_the_window_says_how_many_bills_are_in_doubt_before_any_is_issued(tmp_path: Path) -> None:
    reads = {"a": [(ZONE.parse("2025-02-01T00:00") + day * DAY, day * 1000) for day in range(29)]}
    reads["b"] = reads["a"][:20]
    lines = summary_lines(run(frozen(reads, ZONE), "2025-02", BillBook(tmp_path, ZONE)))
    assert lines[2:] == ("▲ 1 bill is in doubt: readings are missing or not counted.",)
    del reads["b"]
    assert len(summary_lines(run(frozen(reads, ZONE), "2025-02", BillBook(tmp_path, ZONE)))) == 2
