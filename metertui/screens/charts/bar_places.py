"""The columns of upright bars: where they begin, and how wide they are."""

from __future__ import annotations

from typing import Final, NamedTuple

_WIDEST: Final = 40
"""Columns of the bars of one label at most."""
_AMPLE: Final = 24
"""Columns from which on they leave a quarter of their share of the room free."""
_EVEN: Final = 4
"""Columns of a bar from which on gaps may differ by a column, so that all bars fill the room."""


class Places(NamedTuple):
    """The columns of bars, for each label."""

    starts: list[int]
    """The first column of its bars."""
    wide: int
    """Columns of one bar."""
    begins: list[int]
    """The first column of its share of the room, which is where its period begins on the axis."""
    half: bool = False
    """Whether bars are half a cell wide and one and a half apart: every second one is in the right half of its cell."""


def places(count: int, beside: int, room: int, *, halves: bool = False) -> Places:
    """Return the places of the bars of `count` labels with `beside` bars each.

    Bars have one width, and gaps where there is room for them. Those of some width stand in the middle of equal shares
    of the room. Narrow ones have equal gaps, or none, as unequal ones look as if they were groups, and stand in the
    middle of the room together. `halves`: without room for a gap they may be half a cell wide.
    """
    each = room // count
    used = max(1, min(each - (each > beside), _WIDEST, max(_AMPLE, 3 * each // 4)))
    wide = max(1, used // beside)
    if wide * beside >= _EVEN:
        begins = [place * room // count for place in range(count)]
        aside = max(0, each - wide * beside) // 2
        return Places([begin + aside for begin in begins], wide, begins)
    half = halves and each == 1 and count > 1 and 3 * count <= 2 * room + 1
    span = (3 * count + 1) // 2 if half else each * count
    left = max(0, room - span) // 2
    starts = [left + (3 * place // 2 if half else place * each) for place in range(count)]
    return Places(starts, wide, starts, half)
