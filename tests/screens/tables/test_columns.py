"""The widths of columns: a figure is whole or not there, and every column can be scrolled into view."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from metertui.screens.tables.columns import Column, fitted, fitted_heading, lay_out

KEY, FIGURE, TEXT = Column("meter", 11), Column("register kWh", 14, right=True), Column("address", 28)


def widths(room: int, *columns: Column, fixed: int = 0, first: int = 0) -> dict[str, int]:
    found = lay_out(columns, room, fixed, first, stretch=False)
    return {columns[place].heading: width for place, width in zip(found.places, found.widths, strict=True)}


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (80, {"meter": 11, "register kWh": 14, "address": 28, "note": 20}),
        (79, {"meter": 11, "register kWh": 14, "address": 28, "note": 20}),
        (70, {"meter": 11, "register kWh": 14, "address": 19, "note": 20}),
        (47, {"meter": 11, "register kWh": 14, "address": 8, "note": 8}),
        (44, {"meter": 8, "register kWh": 14, "address": 8, "note": 8}),
        (43, {"meter": 11, "register kWh": 14, "address": 10}),
        (31, {"meter": 11, "register kWh": 14}),
        (29, {"meter": 9, "register kWh": 14}),
        (20, {"meter": 11}),
    ],
)
def test_texts_are_narrowed_first_and_then_columns_left_out_from_the_end(room: int, expected: dict[str, int]) -> None:
    assert widths(room, KEY, FIGURE, TEXT, Column("note", 20)) == expected


def test_what_is_left_out_is_counted_in_a_sign() -> None:
    columns = (KEY, FIGURE, TEXT, Column("note", 20))
    assert [lay_out(columns, room, 0).sign for room in (79, 43, 20)] == ["", "+1›", "+3›"]
    assert lay_out(columns, 43, 0).long_sign == "+1 column ›"
    scrolled = lay_out(columns, 43, 1, 1)
    assert (scrolled.places, scrolled.sign) == ((0, 2, 3), "‹")
    assert lay_out((KEY, Column("spare", 9, spare=True)), 12, 0).sign == "", "what the screen can do without"


def test_spare_columns_go_first_and_the_last_of_them_before_the_others() -> None:
    columns = (KEY, FIGURE, Column("+kWh", 8, spare=True), Column("last", 9, spare=True), Column("note", 20))
    assert list(widths(70, *columns)) == ["meter", "register kWh", "+kWh", "last", "note"]
    assert list(widths(69, *columns)) == ["meter", "register kWh", "+kWh", "note"]
    assert widths(58, *columns) == {"meter": 11, "register kWh": 14, "note": 20}


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (31, [5, 8, 6, 6]),
        (33, [5, 10, 6, 6]),
        (37, [5, 12, 6, 8]),
        (41, [5, 8, 6, 6, 8]),
        (47, [5, 12, 6, 8, 8]),
        (89, [5, 12, 6, 10, 8]),
    ],
)
def test_room_goes_to_the_columns_that_can_use_it_and_spare_ones_have_theirs_first(
    room: int, expected: list[int]
) -> None:
    more = Column("address", 8, most=12), Column("kWh", 6, right=True), Column("region", 6, most=10)
    found = lay_out((Column("meter", 5), *more, Column("since", 8, spare=True)), room, 1)
    assert list(found.widths) == expected


def test_where_no_column_asks_for_more_the_widest_text_may_have_twice_its_width() -> None:
    assert lay_out([Column("meter", 9), Column("why", 8), Column("at", 4)], 89, 1).widths == (9, 16, 4)
    assert lay_out([Column("meter", 9)], 89, 1).widths == (9,)


columns = st.builds(
    Column,
    st.text("abc", min_size=1, max_size=6),
    st.integers(1, 40),
    right=st.booleans(),
    most=st.sampled_from([0, 0, 50]),
)


@given(
    st.lists(columns, min_size=1, max_size=9), st.integers(1, 120), st.integers(0, 3), st.integers(0, 12), st.booleans()
)
def test_a_figure_is_never_narrower_than_its_column_and_all_fits(
    given_columns: list[Column], room: int, fixed: int, first: int, stretch: bool
) -> None:
    found = lay_out(given_columns, room, fixed, first, stretch=stretch)
    assert len(found.places) == len(found.widths) >= 1
    sign = cell_len(found.sign) + 1 if found.sign else 0
    total = sum(found.widths) + 2 * (len(found.widths) - 1)
    assert total + sign <= max(room, sign + 1)
    if len(found.places) > 1:
        assert all(width >= given_columns[place].least for place, width in zip(found.places, found.widths, strict=True))
    assert found.before + len(found.places) + found.behind == len(given_columns)


@given(st.lists(columns, min_size=1, max_size=9), st.integers(1, 120), st.integers(0, 3))
def test_every_column_can_be_scrolled_into_view(given_columns: list[Column], room: int, fixed: int) -> None:
    seen: set[int] = set()
    for first in range(len(given_columns)):
        seen |= set(lay_out(given_columns, room, fixed, first).places)
    assert seen == set(range(len(given_columns)))


@given(st.text("0123456789 .", min_size=1, max_size=20), st.integers(1, 25))
def test_a_cell_of_figures_is_whole_or_an_ellipsis(text: str, width: int) -> None:
    drawn = fitted(text, width, right=True)
    assert cell_len(drawn) == width
    assert drawn.strip() in (text.strip(), "…")


def test_a_text_ends_in_an_ellipsis_and_a_heading_keeps_its_mark() -> None:
    assert fitted("電電電電", 6, right=False) == "電電… "
    assert fitted("mean of 11 whole", 10, right=False) == "mean of … "  # and not of 1
    assert fitted("mean of 11 whole", 12, right=False) == "mean of 11 …"
    assert fitted("530-146-725", 10, right=False) == "530-146-7…"
    assert fitted_heading("register kWh", "▼", 14, right=True) == "register kWh ▼"
    assert fitted_heading("register kWh", "▼", 8, right=True) == "regis… ▼"
    assert fitted_heading("register kWh", "", 8, right=False) == "registe…"
    assert fitted_heading("x", "▼", 1, right=False) == " "
