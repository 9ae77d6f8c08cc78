"""Edits of one meter: what is in force of them, by instant and value, and as columns."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.columns import FIRST, Contested
from metertui.engine.vee.edits import Edit, MeterEdits, corrections_from
from metertui.engine.vee.standing import standing

AT = SiteZone("Asia/Singapore").parse("2025-03-10T02:00:00")


def edit(kind: str, at: int = AT, wh: int = FIRST, to: int = 0, *, decided: int = 0) -> Edit:
    registers = (9000, 100) if kind == "exchange" else (0, 0)
    return Edit(decided, "m", kind, at, "ann", "a reason", *registers, wh, to)


def made(*edits: Edit) -> MeterEdits:
    found = MeterEdits()
    for each in edits:
        found.apply_edit(each)
    return found


def stands(found: MeterEdits, *values: int) -> int | None:
    return standing(values, found.verdicts_at(AT))


def test_a_void_and_its_undoing_are_about_the_value_that_they_name() -> None:
    found = made(edit("void", wh=850))
    assert (stands(found, 850), stands(found, 850, 580), stands(found, 580)) == (None, 580, 580)
    found.apply_edit(edit("void", wh=580))
    assert stands(found, 850, 580) is None
    found.apply_edit(edit("unvoid", wh=850))
    assert stands(found, 850, 580) == 850
    assert [each.wh for each in found.in_force("void")] == [580]


def test_a_void_without_a_value_means_the_first_that_was_stored() -> None:
    found = made(edit("void"))
    assert (stands(found, 850), stands(found, 850, 580)) == (None, 580)
    found.apply_edit(edit("unvoid", wh=850))  # as it is undone by someone who has seen the value
    assert stands(found, 850) == 850
    assert list(found.in_force("void")) == []
    again = made(edit("void", wh=580), edit("unvoid"))  # written by hand: the latest
    assert (stands(again, 850, 580), list(again.in_force("void"))) == (850, [])


def test_a_correction_is_undone_to_what_stood_before() -> None:
    found = made(edit("correct", wh=850, to=580))
    assert stands(found, 850, 580) == 580
    found.apply_edit(edit("correct", wh=580, to=600))
    assert stands(found, 850, 580, 600) == 600
    found.apply_edit(edit("uncorrect", wh=580, to=600))
    assert stands(found, 850, 580, 600) == 580
    found.apply_edit(edit("uncorrect", wh=850, to=580))
    assert stands(found, 850, 580, 600) == 850
    assert found.corrects == {}


def test_what_was_void_before_a_correction_is_void_after_its_undoing() -> None:
    for value in (850, FIRST):
        found = made(edit("void", wh=value), edit("correct", wh=850, to=580), edit("uncorrect", wh=850, to=580))
        assert stands(found, 850, 580) is None
        found.apply_edit(edit("unvoid", wh=value))
        assert stands(found, 850, 580) == 850


def test_a_correction_can_bring_a_void_value_back() -> None:
    for value in (850, FIRST):
        found = made(edit("void", wh=value), edit("correct", wh=580, to=850))
        assert stands(found, 850, 580) == 850


def test_a_release_is_of_the_value_that_it_names() -> None:
    found = made(edit("release", wh=850))
    assert (found.is_released(AT, 850, 850), found.is_released(AT, 580, 850)) == (True, False)
    older = made(edit("release"))
    assert (older.is_released(AT, 850, 850), older.is_released(AT, 580, 850)) == (True, False)
    found.apply_edit(edit("unrelease", wh=850))
    assert not found.is_released(AT, 850, 850)


def test_an_accepted_case_is_open_again_once_another_reading_stands() -> None:
    found = made(edit("accept"))
    assert found.edit_at(AT, 850) == found.accept_at(AT) != None  # noqa: E711
    found.apply_edit(edit("void", wh=850))
    assert found.accept_at(AT) is None
    assert list(found.in_force("accept")) == []
    found.apply_edit(edit("unvoid", wh=850))
    assert found.accept_at(AT) is not None


def test_what_an_instant_says_of_its_reading() -> None:
    found = made(edit("void", wh=850, decided=1), edit("correct", wh=850, to=580, decided=2))
    assert found.void_of(AT, 850) is not None
    assert found.void_of(AT, 580) is None
    correction = found.correction_to(AT, 580)
    assert correction is not None
    assert found.latest_decision(AT) is correction
    assert found.correction_to(AT, 850) is None
    assert (found.latest_verdict, MeterEdits().latest_verdict) == (AT, -1)


def test_a_copy_goes_its_own_way() -> None:
    found = made(edit("void", wh=850), edit("correct", AT + HOUR, 1, 2))
    other = found.frozen()
    other.apply_edit(edit("unvoid", wh=850))
    other.apply_edit(edit("uncorrect", AT + HOUR, 1, 2))
    assert (stands(found, 850), stands(other, 850)) == (None, 850)
    assert (len(found.corrects), len(other.corrects)) == (1, 0)


def test_edits_become_columns_in_order_of_meter_and_time() -> None:
    second = made(edit("void", AT + HOUR, 7), edit("void"), edit("release", AT + 3 * HOUR), edit("accept", AT))
    found = corrections_from({7: second, 3: made(edit("exchange"))})
    assert found is not None
    assert (found.void_meter.tolist(), found.void_time.tolist()) == ([7, 7], [AT, AT + HOUR])
    assert (found.void_wh.tolist(), found.contested) == ([FIRST, 7], ())
    assert (found.release_meter.tolist(), found.release_time.tolist()) == ([7], [AT + 3 * HOUR])
    assert [part.tolist() for part in found[7:11]] == [[3], [AT], [9000], [100]]
    assert corrections_from({1: made(edit("accept"))}) is None


def test_instants_with_several_values_need_a_closer_look() -> None:
    shared = {1: {AT: (850, 580)}, 2: {AT: (1, 2)}}
    found = corrections_from({1: made(edit("correct", wh=850, to=580)), 2: made(edit("void", AT + HOUR, 5))}, shared)
    assert found is not None
    assert found.contested == (
        Contested(1, AT, (850, 580), {850: True, 580: False}, (580,)),
        Contested(2, AT, (1, 2), {}),
    )
    assert (found.void_meter.tolist(), found.void_time.tolist()) == ([2], [AT + HOUR])
    assert list(found.unsure()) == [(2, AT + HOUR), (1, AT), (2, AT)]


@pytest.mark.parametrize(("void", "unvoid"), [(850, FIRST), (FIRST, 850), (850, 850), (FIRST, FIRST)])
def test_a_void_is_undone_though_one_of_the_two_names_no_value(void: int, unvoid: int) -> None:
    """As in the files of earlier versions."""
    found = made(edit("void", wh=void))
    assert stands(found, 850) is None
    found.apply_edit(edit("unvoid", wh=unvoid))
    assert stands(found, 850) == 850
    assert not list(found.in_force("void"))


@pytest.mark.parametrize("kind", ["void", "release", "correct", "exchange", "accept", "note"])
def test_what_was_frozen_is_not_changed_by_a_later_edit_of_the_same_instant(kind: str) -> None:
    found = made(edit(kind, wh=850, to=860))
    before = copy.deepcopy(kept := found.frozen())
    found.apply_edit(edit(kind, wh=580, to=590, decided=1))
    assert kept == before
    assert found != before


KINDS = ("void", "unvoid", "release", "unrelease", "correct", "uncorrect", "exchange", "unexchange", "accept", "note")


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 1), st.sampled_from([FIRST, 5]), st.integers(6, 7))))
def test_an_edit_is_in_force_where_it_is_among_those_in_force(wanted: list[tuple[str, int, int, int]]) -> None:
    edits = [edit(kind, AT + at, wh, to, decided=place) for place, (kind, at, wh, to) in enumerate(wanted)]
    found = made(*edits)
    in_force = {id(each) for kind in set(KINDS) - {"note"} for each in found.in_force(kind)}
    assert [found.is_in_force(each) for each in edits] == [id(each) in in_force for each in edits]
