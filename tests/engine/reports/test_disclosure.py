"""Small groups stay hidden, and nothing that is told gives them away."""

from __future__ import annotations

from itertools import product

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.reports.disclosure import Rule, group_sizes, hide_rows
from tests.engine.build import frozen
from tests.strategies import START

RULE = Rule(10, 0.5)
Cell = tuple[int, int, int]
"""Meters, Wh, and Wh of the largest."""
cells = st.tuples(st.integers(1, 40), st.integers(0, 1000), st.floats(0, 1)).map(
    lambda drawn: (drawn[0], drawn[1], max(-(-drawn[1] // drawn[0]), round(drawn[1] * drawn[2])))
)


Drawn = dict[tuple[str, ...], Cell]
Sizes = dict[tuple[str, ...], int]


def table(found: Drawn, keys: list[str]) -> pd.DataFrame:
    rows = [(*names, *cell) for names, cell in found.items()]
    return pd.DataFrame(rows, columns=[*keys, "drawing", "usage_wh", "largest_wh"])


@settings(max_examples=40)
@given(
    drawn=st.dictionaries(st.tuples(st.sampled_from("NSEW"), st.sampled_from("123"), st.sampled_from("ab")), cells),
    keys=st.permutations(["region", "sub_region", "month"]),
    size=st.dictionaries(st.tuples(st.sampled_from("NSEW"), st.sampled_from("123")), st.integers(1, 99)),
)
def test_no_total_less_its_published_parts_is_a_small_group(drawn: Drawn, keys: list[str], size: Sizes) -> None:
    """Along every key: what is hidden is no small group as a whole, or nothing of that line is told."""
    found = table(drawn, keys)
    out = hide_rows(found, keys, RULE, size)
    assert not out.discloses
    for meters, usage, largest, hide in zip(
        found["drawing"], found["usage_wh"], found["largest_wh"], out.cells, strict=True
    ):
        assert hide or (meters >= 10 and 2 * largest <= usage)
    names = list(drawn)
    for place, key in enumerate(keys):
        for others in product(*({name[i] for name in names} for i in range(3) if i != place)):
            line = [n for n in range(len(names)) if tuple(v for i, v in enumerate(names[n]) if i != place) == others]
            secret = [drawn[names[n]] for n in line if out.cells[n]]
            if not secret or len(secret) == len(line):
                continue
            meters = (max if key == "month" else sum)(cell[0] for cell in secret)
            largest = (sum if key == "month" else max)(cell[2] for cell in secret)
            assert meters >= 10
            assert 2 * largest <= sum(cell[1] for cell in secret)


def test_a_second_cell_is_hidden_beside_a_small_one_that_of_the_fewest_meters() -> None:
    drawn: Drawn = {("N",): (50, 900, 30), ("S",): (3, 30, 10), ("E",): (20, 400, 30), ("W",): (30, 200, 20)}
    size: Sizes = {("N",): 50, ("S",): 3, ("E",): 20, ("W",): 30}
    assert hide_rows(table(drawn, ["region"]), ["region"], RULE, size).cells.tolist() == [False, True, True, False]


def test_two_small_cells_that_are_small_together_need_a_third() -> None:
    drawn: Drawn = {("N",): (50, 900, 30), ("S",): (3, 30, 10), ("E",): (4, 40, 12), ("W",): (30, 200, 20)}
    out = hide_rows(table(drawn, ["region"]), ["region"], RULE, {("N",): 50, ("W",): 30})
    assert out.cells.tolist() == [False, True, True, True]


def test_one_meter_that_is_most_of_a_group_hides_it() -> None:
    drawn: Drawn = {("N",): (50, 900, 451), ("S",): (50, 900, 450)}
    assert hide_rows(table(drawn, ["region"]), ["region"], RULE, {}).cells.tolist() == [True, True]
    assert not RULE.is_small(10, 100, 50)
    assert RULE.is_small(9, 100, 50)
    assert RULE.is_small(10, 100, 51)


def test_nothing_small_hides_nothing() -> None:
    drawn: Drawn = {("N", "01"): (50, 900, 30), ("S", "01"): (30, 400, 10)}
    out = hide_rows(table(drawn, ["region", "month"]), ["region", "month"], RULE, {})
    assert not out.cells.any()


def test_what_was_published_before_cannot_be_hidden_again() -> None:
    drawn: Drawn = {("N",): (50, 900, 30), ("S",): (3, 30, 10), ("E",): (20, 400, 30)}
    found = table(drawn, ["region"])
    size: Sizes = {("N",): 50, ("S",): 3, ("E",): 20}
    out = hide_rows(found, ["region"], RULE, size, published={("E",)})
    assert (out.cells.tolist(), out.discloses) == ([True, True, False], False)
    out = hide_rows(found, ["region"], RULE, size, published={("E",), ("N",)})
    assert (out.cells.tolist(), out.discloses) == ([False, True, False], True)


def test_the_size_of_a_group_is_of_all_meters_that_it_ever_had() -> None:
    zone = SiteZone("Europe/London")
    north, south = Group("North", "Hill", "landed"), Group("South", "Bay", "landed")
    course = [(START + n * HOUR, n) for n in range(3)]
    columns = frozen({"a": course, "b": course}, zone, {"a": [north, south, south], "b": [south] * 3})
    assert group_sizes(columns, ["month", "region"]) == {("North",): 1, ("South",): 2, ("",): 0}
    assert group_sizes(columns, ["apartment_type", "region"])[("landed", "South")] == 2


def test_it_can_be_ended_after_some_hundred_lines_and_not_by_each() -> None:
    drawn: Drawn = {("N", str(n)): (50, 900, 30) for n in range(1000)}  # a line for each of them, and one of them all
    asked: list[None] = []
    hide_rows(
        table(drawn, ["region", "month"]), ["region", "month"], RULE, {}, check_cancelled=lambda: asked.append(None)
    )
    assert len(asked) == 3


def test_a_row_that_nobody_drew_in_is_neither_hidden_nor_hides_another() -> None:
    drawn: Drawn = {("12",): (0, 0, 0), ("01",): (3, 30, 10), ("02",): (20, 400, 30)}
    assert hide_rows(table(drawn, ["month"]), ["month"], RULE, {}).cells.tolist() == [False, True, True]
