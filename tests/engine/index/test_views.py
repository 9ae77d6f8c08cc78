"""Views: of many that are waited for, only the newest becomes columns."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.zone import SiteZone
from metertui.engine.columns.columns import Frozen
from metertui.engine.columns.curve import Columns
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.index.reading_store import ReadingStore
from metertui.engine.index.views import FreezeQueue
from tests.patience import PATIENCE


def test_of_views_that_are_waited_for_only_the_newest_becomes_columns() -> None:
    freezing = FreezeQueue()
    going_on, made = threading.Event(), list[int]()
    columns = ReadingStore(Columns.empty(), MeterCodes(), SiteZone("UTC")).view()._make()

    def make(number: int) -> Frozen:
        made.append(number)
        assert going_on.wait(PATIENCE)
        return replace(columns, limits=MeterLimits(number, (1,)))

    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(freezing.freeze, freezing.next_number(), partial(make, 1))]
        while not made:
            pass
        for number in (2, 3, 4):
            found.append(pool.submit(freezing.freeze, freezing.next_number(), partial(make, number)))
        while len(freezing._wanted) < 4:
            pass
        going_on.set()
        assert [each.result(PATIENCE).limits.rounding_wh for each in found] == [1, 4, 4, 4]
    assert made == [1, 4]
    assert not freezing._wanted


def test_a_view_that_could_not_become_columns_may_be_asked_again() -> None:
    freezing = FreezeQueue()
    number = freezing.next_number()

    def fail() -> Frozen:
        raise MemoryError

    with pytest.raises(MemoryError):
        freezing.freeze(number, fail)
    assert not freezing._wanted


def test_two_threads_may_ask_for_the_same_view() -> None:
    freezing = FreezeQueue()
    going_on, made = threading.Event(), list[None]()
    columns = ReadingStore(Columns.empty(), MeterCodes(), SiteZone("UTC")).view()._make()

    def make() -> Frozen:
        made.append(None)
        assert going_on.wait(PATIENCE)
        return replace(columns, limits=MeterLimits(len(made), (1,)))

    number = freezing.next_number()
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(freezing.freeze, number, make) for _ in range(2)]
        while not made:
            pass
        going_on.set()
        assert all(each.result(PATIENCE).limits.rounding_wh >= 1 for each in found)
    assert not freezing._wanted
