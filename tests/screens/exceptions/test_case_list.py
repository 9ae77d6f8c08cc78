"""The tables of the list of exceptions: what keeps the cursor, the marks and the focus."""

from __future__ import annotations

import pytest

from metertui.engine.worklist.exception_list import Exceptions
from tests.screens.exceptions.helpers import go, listed
from tests.screens.town import STEADY, Town, at_work, settle, text_of


async def test_a_list_in_view_follows_and_keeps_cursor_and_choice(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "space")
        assert listed(pilot)[0][0].startswith("●")
        assert text_of(pilot, "#case").startswith(STEADY)
        troubled.read((STEADY, "5", "2025-03-12T10:36:00"))
        troubled.app.tick()
        await settle(pilot)
        assert len(listed(pilot)) == 3  # not twice in two seconds
        troubled.clock.advance(2)
        troubled.app.tick()
        await settle(pilot)
        assert [cause for _, cause in listed(pilot)][:3] == ["suspect", "reset", "rejected"]
        assert listed(pilot)[1][0].startswith("●")
        assert text_of(pilot, "#case").startswith(STEADY)


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
