"""What of a screen comes onto paper."""

from __future__ import annotations

from metertui.screens.papers.paper import ChartPart, TablePart
from metertui.screens.papers.shown import paper_of
from metertui.screens.shell import DeskScreen
from tests.screens.town import Town, at_work, settle


async def test_charts_and_tables_in_view_with_their_headings(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, DeskScreen)
        paper = paper_of(screen)
    assert paper.definition["timezone"] == town.headend.engine.zone.name
    kinds = [type(part) for part in paper.parts]
    assert kinds == sorted(kinds, key=lambda kind: kind is TablePart)
    assert ChartPart in kinds
