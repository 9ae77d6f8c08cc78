"""Decisions about the cases of the list, what is refused, and what is undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual.widgets import OptionList

from metertui.engine.vee.edits import Edit
from metertui.engine.worklist.cases import ExceptionRow
from metertui.screens.exceptions.exceptions import ExceptionsScreen
from tests.screens.exceptions.helpers import go
from tests.screens.town import STEADY, Town, at_work, settle, text_of


def decided(town: Town) -> list[tuple[str, str, str, str]]:
    return [(event.kind, event.meter, event.who, event.reason) for event in town.engine.events]


async def test_undo_in_the_menu_is_about_the_case_and_on_the_list_says_whose_decision(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "n", "Flooded", "enter", "a", "Known", "enter")
        [_, (_, meter, _, _)] = decided(troubled)
        await go(pilot, "enter")
        assert "Undo" not in text_of(pilot, "OptionList")
        await go(pilot, "u")
        assert text_of(pilot, "#said") == "! There is no decision to undo."
        assert isinstance(pilot.app.screen, ExceptionsScreen)
        await go(pilot, "u")
        assert text_of(pilot, "#decision-title") == f"Undo: accept · {meter}"
        assert text_of(pilot, "#decision-note") == "! This case has no decision. This undoes your own last one."


async def test_what_cannot_be_decided_changes_nothing(troubled: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_work(troubled, "f7") as pilot:
        with monkeypatch.context() as patched:
            following = replace(troubled.headend.live(), following="read-only: process 4711 owns the folder")
            patched.setattr(troubled.headend, "live", lambda: following)
            await go(pilot, "end", "v")
            assert text_of(pilot, "#said") == (
                "! This decision does not apply to the case, and this desk only reads."
            ), "and not what else applies, nor the line above again"
        await go(pilot, "v")
        assert text_of(pilot, "#said").startswith("! This case is about no meter")
        await go(pilot, "enter")
        menu = pilot.app.screen.query_one(OptionList)
        options = [menu.get_option_at_index(at) for at in range(menu.option_count)]
        assert [option.id for option in options] == ["accept", "note"]
        why = " ".join(text_of(pilot, ".check").split())
        assert why == "! This case is about no meter, and can only be accepted (a) or noted (n)."
        await go(pilot, "escape", "u")
        assert text_of(pilot, "#said") == "! There is no decision to undo."
        await go(pilot, "home", "down", "v")
        at = troubled.zone.parse("2025-03-12T10:35:00")
        troubled.engine.apply_events([Edit(1, STEADY, "void", at, "ben", "faster")])  # by someone else, meanwhile
        await go(pilot, "Slow", "enter")
        assert text_of(pilot, "#decision-error") == f"! {STEADY} at 12 Mar 2025 10:35 is void already"
    assert [event.who for event in troubled.engine.events] == ["ben"]


async def test_no_window_opens_over_a_screen_shown_while_cases_are_gathered(
    troubled: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(troubled, "f7") as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ExceptionsScreen)
        asked: list[list[ExceptionRow]] = []
        rows = screen.selected_rows()
        screen._with_members(rows, asked.append)
        await settle(pilot)
        assert asked == [rows]

        async def members(row: ExceptionRow) -> Sequence[ExceptionRow]:
            await troubled.app.action_go("live")
            return [row]

        monkeypatch.setattr(screen, "members", members)
        screen._with_members(rows, asked.append)
        await settle(pilot)
        assert asked == [rows]
