"""The decisions that apply to cases, without a screen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metertui.engine.core import NOT_SAID, Decision
from metertui.engine.errors import MeterError
from metertui.engine.vee.edits import Edit, MeterEdits
from metertui.engine.worklist.cases import Cause, ExceptionRow
from metertui.screens.decisions import decision_choices as choices
from metertui.screens.decisions.decision_choices import PREVIEW


def case(meter: str, cause: Cause = "suspect", *, time: int = 7, known: bool = True) -> ExceptionRow:
    return ExceptionRow(meter, time, 5, cause, "it is lower", "North", None, (), known=known)


def test_each_case_is_decided_once() -> None:
    rows = [case("a"), case("b"), case("a", "reset")]
    assert choices.decisions("void", rows) == [Decision("void", "a", 7, PREVIEW), Decision("void", "b", 7, PREVIEW)]


@pytest.mark.parametrize(
    ("what", "rows", "why"),
    [
        ("void", [], "no case is selected"),
        ("void", [case("a")] * (choices.MOST + 1), "501 cases are selected; at most 500 can be decided together"),
        (
            "void",
            [case("a", "silent")],
            "void does not apply to a silent meter; a accept, k request reading, n note do",
        ),
        (
            "release",
            [case("a", "drift"), case("b"), case("c", "drift")],
            "release does not apply to a clock that runs ahead; 2 of the 3 selected are of that kind; "
            "press space to deselect them",
        ),
        (
            "release",
            [case("a", "reset"), case("b")],
            "release does not apply to a reset reading; 1 of the 2 selected is of that kind; "
            "press space to deselect it",
        ),
        ("exchange", [case("a"), case("b")], "declare an exchange for one meter at a time"),
        (
            "exchange",
            [case("a", "reset"), case("a", "reset", time=9)],
            "declare it at one of the 2 cases of a; enter lists them",
        ),
        ("correct", [case("a"), case("b")], "correct one reading at a time"),
    ],
)
def test_a_decision_that_does_not_apply_says_why(what: str, rows: list[ExceptionRow], why: str) -> None:
    with pytest.raises(MeterError) as error:
        choices.decisions(what, rows)
    assert str(error.value) == why


def test_cases_of_unknown_meters_cannot_be_decided() -> None:
    stranger = replace(case("999", "refused", known=False), code="not-registered")
    malformed = replace(stranger, code="bad-reading")
    assert choices.unknown([case("a")]) == ""
    assert choices.unknown([stranger]).startswith(
        "this case is about an unknown meter, and can only be accepted (a) or noted (n): register"
    )
    assert choices.unknown([malformed]).endswith("(a) or noted (n)"), "that the meter is registered would not help"
    assert choices.unknown([stranger, case("a")]) == (
        "1 of the 2 selected is about an unknown meter, and can only be accepted (a) or noted (n)"
    )
    with pytest.raises(MeterError, match="unknown meter"):
        choices.decisions("reask", [stranger])
    nobody = case("", "refused", known=False)
    assert choices.unknown([nobody]).startswith("this case is about no meter, and can only be accepted")
    assert choices.decisions("accept", [stranger, nobody]) == [
        Decision("accept", "999", 7, PREVIEW), Decision("accept", "", 7, PREVIEW)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("done", "undone"),
    [
        ("void", "unvoid"),
        ("correct", "uncorrect"),
        ("release", "unrelease"),
        ("exchange", "unexchange"),
        ("accept", "unaccept"),
    ],
)
def test_a_decision_is_undone_by_its_opposite(done: str, undone: str) -> None:
    edits = [Edit(1, "a", done, 7, "ada", "Storm"), Edit(2, "a", done, 7, "ada", "Storm")]
    assert choices.undo_decisions(edits) == [Decision(undone, "a", 7, PREVIEW)]


def test_a_void_is_undone_by_the_value_that_it_names() -> None:
    [undoing] = choices.undo_decisions([Edit(1, "a", "void", 7, "ada", "Storm", wh=850)])
    assert (undoing.what, undoing.wh) == ("unvoid", 850)


def test_the_voids_of_a_whole_time_are_undone_by_one_decision() -> None:
    edits = MeterEdits()
    voids = [Edit(1, "a", "void", at, "ada", "Storm", wh=at) for at in (5, 6, 7, 9)]
    for each in voids:
        edits.apply_edit(each)
    one = Decision("unvoid", "a", 5, PREVIEW, until=9)
    assert choices.undo_decisions(voids, {"a": edits}.get) == [one]
    assert choices.undo_decisions(voids[::-1], {"a": edits}.get) == [one]
    assert len(choices.undo_decisions([voids[0], voids[2]], {"a": edits}.get)) == 2, "another void is between them"
    other = Edit(1, "b", "accept", 6, "ada", "Storm")
    assert [each.what for each in choices.undo_decisions([*voids, other], {"a": edits}.get)] == ["unvoid", "unaccept"]


def test_a_correction_proposes_what_a_conflict_brought() -> None:
    [conflict] = choices.decisions("correct", [case("a", "conflict")])
    [suspect] = choices.decisions("correct", [case("a")])
    assert (conflict.wh, suspect.wh) == (5, NOT_SAID)


def test_what_changes_no_figure_can_be_decided_about_any_number_of_cases() -> None:
    assert len(choices.decisions("accept", [case("a", time=at) for at in range(choices.MOST + 1)])) == choices.MOST + 1


def test_without_edits_there_is_nothing_to_undo() -> None:
    with pytest.raises(MeterError, match="there is no decision to undo"):
        choices.undo_decisions([])


@pytest.mark.parametrize(
    ("what", "count", "said"),
    [
        ("void", 1, "1 case is void; press u to undo."),
        ("reask", 2, "2 cases are marked for reading."),
        ("note", 1, "1 case is noted."),
        ("unvoid", 1, "1 decision undone: void."),
        ("unaccept", 3, "3 decisions undone: accept."),
        ("correct", 1, "1 case is corrected; press u to undo."),
    ],
)
def test_a_result_says_how_to_undo_it_where_it_can_be_undone(what: str, count: int, said: str) -> None:
    assert choices.result_sentence(what, count) == said
