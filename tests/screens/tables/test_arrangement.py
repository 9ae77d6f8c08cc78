"""Which rows are shown, and in which order: by what their cells say, not by how they are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.screens.tables.arrangement import Arrangement, arrange, figure, matcher, ordered
from metertui.text import fmt


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234.500", 1234.5),
        ("1 234.500 kWh", 1234.5),
        ("12 345 678", 12_345_678.0),
        ("-3.5", -3.5),
        ("+12.3 %", 12.3),
        ("▲ 61 %", 61.0),
        ("1.2 kB", 1200.0),
        ("3 d 2 h", 3 * 86_400 + 7200),
        ("11 h 40 min", 42_000),
        ("0.5 s", 0.5),
        ("100", 100.0),
        ("531-204-877", None),
        ("2025-03-12 00:30:00", None),
        ("00:30:00", None),
        ("m-1", None),
        ("3 of 40", None),
        ("12 Harbour Street", None),
        ("", None),
    ],
)
def test_a_figure_has_a_value_and_any_other_text_has_none(text: str, value: float | None) -> None:
    assert figure(text) == value


def test_a_figure_of_a_column_of_figures_may_be_followed_by_words() -> None:
    assert figure("3 of 40", leading=True) == 3
    assert figure("2 +1 never", leading=True) == 2
    assert figure("2025-03-12 10:30", leading=True) is None


@given(st.lists(st.integers(-(10**9), 10**9), max_size=30), st.booleans())
def test_registers_are_in_order_of_their_values(values: list[int], descending: bool) -> None:
    texts = [fmt.number(value) for value in values]
    found = [values[row] for row in ordered(texts, descending=descending, leading=True)]
    assert found == sorted(values, reverse=descending)


@given(st.lists(st.integers(0, 10**13), max_size=30))
def test_durations_are_in_order_of_their_lengths(values: list[int]) -> None:
    found = [values[row] for row in ordered([fmt.duration(value) for value in values], descending=False, leading=True)]
    assert found == sorted(values)


def test_empty_cells_are_last_in_either_direction_and_equal_ones_as_they_were() -> None:
    texts = ["–", "b", "10", "", "9", "a", "no data", "9"]
    assert ordered(texts, descending=False, leading=False).tolist() == [4, 7, 2, 5, 1, 0, 3, 6]
    assert ordered(texts, descending=True, leading=False).tolist() == [1, 5, 2, 4, 7, 0, 3, 6]


def test_times_of_today_come_after_those_with_a_date() -> None:
    times = ["10:40:00", "11 Mar 2025 23:45:00", "09:05:00", "2025-02-28 10:00:00"]
    assert ordered(times, descending=False, leading=True).tolist() == [3, 1, 2, 0]
    assert ordered(times, descending=True, leading=True).tolist() == [0, 2, 1, 3]
    days = ["2 Dec 2025", "10 Nov 2025", "9 Nov 2025", "1 Jan 2024"]
    assert ordered(days, descending=False, leading=True).tolist() == [3, 2, 1, 0]


def test_a_text_is_found_in_any_case_with_and_without_the_gaps_of_thousands() -> None:
    cases = [
        ("HARBOUR", "12 Harbour Street", True),
        ("1234", "1 234.500", True),
        ("1 234", "1 234.500", True),
        ("1234", "12 34", False),
        ("x", "1 234", False),
        ("straße", "Große STRASSE", True),
        ("", "whatever", True),
    ]
    assert [matcher(wanted)(text) for wanted, text, _ in cases] == [holds for _, _, holds in cases]


ROWS = [("a-1", "10.000", "North"), ("b-2", "9.000", "South"), ("c-1", "–", "north"), ("d-9", "1 000.000", "West")]


def cells(start: int, stop: int) -> Sequence[tuple[str, ...]]:
    return ROWS[start:stop]


@pytest.mark.parametrize(
    ("wanted", "rows", "matched"),
    [
        (Arrangement(), [0, 1, 2, 3], set()),
        (Arrangement(descending=True), [3, 2, 1, 0], set()),
        (Arrangement("north"), [0, 2], {2}),
        (Arrangement("1"), [0, 2, 3], {0, 1}),
        (Arrangement("nowhere"), [], set()),
        (Arrangement("", 1), [1, 0, 3, 2], set()),
        (Arrangement("", 1, descending=True), [3, 0, 1, 2], set()),
        (Arrangement("1", 1, descending=True), [3, 0, 2], {0, 1}),
        (Arrangement("", 2), [0, 2, 1, 3], set()),
    ],
)
def test_rows_are_filtered_and_sorted(wanted: Arrangement, rows: list[int], matched: set[int]) -> None:
    found = arrange(len(ROWS), cells, wanted, leading=True)
    assert found is not None
    assert (found.rows.tolist(), set(found.matched)) == (rows, matched)


def test_values_that_are_known_are_sorted_without_reading_a_cell() -> None:
    values = np.array([5, -1, 7, 6], dtype=np.int64)

    def never(_start: int, _stop: int) -> Sequence[tuple[str, ...]]:
        raise AssertionError

    found = arrange(4, never, Arrangement("", 1, descending=True), values=values)
    assert found is not None
    assert found.rows.tolist() == [2, 3, 0, 1]


def test_what_is_no_longer_wanted_is_stopped() -> None:
    read: list[int] = []

    def some(start: int, stop: int) -> Sequence[tuple[str, ...]]:
        read.append(start)
        return [("x",)] * (stop - start)

    assert arrange(10_000, some, Arrangement("x"), stop=lambda: len(read) > 2) is None
    assert len(read) == 3
