"""Lines of readings: parsed fast or line by line, with the same result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.qualities import ACTUAL, ESTIMATED, SUBSTITUTED
from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import DataError, Refused
from metertui.engine.storage.reading_lines import (
    HEADER,
    NO_ROWS,
    Rows,
    concat_rows,
    encode_readings,
    parse_line,
    parse_readings,
)

ZONE = SiteZone("Asia/Singapore")
FILE = Path("readings.csv")
AT = ZONE.parse("2025-03-12T10:40:00")


def listed(found: Rows) -> list[tuple[str, int, int]]:
    codes, times, whs = found.code.tolist(), found.time.tolist(), found.wh.tolist()
    return [(found.ids[code], time, wh) for code, time, wh in zip(codes, times, whs, strict=True)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["m", "007", "7", "1e3"]),
            st.integers(0, 10**6).map(lambda n: AT + n * 1_000_001),
            st.integers(0, 99_999_999_999),
        ),
        max_size=20,
    )
)
def test_readings_are_read_as_they_were_written(readings: list[tuple[str, int, int]]) -> None:
    ids = ["m", "007", "7", "1e3"]
    code = np.array([ids.index(meter) for meter, _, _ in readings], dtype=np.int32)
    time, wh = (np.array([each[i] for each in readings], dtype=np.int64) for i in (1, 2))
    data = b"".join(encode_readings(Rows(ids, code, time, wh), ZONE))
    assert listed(parse_readings(data, FILE, ZONE, header=False)) == readings


@pytest.mark.parametrize(
    ("usage", "wh"), [("144.5", 144_500), ("144.5005", 144_500), ("144.5015", 144_502), ("00144", 144_000)]
)
def test_unusual_numbers_are_read_too(usage: str, wh: int) -> None:
    data = HEADER + f"m,2025-03-12T10:40:00,{usage}\r\n".encode()
    assert listed(parse_readings(data, FILE, ZONE, header=True)) == [("m", AT, wh)]


@pytest.mark.parametrize("usage", ["1e3", "+5", " 5", "5.", ".5", "-1", "nan", ""])
def test_what_only_pandas_takes_for_a_number_is_refused(usage: str) -> None:
    data = HEADER + b"m,2025-03-12T10:40:00,1\n" + f"m,2025-03-12T10:40:01,{usage}\n".encode()
    with pytest.raises(DataError, match=r"readings\.csv:3: a reading is digits"):
        parse_readings(data, FILE, ZONE, header=True)


def test_another_header_is_refused() -> None:
    with pytest.raises(DataError, match=r"readings\.csv:1: the header is not identifier,timestamp,usage"):
        parse_readings(b"id,time,kwh\n", FILE, ZONE, header=True)


def test_a_line_has_three_fields_or_a_quality_as_well() -> None:
    for end, quality in (("", ACTUAL), (",", ACTUAL), (",E", ESTIMATED), (",S", SUBSTITUTED)):
        assert parse_line(f"m,2025-03-12T10:40:00,1.5{end}".encode(), ZONE) == ("m", AT, 1500, quality)
    with pytest.raises(Refused, match="the quality, a fourth field, is E, S or empty"):
        parse_line(b"m,2025-03-12T10:40:00,1.5,A", ZONE)
    with pytest.raises(Refused, match="this one has 2 fields"):
        parse_line(b"m,1", ZONE)


def test_concatenated_readings_share_a_list_of_ids() -> None:
    first = parse_readings(b"b,2025-03-12T10:40:00,1\na,2025-03-12T10:40:00,2\n", FILE, ZONE, header=False)
    second = parse_readings(b"c,2025-03-12T10:40:00,3\nb,2025-03-12T10:40:00,4\n", FILE, ZONE, header=False)
    both = concat_rows([first, NO_ROWS, second])
    assert listed(both) == listed(first) + listed(second)
    assert len(set(both.ids)) == 3
    assert np.argsort(both.id_ranks(), kind="stable").tolist() == [1, 0, 3, 2]
    some = both.take(np.array([2, 0])).with_used_ids()
    assert sorted(some.ids) == ["b", "c"]
    assert listed(some) == [("c", AT, 3000), ("b", AT, 1000)]
    assert concat_rows([]) is NO_ROWS
