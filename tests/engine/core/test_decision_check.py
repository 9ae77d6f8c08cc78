"""What a decision comes to, given what is stored and what was decided before; and why it is not possible."""

from __future__ import annotations

import pytest

from metertui.engine.base.zone import HOUR
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision, check_decision
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.vee.edits import Edit
from tests.engine.core.commits import ZONE, commit

DAY = "2025-03-10"


@pytest.fixture(autouse=True)
def _readings(engine: Engine) -> None:
    registers = {"00:00": "1000", "01:00": "1001", "02:00": "3", "03:00": "4"}
    commit(engine, *(("m", kwh, f"{DAY}T{clock}") for clock, kwh in registers.items()))


def check(engine: Engine, decision: Decision, *earlier: Edit) -> list[Edit]:
    """Return the edits of a decision that is made after others."""
    basis = bases_of(engine)(decision.meter)
    decided = basis.decided.frozen()
    for edit in earlier:
        decided.apply_edit(edit)
    return check_decision(basis, decision, decided, basis.series(decided), "ann", engine.clock.now())


def decision(what: str, clock: str, *registers: int, reason: str = "x") -> Decision:
    return Decision(what, "m", ZONE.parse(f"{DAY}T{clock}"), reason, *registers)


def test_a_decision_names_the_value_that_stands(engine: Engine) -> None:
    [void] = check(engine, decision("void", "02:00"))
    assert (void.kind, void.at, void.wh, void.who) == ("void", ZONE.parse(f"{DAY}T02:00"), 3000, "ann")


def test_a_decision_about_a_time_has_an_edit_for_each_reading_of_it(engine: Engine) -> None:
    span = decision("void", "00:30")._replace(until=ZONE.parse(f"{DAY}T02:00"))
    voids = check(engine, span)
    assert [edit.wh for edit in voids] == [1_001_000, 3000]
    assert [edit.wh for edit in check(engine, span._replace(what="unvoid"), *voids)] == [1_001_000, 3000]
    with pytest.raises(MeterError, match=r"m has no reading to void from .*T00:30:00.* to .*T02:00:00"):
        check(engine, span, *voids)
    with pytest.raises(MeterError, match="release is about one instant, not about a span of time"):
        check(engine, span._replace(what="release"))


@pytest.mark.parametrize("what", ["void", "release"])
def test_a_decision_stands_once(engine: Engine, what: str) -> None:
    first = check(engine, decision(what, "02:00"))
    with pytest.raises(MeterError, match=r"is (void|released) already"):
        check(engine, decision(what, "02:00"), *first)


@pytest.mark.parametrize(
    ("what", "clock", "registers", "reason", "why"),
    [
        (
            "void",
            "00:30",
            (),
            "x",
            "m has no reading at 2025-03-10T00:30:00.*; its nearest is at 2025-03-10T0[01]:00:00",
        ),
        ("release", "01:00", (), "x", "counts already"),
        ("void", "01:00", (), " ", "needs a reason"),
        ("void", "01:00", (), "x" * 401, "at most 400 characters"),
        (
            "exchange",
            "01:30",
            (999_999, 0),
            "x",
            "a final reading of 999.999 kWh is lower than the reading before, 1001 kWh at 2025-03-10 01:00:00",
        ),
        (
            "exchange",
            "01:30",
            (1_001_000, 4001),
            "x",
            "the next reading, 3 kWh at 2025-03-10 02:00:00, does not fit an initial reading of 4.001",
        ),
        ("exchange", "02:00", (1_001_000, 0), "x", "3 kWh is stored at .*, neither the final nor the initial"),
        ("mend", "02:00", (), "x", "mend is not a kind of decision"),
    ],
)
def test_a_decision_that_is_not_possible_is_one_sentence(
    engine: Engine, what: str, clock: str, registers: tuple[int, ...], reason: str, why: str
) -> None:
    with pytest.raises(MeterError, match=why):
        check(engine, decision(what, clock, *registers, reason=reason))


def test_an_exchange_is_declared_when_it_is_done(engine: Engine) -> None:
    with pytest.raises(MeterError, match="in the future"):
        check(engine, Decision("exchange", "m", engine.clock.now() + HOUR, "x", 5000, 0))


def test_a_void_value_is_no_correction_of_itself(engine: Engine) -> None:
    void = check(engine, decision("void", "02:00"))
    with pytest.raises(MeterError, match=r"has been made void with 3 kWh; undo that instead"):
        check(engine, decision("correct", "02:00")._replace(wh=3000), *void)
