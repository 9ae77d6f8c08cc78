"""What decisions would change, before anyone asks for them."""

from __future__ import annotations

import pytest

from metertui.engine.worklist.cases import ExceptionRow
from metertui.screens.decisions import decision_choices, offers
from metertui.screens.decisions.offers import Offer
from tests.screens.billing.test_billing import TARIFFS
from tests.screens.town import HOSTILE, STEADY, Town


async def found(town: Town, *rows: ExceptionRow) -> dict[str, Offer]:
    return {what: offer async for what, offer in offers.offers_of(rows, town.headend)}


async def test_each_decision_that_applies_is_worked_out(troubled: Town) -> None:
    (troubled.folder / "tariffs.csv").write_text(TARIFFS)
    troubled.read((STEADY, "2700", "2025-03-12T10:36:00"))
    cases = {(row.meter, row.cause): row for row in (await troubled.headend.worklist.exceptions()).rows}
    bad = cases[STEADY, "rejected"]
    assert await found(troubled, bad) == {
        "void": Offer(),
        "correct": Offer(note="asks for the value"),
        "release": Offer(-9_500, round(-9.5 * 31.2 * 1.09)),  # what follows would not fit it
    }
    reset = await found(troubled, cases[HOSTILE, "reset"])
    assert reset["void"] == Offer(-1_000, -22)
    assert reset["exchange"] == Offer()
    assert await found(troubled, bad, cases[HOSTILE, "reset"]) == {"void": reset["void"]}
    assert await found(troubled, *[bad] * (offers.MOST + 1)) == {
        "void": Offer(note="its window shows what changes"),
        "release": Offer(note="its window shows what changes"),
    }
    at = bad.time
    [effect] = await troubled.headend.corrections.apply(decision_choices.decisions("void", [bad]), "ada")
    assert effect.event.at == at
    assert (await found(troubled, bad))["void"].note.startswith("not possible: ")


@pytest.mark.parametrize(("width", "lines"), [(51, 5), (80, 4)])
def test_lines_have_figures_under_their_units_and_fit(width: int, lines: int) -> None:
    row = ExceptionRow("m-1", 7, 5, "rejected", "it is lower", "North", None, ())
    known = {
        "void": Offer(-1_000, None),
        "correct": Offer(note="asks for the value"),
        "release": Offer(99_999_999_999, 5),
    }
    text = offers.offer_lines([row], known, "SGD", width)
    drawn = text.plain.splitlines()
    assert len(drawn) == lines
    assert all(len(line) <= width for line in drawn)
    assert drawn[1].startswith(" v Void              −1.000           –")
    assert drawn[0][: len(" v Void              −1.000")].endswith("kWh")
    assert "+99 999 999.999       +0.05" in text.plain
    assert drawn[-1].endswith("· figures stay")
    assert "…" in offers.offer_lines([row], {}, "SGD", width).plain


def test_no_word_of_the_decisions_is_cut_in_a_narrow_pane() -> None:
    row = ExceptionRow("m-1", 7, 5, "gap", "long", "North", None, ())
    wide, narrow = (offers.offer_lines([row], {}, "SGD", width).plain.splitlines()[-1] for width in (60, 46))
    assert wide == f"{narrow}· figures stay"
    assert len(narrow) <= 46


@pytest.mark.parametrize("width", [46, 78, 130])
def test_two_figures_are_never_one_and_a_reason_is_read_whole(width: int) -> None:
    row = ExceptionRow("m-1", 7, 5, "rejected", "it is lower", "North", None, ())
    text = offers.offer_lines([row], {"release": Offer(99_776_392_926, 3_249_637_296)}, "SGD", width).plain
    heading, line = text.splitlines()[0], next(each for each in text.splitlines() if "Release" in each)
    assert "Release  +99 776 392.926  +32 496 372.96" in line
    assert heading.startswith("   decision             kWh             SGD")
    why = "not possible: m-1 has no reading"
    text = offers.offer_lines([row], {"void": Offer(note=why)}, "SGD", width).plain
    assert why in text
    assert all(len(each) <= width for each in text.splitlines())
