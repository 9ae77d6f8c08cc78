"""An answer about many meters in words."""

from __future__ import annotations

import pytest

from metertui.engine.reports.disclosure import Rule
from metertui.engine.usage import aggregate
from metertui.text import answers


def test_every_key_of_a_question_has_a_name() -> None:
    assert list(answers.KEYS) == list(aggregate.KEYS)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule(10, 0.5), "fewer than 10 meters, or one uses more than 50%"),
        (Rule(5, 0.25), "fewer than 5 meters, or one uses more than 25%"),
    ],
)
def test_reason_of_hidden_figures_states_the_rule(rule: Rule, text: str) -> None:
    assert answers.why(rule) == text
