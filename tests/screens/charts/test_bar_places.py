"""The places of bars: in the middle of equal shares of the room, or narrow ones together in its middle."""

from __future__ import annotations

import pytest

from metertui.screens.charts.bar_places import places


@pytest.mark.parametrize(
    ("count", "room", "wide"), [(1, 72, 40), (1, 30, 24), (2, 72, 27), (3, 112, 27), (3, 190, 40), (12, 190, 14)]
)
def test_few_bars_stand_in_the_middle_of_equal_shares_of_the_room(count: int, room: int, wide: int) -> None:
    found = places(count, 1, room)
    assert found.wide == wide
    assert found.begins == [place * room // count for place in range(count)]
    ends = [*found.begins[1:], room]
    for begin, start, end in zip(found.begins, found.starts, ends, strict=True):
        assert abs((start - begin) - (end - start - wide)) <= 2
        assert begin <= start
        assert start + wide <= end


@pytest.mark.parametrize(("count", "half"), [(40, False), (48, True), (49, False), (72, False)])
def test_bars_without_room_for_a_gap_have_half_a_cell_where_that_gives_them_one(count: int, half: bool) -> None:
    room = {40: 80, 48: 72}.get(count, 72)
    found = places(count, 1, room, halves=True)
    assert found.half == half
    steps = [2 * after - 2 * before for before, after in zip(found.starts, found.starts[1:], strict=False)]
    in_halves = [step + (1 if place % 2 == 0 else -1) * half for place, step in enumerate(steps)]
    assert len(set(in_halves)) == 1  # all bars are equally far apart
    assert found.starts[-1] < room
    assert not places(count, 1, room).half


def test_bars_beside_one_another_share_their_place() -> None:
    found = places(3, 2, 60)
    assert (found.wide, found.starts) == (9, [1, 21, 41])
    assert places(1, 9, 5).wide == 1  # without room for all of them
