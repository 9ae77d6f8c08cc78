"""The records of NEM12 and NEM13 files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from metertui.engine.base.progress import no_progress
from metertui.engine.errors import DataError, Refused
from metertui.formats.nem_records import (
    cells_of,
    check_nem_said,
    day_start,
    form_of,
    moment,
    quality_of,
    records,
)
from metertui.formats.said import Said

FILE = Path("june.csv")


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"100,NEM12,202506051200,A,B\n", "NEM12"),
        (b"\xef\xbb\xbf100,nem13,202506051200,A,B\n", "NEM13"),
        (b'"100","NEM12","202506051200"\n', "NEM12"),
        (b"\r\n200,NMI1,E1,1,E1,N1,M,kWh,30,\r\n", "NEM12"),
        (b"250,NMI1,11,1,11,11,M,E,1,20031005093055,A,,,2\n", "NEM13"),
        (b"100,NEM14,202506051200,A,B\n", None),
        (b"200,2025-01-01T00:00:00,5\n", None),
        (b"identifier,timestamp,usage\n", None),
        (b"", None),
    ],
)
def test_a_file_is_known_by_its_first_record(head: bytes, form: str | None) -> None:
    assert form_of(head) == form


def test_times_are_ten_hours_ahead_of_utc_all_year() -> None:
    for month in (1, 7):
        expected = int(datetime(2025, month, 2, 14, tzinfo=UTC).timestamp()) * 1_000_000
        assert day_start(f"20250{month}03") == expected
        assert moment(f"20250{month}03003001") == expected + 1_801_000_000
        assert moment(f"20250{month}030030") == expected + 1_800_000_000


@pytest.mark.parametrize(
    "text", ["20250230", "2025-1-1", "²0250101", "19700101", "22000102", "202501011", "20250101 1"]
)
def test_a_day_of_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        day_start(text)


@pytest.mark.parametrize("text", ["20250203", "2025020324", "202502032400", "20250203006000", ""])
def test_a_time_of_no_clock_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        moment(text)


def test_qualities_are_actual_estimated_or_substituted() -> None:
    methods = ("A", "E52", "F14", "S", "V", "N")
    assert [quality_of(text) for text in methods] == [0, 1, 2, 2, 1, None]
    with pytest.raises(Refused, match="'X1' is no quality"):
        quality_of("X1")


def test_cells_may_be_quoted() -> None:
    assert cells_of(b'400,1,2,F14,71,"a, b"') == ["400", "1", "2", "F14", "71", "a, b"]
    with pytest.raises(Refused, match="not UTF-8"):
        cells_of(b"400,\xff")


def test_blank_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbf100\r\n\r\n900")
    assert list(records(path, no_progress)) == [[(1, b"100"), (3, b"900")]] or list(records(path, no_progress)) == [
        [(1, b"100")],
        [(3, b"900")],
    ]


@pytest.mark.parametrize("zone", ["+10:00", "Australia/Brisbane", "Etc/GMT-10"])
def test_the_zone_of_the_market_may_be_said(zone: str) -> None:
    check_nem_said(FILE, "NEM12", Said(zone=zone, unit="kWh", stamps="start", date_order="ymd"), {"kWh"})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(zone="Australia/Sydney"), r"NEM12 is in NEM time, which is \+10:00 all year"),
        (Said(zone="nowhere"), "NEM time"),
        (Said(unit="Wh"), "the file says kWh"),
        (Said(stamps="end"), "the file says start"),
        (Said(date_order="dmy"), "the file says ymd"),
        (Said(columns={"kwh": "2"}), "leave out --columns"),
        (Said(mapping="any"), "leave out --mapping"),
    ],
)
def test_what_contradicts_the_file_is_an_error(said: Said, why: str) -> None:
    with pytest.raises(DataError, match=why):
        check_nem_said(FILE, "NEM12", said, {"kWh"})
