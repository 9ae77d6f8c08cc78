"""The list of exceptions: its rows, conditions and pages, by keys alone."""

from __future__ import annotations

import pytest

from metertui.engine.worklist.exception_list import Exceptions
from metertui.screens.exceptions.exceptions import ExceptionsScreen
from tests.screens.exceptions.helpers import SILENT, go, listed
from tests.screens.town import STEADY, Town, at_work, settle, text_of


async def test_what_to_look_at_is_listed_newest_first_and_in_full(troubled: Town) -> None:
    async with at_work(troubled, "f7", size=(80, 24)) as pilot:
        assert [cause for _, cause in listed(pilot)] == ["refused", "suspect", "reset", *["silent"] * SILENT]
        assert text_of(pilot, "#facets").startswith("c  suspect 1  reset 1  silent (24 h) 6  refused 1")
        assert text_of(pilot, "#case").splitlines()[-1] == "sent: READ [red]1[/] \\x1b[31m"
        await go(pilot, "down")
        assert " ".join(text_of(pilot, "#case").split()) == (
            f"{STEADY} · 2025-03-12 10:35:00 · 7.000 kWh · North · 1 Steady Lane suspect, does not fit; the next "
            "reading decides: 7.000 kWh is lower than the 2 690.500 kWh counted at 2025-03-12 10:30:00"
        )


async def test_the_list_is_read_again_by_a_key(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        troubled.read((STEADY, "5", "2025-03-12T10:36:00"))  # within the seconds in which nothing is asked
        await go(pilot, "ctrl+r")
        assert [cause for _, cause in listed(pilot)][:3] == ["refused", "suspect", "rejected"]


async def test_conditions_by_keys(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "slash", "200-00", "enter")
        assert {meter for meter, _ in listed(pilot)} == {f"200-00{n}" for n in range(1, 7)}
        await go(pilot, "g")
        assert "g region North" in text_of(pilot, "#conditions")
        assert {meter for meter, _ in listed(pilot)} == {"200-001", "200-002", "200-003"}
        await go(pilot, "G", "p")
        assert "p today" in text_of(pilot, "#conditions")
        assert "No case matches the filter" in text_of(pilot, "#no-cases")
        await go(pilot, "escape")
        assert len(listed(pilot)) == SILENT + 3


async def test_a_list_in_view_follows_and_keeps_cursor_and_choice(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "space")
        assert listed(pilot)[0][0].startswith("●")
        assert text_of(pilot, "#case").startswith(STEADY)
        troubled.read((STEADY, "5", "2025-03-12T10:36:00"))
        troubled.app.tick()
        await settle(pilot)
        assert len(listed(pilot)) == SILENT + 3  # not twice in two seconds
        troubled.clock.advance(2)
        troubled.app.tick()
        await settle(pilot)
        assert [cause for _, cause in listed(pilot)][:3] == ["refused", "suspect", "rejected"]
        assert listed(pilot)[0][0].startswith("●")
        assert "rejected" in text_of(pilot, "#case")


async def test_pages(town: Town) -> None:
    town.read((STEADY, "99999", "2025-03-12T10:30:01"))
    town.read(*((STEADY, f"{400 - 2 * n}", f"2025-03-12T10:3{n // 60}:{n % 60:02}") for n in range(119, 1, -1)))
    async with at_work(town, "f7") as pilot:
        assert "page 1 of 2 [ ]" in text_of(pilot, "#conditions")
        assert len(listed(pilot)) == 100
        await go(pilot, "right_square_bracket", "ctrl+a")
        total = town.app.screen._found.total  # type: ignore[attr-defined]
        assert f"{total} selected" in text_of(pilot, "#conditions"), "all of the filter, not of the page"
        await go(pilot, "left_square_bracket")
        assert all(meter.startswith("●") for meter, _ in listed(pilot))
        await go(pilot, "space")
        assert f"{total - 1} selected" in text_of(pilot, "#conditions")
        await go(pilot, "ctrl+a", "ctrl+a")
        assert "selected" not in text_of(pilot, "#conditions")
        await go(pilot, "e")
        assert "Why" in text_of(pilot, "#explain-title")


async def test_nothing_to_do_is_said(empty_town: Town) -> None:
    async with at_work(empty_town, "f7") as pilot:
        assert " ".join(text_of(pilot, "#no-cases").split()) == (
            "There are no open cases: every stored reading fits, and every active meter has sent one within 24 h."
        )
        await go(pilot, "space", "enter", "e", "right_square_bracket")
        assert isinstance(pilot.app.screen, ExceptionsScreen)


async def test_an_empty_list_never_has_the_focus(empty_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = await empty_town.headend.worklist.exceptions()

    async def at_once(_: object) -> Exceptions:
        """Answer before the screen is laid out for the first time."""
        return nothing

    monkeypatch.setattr(empty_town.headend.worklist, "exceptions", at_once)
    async with at_work(empty_town, "f7") as pilot:
        assert pilot.app.screen.focused is None
        await go(pilot, "slash", "x", "escape")
        assert pilot.app.screen.focused is None
        await go(pilot, "f2", "f7")
        assert pilot.app.screen.focused is None
