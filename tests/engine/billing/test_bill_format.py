"""Bills as rows of a CSV, with their lines as JSON."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base import SiteZone
from metertui.engine.billing import bill_format
from metertui.engine.billing.charges import KINDS, Charge
from metertui.engine.billing.statements import NO_TARIFF, Figures, Statement, money_text
from metertui.engine.usage import Edge

ZONE = SiteZone("Europe/London")
TIMES = st.integers(0, 4_000_000_000).map(lambda seconds: seconds * 1_000_000)
PRICES = st.decimals(0, 999_999, allow_nan=False, places=4)
CHARGES = st.builds(
    Charge,
    st.sampled_from(KINDS),
    TIMES,
    TIMES,
    st.text(st.characters(exclude_categories=["C"])),
    st.integers(0, 10**12),
    PRICES,
    PRICES,
    st.integers(0, 10**12),
    st.text(),
)


def statement(*charges: Charge) -> Statement:
    return Statement("m-1", "2025-02", None, None, None, 0, 0, charges)


@given(st.lists(CHARGES, max_size=4))
def test_lines_are_read_back_as_they_were_written(charges: list[Charge]) -> None:
    text = bill_format.lines_text(statement(*charges), ZONE)
    assert bill_format.parse_lines(text, ZONE) == tuple(charges)


def test_a_line_has_the_keys_that_other_programs_read() -> None:
    start, end = ZONE.parse("2025-02-01T00:00"), ZONE.parse("2025-03-01T00:00")
    charge = Charge(KINDS[0], start, end, "peak", 672_500, Decimal("28.10"), Decimal(9), 18_897)
    assert json.loads(bill_format.lines_text(statement(charge), ZONE)) == [
        {
            "from": "2025-02-01T00:00:00+00:00",
            "to": "2025-03-01T00:00:00+00:00",
            "band": "peak",
            "usage_kwh": 672.5,
            "cents_per_kwh": "28.10",
            "amount": "188.97",
            "tax_percent": "9",
            "note": "",
        }
    ]


@pytest.mark.parametrize(
    "text",
    ["{", "[1]", '["x"]', "[{}]", "1", '{"from":1}', "[" * 100_000, '[{"from":"2025-02-01","usage_kwh":1}]'],
)
def test_lines_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        bill_format.parse_lines(text, ZONE)


def test_a_bill_without_a_price_has_empty_cells_and_its_reason() -> None:
    edges = Edge(ZONE.parse("2025-02-01T00:00"), 1000, "first"), Edge(ZONE.parse("2025-03-01T00:00"), 3500, "actual")
    bill = Statement("m-1", "2025-02", *edges, 2500, 2, 0, reason=NO_TARIFF)
    cells = dict(zip(bill_format.ROW, bill_format.cells(bill, ZONE), strict=True))
    assert (cells["opening_kwh"], cells["closing_kwh"], cells["usage_kwh"]) == ("1", "3.5", "2.5")
    assert [cells[name] for name in ("lines", "net", "tax", "total", "currency")] == [""] * 5
    assert cells["reason"] == NO_TARIFF


def test_figures_have_kwh_as_a_number_and_money_as_text() -> None:
    assert bill_format.figures_object(Figures(-1500, -30, 2, -28)) == {
        "usage_kwh": -1.5,
        "net": "-0.30",
        "tax": "0.02",
        "total": "-0.28",
    }


@given(st.integers(-(10**12), 10**12))
def test_kwh_and_money_are_read_back_exactly(value: int) -> None:
    assert bill_format.wh_of(bill_format.kwh_text(value)) == value
    assert bill_format.cents_of(money_text(value) or "") == value


@pytest.mark.parametrize("text", ["", "1.2345", "1e3", "+1", " 1", "١"])
def test_what_is_no_number_of_kwh_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number of kWh"):
        bill_format.wh_of(text)
