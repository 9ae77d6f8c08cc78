"""Times as people and programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from metertui.engine.base import DAY, HOUR, MINUTE
from metertui.engine.errors import Refused
from metertui.formats.tables.times import (
    DateEvidence,
    Label,
    days_of,
    kind_of,
    parse_clock,
    parse_label,
    parse_number,
    split_range,
)


def shown(text: str, order: str = "dmy") -> str:
    """Return a label as ISO text, with its offset in hours, or that it has no time."""
    label = parse_label(text, order)  # type: ignore[arg-type]
    if label is None:
        return ""
    clock = datetime.fromtimestamp(label.wall / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
    offset = "" if label.offset is None else f" {label.offset // HOUR:+d}"
    return f"{clock[:10]} day" if label.day_only else clock + offset


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2025-03-29T00:00:00.000+01:00", "ymd", "2025-03-29 00:00:00 +1"),
        ("26-10-2025 02:15:00 +0200", "dmy", "2025-10-26 02:15:00 +2"),
        ("2025-10-25 08:00:00 CEST+0200", "ymd", "2025-10-25 08:00:00 +2"),
        ("2025-10-25 08:00 MESZ", "ymd", "2025-10-25 08:00:00 +2"),
        ("2025-10-26T02:00:00Z", "ymd", "2025-10-26 02:00:00 +0"),
        ("2025-03-30 02:00:00+02", "ymd", "2025-03-30 02:00:00 +2"),
        ("2025-03-30T02:00-05:00", "ymd", "2025-03-30 02:00:00 -5"),
        ("2025-03-30T05:00-0600", "ymd", "2025-03-30 05:00:00 -6"),
        ("30.03.2025 05:00-06:00", "dmy", ""),
        ("01.11.2025 00:14:59", "dmy", "2025-11-01 00:14:59"),
        ("02/03/2025 1:00 PM", "mdy", "2025-02-03 13:00:00"),
        ("02/03/2025 12:30 a.m.", "dmy", "2025-03-02 00:30:00"),
        ("15/08/2025 00.15", "dmy", "2025-08-15 00:15:00"),
        ("1.4.25", "dmy", "2025-04-01 day"),
        ("25-04-01", "ymd", "2025-04-01 day"),
        ("2025/3/9 0:15", "ymd", "2025-03-09 00:15:00"),
        ("20250328", "ymd", "2025-03-28 day"),
        ("20250328 00:15", "ymd", "2025-03-28 00:15:00"),
        ("202503280015", "ymd", "2025-03-28 00:15:00"),
        ("20250328T001500Z", "ymd", "2025-03-28 00:15:00 +0"),
        ("24.12.2025 24:00", "dmy", "2025-12-25 00:00:00"),
        ("Mo, 05.05.2025 00:00", "dmy", "2025-05-05 00:00:00"),
        ("1. März 2025", "mdy", "2025-03-01 day"),
        ("Jan 5, 2025 00:30", "ymd", "2025-01-05 00:30:00"),
        ("01-Dez-2025 00:30", "ymd", "2025-12-01 00:30:00"),
        ("05.05.2025 00:00 Uhr", "dmy", "2025-05-05 00:00:00"),
        ("31.02.2025 00:00", "dmy", ""),
        ("05.05.2025 24:15", "dmy", ""),
        ("05.05.2025 12:60", "dmy", ""),
        ("13/02/2025", "mdy", ""),
        ("5.5.205", "dmy", ""),
        ("Summe", "dmy", ""),
    ],
)
def test_labels(text: str, order: str, expected: str) -> None:
    assert shown(text, order) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1758000000", Label(1_758_000_000_000_000, 0)),
        ("1758000000000", Label(1_758_000_000_000_000, 0)),
        ("45658", Label(20_089 * DAY, None, True)),
        ("45658.0104166667", Label(20_089 * DAY + 15 * MINUTE)),
        ("45658,5", Label(20_089 * DAY + 12 * HOUR)),
        ("12", None),
    ],
)
def test_numbers_that_are_times(text: str, expected: Label | None) -> None:
    assert parse_number(text) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2025-04-01 00:00", "stamp"),
        ("01.04.2025", "date"),
        ("00:15", "clock"),
        ("00:00-00:15", "clock range"),
        ("00:00 - 00:15", "clock range"),
        ("26.10.2025 00:00 - 26.10.2025 01:00", "range"),
        ("1758000000", "epoch"),
        ("0.15", ""),
        ("10032,49", ""),
        ("540000000000000001", ""),
        ("10000001", ""),
        ("", ""),
    ],
)
def test_what_a_cell_holds(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_an_offset_is_no_end_of_a_range() -> None:
    assert parse_clock("00:00-00:15") is None
    assert parse_clock("00:00-05:30") == (0, -5 * HOUR - 30 * MINUTE)
    assert split_range("26.10.2025 00:00 bis 26.10.2025 01:00") == ("26.10.2025 00:00", "26.10.2025 01:00")
    assert split_range("2025-01-01T00:00/2025-01-01T00:15") == ("2025-01-01T00:00", "2025-01-01T00:15")
    assert split_range("Verbrauch - Einheit 1") is None


def test_a_date_may_mean_several_days() -> None:
    assert {order: day for order, day in days_of("02/03/2025").items()} == {"dmy": 20_149, "mdy": 20_122}
    assert list(days_of("02.03.2025")) == ["dmy"]
    assert list(days_of("02.13.2025")) == ["mdy"]
    assert list(days_of("2025-02-03")) == ["ymd"]
    assert not days_of("2200-01-01")
    assert list(days_of("12-11-10")) == ["dmy", "mdy", "ymd"]


def order_of(*dates: str, said: str = "") -> str | None:
    evidence = DateEvidence()
    for row, text in enumerate(dates, 2):
        evidence.note(text, row)
    return evidence.decide(said)


def test_the_order_of_day_and_month_is_proven_by_one_date_or_asked_for() -> None:
    assert order_of("02/03/2025", "28/02/2025") == "dmy"
    assert order_of("02/03/2025 00:00", "02/28/2025 00:00") == "mdy"
    assert order_of("02/03/2025", "02/04/2025") is None
    assert order_of("02/03/2025", "02/04/2025", said="mdy") == "mdy"
    assert order_of("03/03/2025") in ("dmy", "mdy")
    assert order_of("5 Mar 2025", "Summe") is not None


def test_dates_that_contradict_each_other_or_what_is_said_are_refused() -> None:
    with pytest.raises(Refused, match="'13/02/2025' in row 2 and '02/13/2025' in row 3 cannot have the same order"):
        order_of("13/02/2025", "02/13/2025")
    with pytest.raises(Refused, match=r"'01.02.2025' in row 2 and '02.13.2025' in row 3 cannot have the same order"):
        order_of("01.02.2025", "02.13.2025")
    with pytest.raises(Refused, match="'13/02/2025' in row 2 contradicts --date-order mdy"):
        order_of("13/02/2025", said="mdy")
