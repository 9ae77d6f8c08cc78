"""Lists of readings: their orders, and frames in pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.curve import Columns
from metertui.engine.errors import MeterError
from metertui.engine.index import reading_list
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.index.reading_list import LIST_COLUMNS
from metertui.engine.index.reading_store import ReadingStore
from metertui.engine.index.views import View

ZONE = SiteZone("Asia/Singapore")
METERS = {"c": Group("West", "", "flat"), "a": Group("East", "Harbour"), "b": Group("", "Harbour", "house")}
"""The order in which they got their codes is not that of their ids."""
rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 12), st.integers(0, 3)), max_size=30, unique_by=lambda r: r[:2]
)


def stored(old: list[tuple[int, int, int]], new: list[tuple[int, int, int]]) -> View:
    directory = MeterCodes()
    for meter, group in METERS.items():
        directory.place_meter(meter, group)

    def column(place: int, dtype: type, of: list[tuple[int, int, int]]) -> np.ndarray:
        return np.array([row[place] * (HOUR if place == 1 else 1) for row in of], dtype=dtype)

    old = sorted(old)
    history = Columns(column(0, np.int32, old), column(1, np.int64, old), column(2, np.int64, old))
    store = ReadingStore(history, directory, ZONE)
    store.append(column(0, np.int32, new), column(1, np.int64, new), column(2, np.int64, new))
    return store.view()


@given(
    rows, st.integers(0, 30), st.sampled_from(["", "identifier", "-timestamp"]), st.sampled_from(["a", "harb", "0.001"])
)
def test_those_that_contain_a_text_stay_in_order_and_can_be_sorted_again(
    readings: list[tuple[int, int, int]], cut: int, sort: str, text: str
) -> None:
    every = stored(readings[:cut], readings[cut:]).find().sorted_by(sort)
    found = every.containing(text)
    ids = list(METERS)

    def holds(meter: int, wh: int) -> bool:
        group = METERS[ids[meter]]
        return any(text in cell.casefold() for cell in (ids[meter], *group, f"0.{wh:03d}"))

    def seen(some: Any) -> list[tuple[int, int, int]]:
        part = some.part(0, len(some))
        return list(zip(part.meter.tolist(), part.time.tolist(), part.wh.tolist(), strict=True))

    assert seen(found) == [row for row in seen(every) if holds(row[0], row[2])]
    assert seen(found.sorted_by("")) == sorted(seen(found), key=lambda row: (ids[row[0]], row[1]))


@given(rows, st.integers(0, 30), st.sampled_from(["", *LIST_COLUMNS]), st.booleans())
def test_a_list_is_sorted_as_a_scan_sorts_it(
    readings: list[tuple[int, int, int]], cut: int, column: str, descending: bool
) -> None:
    view = stored(readings[:cut], readings[cut:])
    ids = list(METERS)
    expected = sorted(readings, key=lambda row: (ids[row[0]], row[1]))
    keys: dict[str, Callable[[tuple[int, int, int]], Any]] = {
        "identifier": lambda row: ids[row[0]],
        "timestamp": lambda row: row[1],
        "reading_kwh": lambda row: row[2],
        "region": lambda row: METERS[ids[row[0]]].region,
        "sub_region": lambda row: METERS[ids[row[0]]].sub_region,
        "apartment_type": lambda row: METERS[ids[row[0]]].apartment_type,
    }
    if column:
        ranks = sorted({keys[column](row) for row in expected}, reverse=descending)
        expected.sort(key=lambda row: ranks.index(keys[column](row)))  # equal ones stay in order of meter and time
    found = view.find().sorted_by(f"-{column}" if column and descending else column)
    part = found.part(0, len(found))
    assert list(zip(part.meter.tolist(), (part.time // HOUR).tolist(), part.wh.tolist(), strict=True)) == expected
    again = found.sorted_by("")
    assert again.part(0, 3).time.tolist() == view.find().part(0, 3).time.tolist()


def test_a_list_does_not_change_when_readings_arrive() -> None:
    directory = MeterCodes()
    directory.place_meter("a", Group("East"))
    store = ReadingStore(Columns.empty(), directory, ZONE)
    store.append([0], [HOUR], [5])
    view = store.view()
    before = view.find(groups=[1])
    store.append([0], [2 * HOUR], [6])
    late = view.find(groups=[1])
    for found in (before, late, before.sorted_by("-timestamp")):
        assert len(found) == 1
        assert found.part(0, 9).wh.tolist() == [5]
    assert len(store.view().find(groups=[1])) == 2
    assert store.view().find().first(1).part(0, 9).wh.tolist() == [5]


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(MeterError, match="colour is not a column of this list"):
        stored([], []).find().sorted_by("-colour")


def test_a_list_knows_whether_a_time_has_a_fraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_list, "_MANY", 2)
    directory = MeterCodes()
    store = ReadingStore(Columns.empty(), directory, ZONE)
    store.append([directory.code_of("a")] * 4, [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR + 1], [1, 2, 3, 4])
    found = store.view().find()
    assert (found.has_fractions, found.first(3).has_fractions) == (True, False)
    assert found.description(0, 1)["fractions"] is True
