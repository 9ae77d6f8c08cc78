"""The paper of a bill, for any charges."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from metertui.engine.base import SiteZone
from metertui.engine.billing import ENERGY, Charge, ShownBill
from metertui.engine.billing.charges import Kind
from metertui.engine.billing.statements import Figures, Statement
from metertui.engine.usage import Edge
from metertui.screens.billing.statement import draw_statement
from metertui.screens.tables.copying import PAPER_WIDTH, paper_text

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
    text = paper_text(draw_statement(shown, {}, ZONE, state="", warning=warning))
    return [" ".join(line.split()) for line in text.splitlines() if line]


def test_figures_stand_under_each_other_with_the_same_decimals() -> None:
    lines = drawn(ShownBill(BILL))
    assert "STATEMENT 1 Feb 2025 – 28 Feb 2025" in lines
    assert "opening register 1 000.000 kWh 1 Feb 2025 00:00, estimated" in lines
    assert "from – to band kWh ¢/kWh tax % SGD" in lines
    assert "1 Feb – 14 Feb 1 336.000 20.5 9.00 273.88" in lines
    assert "2) 15 Feb – 28 Feb peak 224.500 30.0 8.25 67.35" in lines
    assert [line for line in lines if line.startswith(("net", "tax", "TOTAL"))] == [
        "net 1 341.23",
        "tax 30.00",
        "TOTAL 1 371.23",
    ]
    assert "2) no reading for 30.0 h" in lines
    note = "no reading after 2025-02-20T10:30:00+08:00"
    twice = ShownBill(replace(BILL, charges=tuple(replace(charge, note=note) for charge in CHARGES)))
    assert "1, 2) no reading after 20 Feb 2025 10:30" in drawn(twice)


def test_a_charge_that_does_not_begin_at_midnight_has_its_time() -> None:
    later = replace(CHARGES[0], start=ZONE.parse("2025-02-10T08:30"))
    assert "10 Feb 08:30 – 15 Feb 1 336.000 20.5 9 273.88" in drawn(ShownBill(replace(BILL, charges=(later,))))


def test_charges_of_several_kinds_name_their_units() -> None:
    daily = Charge(
        Kind("days", 0, "days", "cents_per_day"), FEBRUARY, MARCH, "daily charge", 28_000, Decimal(30), Decimal(9), 840
    )
    lines = drawn(ShownBill(replace(BILL, charges=(CHARGES[0], daily))))
    assert "from – to band quantity ¢/unit tax % SGD" in lines
    assert "1 Feb – 14 Feb 1 336.000 kWh 20.5 9 273.88" in lines
    assert "1 Feb – 28 Feb daily charge 28 days 30.0 9 8.40" in lines


def test_a_bill_without_money_says_why() -> None:
    lines = drawn(ShownBill(replace(BILL, charges=None, reason="no tariffs are set up, so there is no price")))
    assert "There are no amounts: no tariffs are set up, so there is no price." in lines
    assert not any("TOTAL" in line for line in lines)


def test_changes_since_it_was_issued_are_below_it() -> None:
    lines = drawn(ShownBill(BILL, FEBRUARY, Figures(1500, 30, 3, 33), Figures(-2000, -40, -4, -44)), "it was edited")
    assert "Billed in addition since it was issued: +1.500 kWh, +0.33 SGD with tax" in lines
    assert "corrections, tariffs or rules: −2.000 kWh, −0.44 SGD with tax" in " ".join(lines)
    assert "! it was edited" in lines


def test_a_statement_as_text_fits_a_page() -> None:
    lines = paper_text(draw_statement(ShownBill(BILL), {"address": "1 Long Street " * 9}, ZONE, state="")).splitlines()
    assert max(map(len, lines)) <= PAPER_WIDTH
    assert not any(line.endswith(" ") for line in lines)
