"""Lines of intervals: parsed fast or line by line, with the same result."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.zone import MINUTE, SiteZone
from metertui.engine.errors import DataError, Refused
from metertui.engine.intervals.lines import (
    HEADER,
    MAX_UWH,
    WITHDRAWN,
    encode_intervals,
    format_energy,
    parse_energy,
    parse_intervals,
)
from tests.engine.intervals.listed import Listed, listed, rows_of

ZONE = SiteZone("Asia/Singapore")
FILE = Path("intervals.csv")
AT = ZONE.parse("2025-03-12T10:30:00")


def parse(body: str) -> list[Listed]:
    return listed(parse_intervals(HEADER + body.encode(), FILE, ZONE, header=True))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["m", "007", "7", "1e3"]),
            st.integers(0, 10**6).map(lambda n: AT + n * 1_000_001),
            st.integers(1, 10**6).map(lambda n: AT + 10**13 + n),
            st.integers(0, 10**15) | st.integers(0, MAX_UWH) | st.just(WITHDRAWN),
            st.integers(0, 2),
        ),
        max_size=20,
    )
)
def test_intervals_are_read_as_they_were_written(intervals: list[Listed]) -> None:
    data = b"".join(encode_intervals(rows_of(intervals), ZONE))
    assert listed(parse_intervals(data, FILE, ZONE, header=False)) == intervals


@given(st.integers(0, MAX_UWH * 1000))
def test_a_figure_has_nine_decimals_and_is_rounded_half_even(thousandths: int) -> None:
    text = f"{thousandths // 10**12}.{thousandths % 10**12:012d}"
    exact = round(Fraction(thousandths, 1000))
    if exact > MAX_UWH:
        with pytest.raises(Refused, match="less than 100000000 kWh"):
            parse_energy(text)
    else:
        assert parse_energy(text) == exact == parse_energy(format_energy(exact))


LINE = "m,2025-03-12T10:30:00+08:00,2025-03-12T11:00:00+08:00"


@pytest.mark.parametrize("last", ["0.125,", "00.1250,", "0.1250000000001,", "0.125,\r"])
def test_a_figure_may_be_written_in_several_ways(last: str) -> None:
    assert parse(f"{LINE},{last}\n\n") == [("m", AT, AT + 30 * MINUTE, 125_000_000, 0)]


@pytest.mark.parametrize("kwh", ["1e3", "+5", " 5", "5.", ".5", "-1", "nan", "inf", "100000000"])
def test_a_figure_is_digits_with_a_point(kwh: str) -> None:
    with pytest.raises(DataError, match=r"intervals\.csv:3: "):
        parse(f"{LINE},1,\n{LINE},{kwh},\n")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"{LINE},1", "this one has 4 fields"),
        (f"{LINE},1,A", "the quality is empty, E or S"),
        ("m,2025-03-12T10:30:00,2025-03-12T10:30:00,1,", "ends after it starts"),
        ("m!,2025-03-12T10:30:00,2025-03-12T11:00:00,1,", "a meter id is"),
        ("m,yesterday,2025-03-12T11:00:00,1,", ""),
        (f"ü{LINE},1,", "not plain text"),
    ],
)
def test_a_line_that_is_no_interval_is_named(line: str, why: str) -> None:
    with pytest.raises(DataError, match=rf"intervals\.csv:3: .*{why}"):
        parse(f"{LINE},1,\n{line}\n")


def test_the_header_is_needed() -> None:
    with pytest.raises(DataError, match="the header is not identifier,start,end,kwh,quality"):
        parse_intervals(b"identifier,timestamp,usage\n", FILE, ZONE, header=True)
