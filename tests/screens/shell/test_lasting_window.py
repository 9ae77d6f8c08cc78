"""Windows that outlast a change of screen: a billing run goes on, and is found again with its screen."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from metertui.engine.billing.billing_run import BillingRun
from metertui.screens.billing import BillingScreen
from metertui.screens.billing.billing_run import BillingRunScreen
from metertui.screens.fields.field import Field
from metertui.screens.live import LiveScreen
from metertui.screens.shell import work_under_way
from tests.patience import PATIENCE
from tests.screens.billing.test_billing import TARIFFS
from tests.screens.idle import held_up, until
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of


class HeldRun:
    """A billing run that goes on when it is let go."""

    def __init__(self, town: Town) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self._compute = town.headend.billing.compute_run
        self._town = town
        town.headend.billing.compute_run = self._run  # type: ignore[method-assign, assignment]

    async def _run(self, month: str, progress: Callable[[float], None]) -> BillingRun:
        def wait(_: object) -> None:
            self.begun.set()
            assert self.let_go.wait(PATIENCE)
            progress(0.5)

        await self._town.headend.ask(wait)
        return await self._compute(month, progress)


async def calculate(pilot: Pilot[None], run: HeldRun) -> None:
    run.begun.clear()
    run.let_go.clear()
    pilot.app.screen.query_one("#run-calculate").focus()
    await pilot.press("enter")
    await until(pilot, run.begun.is_set)


async def test_a_billing_run_goes_on_while_another_screen_is_shown_and_is_found_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    town.log_in("operator")
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    run = HeldRun(town)
    async with at_work(town, "f4", *STEADY, "enter", "b") as pilot:
        pilot.app.screen.query_one("#run-file", Field).value = "mine.csv"
        with held_up():
            await calculate(pilot, run)
            await pilot.press("f4")  # its own key does not close it either
            assert isinstance(pilot.app.screen, BillingRunScreen)
            await pilot.press("f2")
            assert isinstance(pilot.app.screen, LiveScreen)
            await until(pilot, lambda: text_of(pilot, "#elsewhere").startswith("F4 The billing run ──"))
            assert text_of(pilot, "#elsewhere").endswith("F8 cancels")
        run.let_go.set()
        await settle(pilot)
        town.app.tick()
        await settle(pilot)
        assert text_of(pilot, "#said") == "The billing run has ended: F4 shows how."
        await press(pilot, "f4")
        assert text_of(pilot, "#run-said").startswith("February 2025: 7 bills")
        assert pilot.app.screen.query_one("#run-file", Field).value == "mine.csv"
        with held_up():
            await calculate(pilot, run)
            await pilot.press("f3", "f8")
            assert text_of(pilot, "#said") == "The billing run: cancelling …"
        run.let_go.set()
        await settle(pilot)
        await press(pilot, "f4")
        assert text_of(pilot, "#run-said") == "Cancelled; nothing was written."
        await press(pilot, "f4")
        assert isinstance(pilot.app.screen, BillingScreen)
        await press(pilot, "f2", "f4")
        assert isinstance(pilot.app.screen, BillingScreen)


async def test_a_window_waits_for_who_has_opened_it(town: Town) -> None:
    town.log_in("operator")
    async with at_work(town, "f4", *STEADY, "enter", "b", "f2") as pilot:
        town.app.sessions.end()
        await press(pilot, "f4")
        assert isinstance(pilot.app.screen, BillingScreen)
        await press(pilot, "f2")
        town.log_in("operator")
        await press(pilot, "f4")
        window = pilot.app.screen
        assert isinstance(window, BillingRunScreen)
        await press(pilot, "f2")
        town.log_in("government")
        await press(pilot, "f4")
        await settle(pilot)
        assert isinstance(pilot.app.screen, BillingScreen)
        assert not window.is_running
