"""The base of the tabs: the outcome of a request becomes a sentence."""

from __future__ import annotations

import pytest

from metertui.engine.base import Outcome
from metertui.screens.company.tab import Tab


class Listening(Tab):
    """A tab that keeps what it says."""

    name_of = "listening"

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome("ok"), "1 is stored"),
        (Outcome("suspect", text="it is lower"), "1 is stored, but suspect: it is lower"),
        (Outcome("duplicate"), "1 is stored already; nothing changes"),
        (Outcome("refused", "conflict", "another value"), "! conflict: another value"),
    ],
)
def test_an_outcome_is_said_in_a_sentence(outcome: Outcome, said: str) -> None:
    tab = Listening()
    tab.say_outcome(outcome, "1 is stored")
    assert tab.said == [said]
