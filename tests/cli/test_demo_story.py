"""The demonstration as text: its parts, without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from metertui.cli import demo_story


async def test_meters_without_a_reading_are_left_out() -> None:
    async def rounds() -> AsyncIterator[list[str]]:
        yield ["READ 1 5", "READ 12 5", "READ 2 5"]
        yield ["READ 1 6"]

    assert [lines async for lines in demo_story.without(rounds(), ["1"])] == [["READ 12 5", "READ 2 5"], []]


def test_bars_have_round_figures_at_their_side() -> None:
    chart = demo_story.bars(["a", "b"], [0.31, 0.95], "x")
    ticks = [line.split("┤")[0] for line in chart.splitlines() if "┤" in line]
    assert ticks == ["0.80", "0.60", "0.40", "0.20", "0.00"]
    assert "┤" in demo_story.bars(["a"], [0.0], "nothing was drawn")


@pytest.mark.parametrize(("most", "step"), [(0.0, 1.0), (0.95, 0.2), (1.0, 0.2), (7.0, 2.0), (69.0, 10.0)])
def test_a_step_is_round_and_three_to_seven_of_them_reach_up(most: float, step: float) -> None:
    assert demo_story._step(most) == pytest.approx(step)
    assert not most or 3 <= most / step < 7 + 1e-9
