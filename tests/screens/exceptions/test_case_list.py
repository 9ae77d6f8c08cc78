"""The tables of the list of exceptions: what keeps the cursor, the marks and the focus."""

from __future__ import annotations

import pytest

from metertui.engine.worklist.exception_list import Exceptions
from metertui.screens.exceptions.case_list import CaseTable
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


async def test_cases_of_all_pages_and_regions_are_sorted_by_the_keys_of_every_table(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        table = pilot.app.screen.query_one("#cases", CaseTable)
        orders = []
        for _ in range(6):
            orders.append((table.order, [cause for _, cause in listed(pilot)]))
            await go(pilot, "s")
        assert orders == [
            (("weight", False), ["reset", "suspect", "refused"]),
            (("cause", False), ["suspect", "reset", "refused"]),
            (("meter", False), ["refused", "suspect", "reset"]),
            (("weight", False), ["reset", "suspect", "refused"]),
            (("oldest", False), ["reset", "suspect", "refused"]),
            (("region", False), ["refused", "suspect", "reset"]),
        ]
        await go(pilot, "S")
        assert (table.order, listed(pilot)[0][1]) == (("weight", True), "refused")
        assert table.cursor_row == 0
        await go(pilot, "escape", "2", "s", "s", "s", "s")
        regions = pilot.app.screen.query_one("#silent", CaseTable)
        assert regions.order == ("oldest", False)
        await go(pilot, "escape")
        assert regions.order == ("weight", False)
