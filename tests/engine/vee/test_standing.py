"""Which of the values stored at one instant stands: the same one by one and in columns."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.columns.columns import FIRST
from metertui.engine.columns.curve import Columns
from metertui.engine.vee.edits import Edit, MeterEdits, corrections_from
from metertui.engine.vee.standing import count_standing, resolve, standing

values = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)
verdicts = st.dictionaries(st.sampled_from([FIRST, 0, 1, 2, 3]), st.booleans(), max_size=4)


def test_the_one_that_no_void_names_stands() -> None:
    assert standing([850, 580], {850: True}) == 580
    assert standing([580, 850], {850: True}) == 580
    assert standing([850, 580], {850: True, 580: True}) is None
    assert standing([850, 580], {}) == 850  # they contradict one another
    assert (count_standing([850, 580], {}), count_standing([850, 580], {850: True})) == (2, 1)
    assert standing([], {FIRST: True}) is None


def test_a_correction_stands_though_its_value_is_not_stored_yet() -> None:
    """As a follower finds it that reads the decision before the log."""
    edits = MeterEdits()
    edits.apply_edit(Edit(0, "m", "correct", 7, "ann", "x", wh=850, to=580))
    columns = Columns(np.zeros(1, dtype=np.int32), np.array([7]), np.array([850]))
    corrections = corrections_from({0: edits})
    assert corrections is not None
    found = resolve(columns, corrections)
    assert (found.columns.wh.tolist(), found.void.tolist(), found.replaced.tolist()) == ([580], [], [0])


def test_where_none_stands_the_last_is_shown() -> None:
    edits = MeterEdits()
    edits.apply_edit(Edit(0, "m", "correct", 7, "ann", "x", wh=101_000, to=101_500))
    edits.apply_edit(Edit(1, "m", "void", 7, "ann", "x", wh=101_500))
    corrections = corrections_from({0: edits}, {0: {7: (101_000, 101_500)}})
    assert corrections is not None
    found = resolve(Columns(np.zeros(1, dtype=np.int32), np.array([7]), np.array([101_000])), corrections)
    assert (found.columns.wh.tolist(), found.void.tolist()) == ([101_500], [0])


@given(values, verdicts)
def test_at_most_one_stands_and_it_is_none_that_a_void_names(stored: list[int], said: dict[int, bool]) -> None:
    found = standing(stored, said)
    not_void = [
        wh for place, wh in enumerate(stored) if not said.get(wh, said.get(FIRST, False) if place == 0 else False)
    ]  # fmt: skip
    assert found == next(iter(not_void), None)
    assert count_standing(stored, said) == len(not_void)


@given(
    st.lists(
        st.tuples(values, st.lists(st.tuples(st.sampled_from(["void", "unvoid"]), st.integers(-1, 3)))), max_size=5
    )
)
def test_columns_are_resolved_as_each_instant_is(instants: list[tuple[list[int], list[tuple[str, int]]]]) -> None:
    edits = MeterEdits()
    for at, (_, made) in enumerate(instants):
        for kind, wh in made:
            edits.apply_edit(Edit(0, "m", kind, at, "ann", "x", wh=wh))
    shared = {at: tuple(stored) for at, (stored, _) in enumerate(instants) if len(stored) > 1}
    count = len(instants)
    first = np.array([stored[0] for stored, _ in instants], dtype=np.int64)
    columns = Columns(np.zeros(count, dtype=np.int32), np.arange(count, dtype=np.int64), first)
    corrections = corrections_from({0: edits}, {0: shared})
    expected = [standing(stored, edits.verdicts_at(at)) for at, (stored, _) in enumerate(instants)]
    if corrections is None:
        assert expected == first.tolist()
        return
    found = resolve(columns, corrections)
    assert found.void.tolist() == [at for at, wh in enumerate(expected) if wh is None]
    assert found.columns.wh.tolist() == [
        stored[-1] if wh is None else wh for wh, (stored, _) in zip(expected, instants, strict=True)
    ]
    assert found.replaced.tolist() == [
        at for at, (stored, _) in enumerate(instants) if expected[at] not in (None, stored[0])
    ]
