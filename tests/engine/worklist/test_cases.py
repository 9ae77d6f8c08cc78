"""The causes of exceptions, and arrays of them."""

from __future__ import annotations

import numpy as np

from metertui.engine.core.engine import Engine
from metertui.engine.worklist.cases import CAUSES, DECIDED, MEANING, NO_METER, OF_READINGS, int_array, repeat_cause


def test_every_cause_is_explained() -> None:
    assert set(MEANING) == set(CAUSES)
    assert all(MEANING.values())
    assert DECIDED < OF_READINGS < set(CAUSES)


def test_a_cause_is_repeated_by_its_place() -> None:
    for cause in CAUSES:
        assert [CAUSES[place] for place in repeat_cause(cause, 2)] == [cause, cause]
    assert len(repeat_cause("gap", 0)) == 0


def test_an_array_of_whole_numbers_has_its_type_even_if_it_is_empty() -> None:
    assert int_array([]).dtype == np.int64
    assert int_array([3, NO_METER], np.int32).tolist() == [3, -1]


def test_meters_that_are_not_known_have_no_attributes(engine: Engine) -> None:
    state = engine.site_state()
    codes = int_array([engine.code_of("a"), NO_METER, engine.code_of("b"), 99], np.int32)
    groups = state.group_of(codes, np.full(4, state.now, dtype=np.int64))
    assert [state.groups[group].region for group in groups] == ["East", "", "West", ""]
