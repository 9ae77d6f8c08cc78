"""What questions leave in memory: nothing, even where no garbage collector looks for what refers to itself."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator

import pytest

from metertui.engine.billing.billing_run import BillingRun
from metertui.engine.columns.columns import Frozen
from metertui.engine.index.reading_list import ReadingList, Stored
from metertui.engine.index.views import View
from tests.screens.town import STEADY, Town, at_work, press, settle

_HOUR = 3_600_000_000


@pytest.fixture(autouse=True)
def painted_in_pauses() -> None:
    """Let the app paint by itself, so that what painting holds and lets go is as in a terminal."""


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No garbage collection: a full one is rare in the app, and what it alone would free stays for many questions."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _alive() -> Counter[str]:
    """Return how many there are of what holds all readings."""
    counts: Counter[str] = Counter()
    objects = gc.get_objects()
    for each in objects:
        if type(each) in (View, Stored, ReadingList, Frozen, BillingRun):
            counts[type(each).__name__] += 1
    objects.clear()  # the list has its own frame in it
    return counts


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(
    ("open_it", "again"),
    [
        (("f5",), ("ctrl+r",)),
        (("f7",), ("ctrl+r",)),
        (("f5",), ("r", "s", "escape")),
        (("f4", *STEADY, "enter", "b"), ("escape", "b", "tab", "tab", "enter")),
    ],
    ids=["government", "exceptions", "readings", "billing run"],
)
async def test_questions_leave_no_columns_behind(town: Town, open_it: tuple[str, ...], again: tuple[str, ...]) -> None:
    """Each reading makes a new view; only what is current, and what a screen shows, is kept."""
    town.log_in("operator")
    first = town.clock.now()
    before = _alive()
    async with at_work(town, *open_it) as pilot:
        for nth in range(4):
            town.read((STEADY, f"{11_437 + nth / 2}", town.zone.iso(first + nth)))
            for key in again:
                await press(pilot, key)
                await settle(pilot)
        alive = _alive() - before
        assert town.engine.readings._freezing._views >= 4
        assert all(count <= 2 for count in alive.values()), alive
