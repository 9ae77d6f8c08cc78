"""A proof: all failures are counted, the first ones are kept, and equal figures are no failure."""

from __future__ import annotations

from metertui.engine.maintenance.proof import Proof


def test_all_failures_are_counted_and_the_first_are_kept() -> None:
    proof = Proof("things")
    for number in range(30):
        proof.fail(str(number))
    assert (proof.failures, proof.problems) == (30, [str(number) for number in range(20)])


def test_figures_are_compared_in_kwh() -> None:
    proof = Proof("sums")
    proof.check_equal(1500, 1500, "day")
    assert (proof.count, proof.failures) == (1, 0)
    proof.check_equal(1500, 1501, "month")
    assert (proof.count, proof.problems) == (2, ["month: 1.501 kWh is not 1.5 kWh"])
