"""The lines above the list of exceptions, and the field for a meter."""

from __future__ import annotations

from tests.screens.exceptions.helpers import go, listed
from tests.screens.town import Town, at_work, text_of


async def test_conditions_by_keys(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        assert text_of(pilot, "#conditions").count("3") == 1, "which stands beside the name of the list"
        await go(pilot, "c")
        assert "1 Cases 3" in text_of(pilot, "#conditions")
        assert "  · 1 of 3 cases" in text_of(pilot, "#conditions"), "as the list itself has more"
        await go(pilot, "C")
        await go(pilot, "slash", "200-00", "enter")
        assert {meter for meter, _ in listed(pilot)} == {f"200-00{n}" for n in range(1, 7)}
        await go(pilot, "g")
        assert "g region North" in text_of(pilot, "#conditions")
        assert {meter for meter, _ in listed(pilot)} == {"200-001", "200-002", "200-003"}
        await go(pilot, "G", "p")
        assert "p today" in text_of(pilot, "#conditions")
        assert "No case matches the filter" in text_of(pilot, "#no-cases")
        await go(pilot, "escape")
        assert len(listed(pilot)) == 3
