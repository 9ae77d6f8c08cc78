"""The paper of a bill, for any charges."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from io import StringIO

from rich.console import Console

from metertui.engine.base import SiteZone
from metertui.engine.billing import ENERGY, Charge, ShownBill
from metertui.engine.billing.charges import Kind
from metertui.engine.billing.statements import Figures, Statement
from metertui.engine.usage import Edge
from metertui.screens.billing.statement import draw_statement

ZONE = SiteZone("Asia/Singapore")
FEBRUARY, MIDDLE, MARCH = (ZONE.parse(f"2025-{day}T00:00") for day in ("02-01", "02-15", "03-01"))
CHARGES = (
    Charge(ENERGY, FEBRUARY, MIDDLE, "", 1_336_000, Decimal("20.5"), Decimal(9), 27_388),
    Charge(ENERGY, MIDDLE, MARCH, "peak", 224_500, Decimal(30), Decimal("8.25"), 6735, "no reading for 30.0 h"),
)
BILL = Statement(
    "m-1",
    "2025-02",
    Edge(FEBRUARY, 1_000_000, "estimated"),
    Edge(MARCH, 2_560_500, "actual"),
    1_560_500,
    56,
    0,
    CHARGES,
    134_123,
    3000,
    137_123,
    "SGD",
)


def drawn(shown: ShownBill, warning: str = "") -> list[str]:
    """Return the lines of the paper, without the blanks at their ends and with one blank between words."""
    file = StringIO()
    rests_on = ("56 readings", "")
    Console(file=file, width=100).print(draw_statement(shown, {}, ZONE, state="", rests_on=rests_on, warning=warning))
    return [" ".join(line.split()) for line in file.getvalue().splitlines() if line.strip()]


def test_figures_stand_under_each_other_with_the_same_decimals() -> None:
    lines = drawn(ShownBill(BILL))
    assert "opening register 1 000.000 kWh 2025-02-01 00:00:00, estimated" in lines
    assert "from – to band kWh ¢/kWh tax % SGD" in lines
    assert "02-01 – 02-14 1 336.000 20.5 9.00 273.88" in lines
    assert "2) 02-15 – 02-28 peak 224.500 30.0 8.25 67.35" in lines
    assert [line for line in lines if line.startswith(("net", "tax", "TOTAL"))] == [
        "net 1 341.23",
        "tax 30.00",
        "TOTAL 1 371.23",
    ]
    assert "2) no reading for 30.0 h" in lines


def test_a_charge_that_does_not_begin_at_midnight_has_its_time() -> None:
    later = replace(CHARGES[0], start=ZONE.parse("2025-02-10T08:30"))
    assert "02-10 08:30 – 02-15 1 336.000 20.5 9 273.88" in drawn(ShownBill(replace(BILL, charges=(later,))))


def test_charges_of_several_kinds_name_their_units() -> None:
    daily = Charge(
        Kind("days", 0, "days", "cents_per_day"), FEBRUARY, MARCH, "daily charge", 28_000, Decimal(30), Decimal(9), 840
    )
    lines = drawn(ShownBill(replace(BILL, charges=(CHARGES[0], daily))))
    assert "from – to band quantity ¢/unit tax % SGD" in lines
    assert "02-01 – 02-14 1 336.000 kWh 20.5 9 273.88" in lines
    assert "02-01 – 02-28 daily charge 28 days 30.0 9 8.40" in lines


def test_a_bill_without_money_says_why() -> None:
    lines = drawn(ShownBill(replace(BILL, charges=None, reason="no tariffs are set up, so there is no price")))
    assert "There are no amounts: no tariffs are set up, so there is no price." in lines
    assert not any("TOTAL" in line for line in lines)


def test_changes_since_it_was_issued_are_below_it() -> None:
    lines = drawn(ShownBill(BILL, FEBRUARY, Figures(1500, 30, 3, 33), Figures(-2000, -40, -4, -44)), "it was edited")
    assert "Billed in addition since it was issued: +1.500 kWh, +0.33 SGD with tax" in lines
    assert "corrections, tariffs or rules: -2.000 kWh, -0.44 SGD with tax" in " ".join(lines)
    assert "! it was edited" in lines
