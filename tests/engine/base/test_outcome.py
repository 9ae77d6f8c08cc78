"""Outcomes of requests."""

from __future__ import annotations

import pytest

from metertui.engine.base.outcome import DUPLICATE, OK, Outcome, refused, suspect


@pytest.mark.parametrize(
    ("outcome", "stored"),
    [(OK, True), (DUPLICATE, True), (suspect("it leaps"), True), (refused("conflict", "x"), False)],
)
def test_only_a_refused_request_is_not_stored(outcome: Outcome, stored: bool) -> None:
    assert outcome.stored is stored


def test_a_refusal_has_the_code_of_the_protocol_and_a_suspect_only_a_reason() -> None:
    assert refused("conflict", "another value") == Outcome("refused", "conflict", "another value")
    assert suspect("it leaps") == Outcome("suspect", "", "it leaps")
