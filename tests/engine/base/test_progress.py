"""Progress callbacks."""

from __future__ import annotations

import pytest

from metertui.engine.base.progress import no_progress, part_of_progress


def test_parts_make_up_the_whole() -> None:
    shares: list[float] = []
    for nth in range(4):
        part = part_of_progress(shares.append, nth, 4)
        part(0.5)
        part(1)
    assert shares == [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]


def test_a_part_is_cancelled_by_what_the_whole_raises() -> None:
    def cancel(share: float) -> None:
        raise KeyboardInterrupt(share)

    with pytest.raises(KeyboardInterrupt, match=r"0\.75"):
        part_of_progress(cancel, 1, 2)(0.5)
    no_progress(0.5)
