"""Meter ids and register readings, from text and back."""

from __future__ import annotations

import csv
import io
from decimal import ROUND_HALF_EVEN, Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.registers import MAX_WH, disarm_formula, format_kwh, kwh_number, parse_kwh
from metertui.engine.errors import Refused


@pytest.mark.parametrize(
    ("text", "wh"),
    [
        ("0", 0),
        ("144.5", 144_500),
        ("0.001", 1),
        ("006342.8", 6_342_800),
        ("99999999.999", MAX_WH),
        ("99999999.9994999", MAX_WH),
        ("1.0005", 1_000),
        ("1.0015", 1_002),
        ("1.00050000001", 1_001),
        ("0" * 300 + "7", 7_000),
    ],
)
def test_a_reading_is_kept_to_the_watt_hour(text: str, wh: int) -> None:
    assert parse_kwh(text) == wh


@pytest.mark.parametrize(
    "text",
    ["", ".", "5.", ".5", "-0", "+1", "1e3", "nan", "inf", "1,5", "1 000", "0x10", "१२", "５", "1\n", "1_0", "²"],
)
def test_what_is_no_reading_is_refused(text: str) -> None:
    with pytest.raises(Refused) as error:
        parse_kwh(text)
    assert error.value.code == "bad-reading"


@pytest.mark.parametrize("text", ["100000000", "99999999.9995", "9" * 400])
def test_a_reading_beyond_the_register_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"at most 99999999\.999 kWh"):
        parse_kwh(text)


@given(st.decimals(min_value=0, max_value=Decimal("99999999.9994"), places=6))
def test_more_decimals_are_rounded_half_even(value: Decimal) -> None:
    assert parse_kwh(f"{value:f}") == int((value * 1000).to_integral_value(ROUND_HALF_EVEN))


@given(st.integers(0, MAX_WH))
def test_a_reading_written_and_read_is_the_same(wh: int) -> None:
    text = format_kwh(wh)
    assert parse_kwh(text) == wh
    assert Decimal(text) * 1000 == wh
    assert not text.endswith(".")
    assert "." not in text or not text.endswith("0")


def test_a_difference_may_be_negative() -> None:
    assert format_kwh(-1_250) == "-1.25"


@pytest.mark.parametrize(
    ("wh", "number"),
    [(None, None), (0, 0), (2000, 2), (10_500, 10.5), (-1, -0.001), (99_999_999_999, 99_999_999.999)],
)
def test_kwh_are_a_whole_number_where_they_are_whole(wh: int | None, number: float | None) -> None:
    found = kwh_number(wh)
    assert (found, type(found)) == (number, type(number))
    assert len(repr(found).partition(".")[2]) <= 3


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(first: str) -> None:
    """A spreadsheet leaves out blanks before the sign: a tab, or the end of a line."""
    for text in (f"{first}1+1", f"{first}=1+1", first):
        assert disarm_formula(text) == f"'{text}".replace("\r", "␍")


def test_no_row_begins_behind_a_carriage_return() -> None:
    raw = io.StringIO()
    csv.writer(raw, lineterminator="\n").writerow([disarm_formula("North\r=1+1")])
    assert pd.read_csv(io.StringIO(raw.getvalue()), header=None)[0].tolist() == ["North␍=1+1"]


@pytest.mark.parametrize("text", ["", "1=1", "a\t=1", "'=1", "0012"])
def test_other_text_is_harmless(text: str) -> None:
    assert disarm_formula(text) == text
