"""What a statement says beside its figures."""

from __future__ import annotations

from dataclasses import replace

from metertui.engine.base import DAY, HOUR
from metertui.engine.usage import Edge
from metertui.text.statement_words import basis_sentence
from tests.screens.billing.test_statement import BILL, FEBRUARY, MIDDLE, ZONE

NOTHING = {"opening": None, "closing": None}


def test_a_statement_says_in_a_sentence_what_it_is_based_on() -> None:
    first, last = Edge(FEBRUARY + DAY, 1, "first"), Edge(MIDDLE + HOUR, 2, "last")
    for changes, sentence in (
        ({}, "the register is estimated at the start and was read at the end."),
        ({"opening": Edge(FEBRUARY, 1, "actual")}, "the register was read at the start and at the end."),
        ({"opening": first, "closing": BILL.closing, "suspect": 2}, "of them are not counted (F7 says why)."),
        ({"closing": last}, "and is known up to its last reading, 15 Feb 2025 01:00."),
        ({"opening": first, "suspect": 1, "readings": 1}, "and was read at the end; it is not counted (F7 says why)."),
        ({"readings": 0}, "Based on no reading of this month: the register is estimated at the start and was"),
        ({**NOTHING, "readings": 0}, "There is no data for this month: no reading of it is stored."),
        ({**NOTHING, "readings": 1}, "There is no data for this month, though 1 reading of it is stored."),
        ({**NOTHING, "suspect": 2}, "of it are stored; 2 of them are not counted (F7 says why)."),
    ):
        said = basis_sentence(replace(BILL, **changes), ZONE)
        assert said.startswith(("Based on ", "There is no data"))
        assert sentence in said
    assert "is known from its first reading on, 2 Feb 2025 00:00 and" in basis_sentence(
        replace(BILL, opening=first), ZONE
    )
    assert basis_sentence(replace(BILL, suspect=2), ZONE, where="").endswith("2 of them are not counted.")
    assert BILL.opening is not None
    several = replace(BILL, opening=replace(BILL.opening, wh=None))
    assert basis_sentence(several, ZONE).startswith("Based on 56 readings or intervals of all registers: their sum is")
