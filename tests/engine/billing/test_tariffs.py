"""Tariffs: what a file says, what is refused by its line, and what is in force when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from metertui.engine.base.zone import HOUR, MINUTE, SiteZone
from metertui.engine.billing import tariffs
from metertui.engine.billing.tariffs import COLUMNS, Band, TariffFile, Tariffs
from metertui.engine.errors import DataError

HEADER = ",".join(COLUMNS)
PATH = Path("tariffs.csv")
BANDS = "2025-01-01,,peak,07:00,23:00,30,9\n2025-01-01,,night,23:00,07:00,20,9"


def read(text: str) -> Tariffs:
    return tariffs.parse_tariffs(f"{HEADER}\n{text}\n".encode(), PATH)


def test_a_file_as_a_spreadsheet_leaves_it() -> None:
    text = "\ufeff" + HEADER.upper() + ",note\r\n2025-01-01, 4-room ,peak,7:00,23:00:00,28.12,9,x\r\n\r\n"
    text += '2025-01-01,4-room,"night, late",23:00,7:00,20,9,\r\n2025-04-01,,,,,31.91,9,\r\n'
    found = tariffs.parse_tariffs(text.encode(), PATH)
    assert [(one.effective_from, one.apartment_type, len(one.bands)) for one in found.tariffs] == [
        (date(2025, 1, 1), "4-room", 2),
        (date(2025, 4, 1), "", 1),
    ]
    assert found.rates[0] == Band("peak", ((420, 1380),), Decimal("28.12"), Decimal(9), 2)
    assert found.rates[1].name == "night, late"


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ("2025-01-01,,peak,07:00,23:00,30,9", 2, "00:00 to 07:00 of the tariff of 2025-01-01 for all has no price"),
        ("2025-01-01,,a,00:00,23:00,30,9", 2, "23:00 to 24:00 of"),
        ("2025-01-01,,a,00:00,12:00,3,9\n2025-01-01,,b,13:00,24:00,3,9", 3, "12:00 to 13:00 of"),
        (BANDS + "\n2025-01-01,,x,06:00,08:00,1,9", 4, "covers 06:00 of"),
        ("2025-01-01,,x,06:00,08:00,1,9\n" + BANDS, 4, "as line 2 does: a time has one price"),
        (BANDS + "\n2025-01-01,,,,,25,9", 4, "covers 00:00 of"),
        ("2025-01-01,4-room,,,,25,9\n2025-01-01,4-room,,,,25,9", 3, "of 2025-01-01 for 4-room, as line 2 does"),
        (BANDS.replace("night", "peak"), 3, "band 'peak' has another price or tax on line 2"),
        ("2025-02-30,,,,,25,9", 2, "effective_from '2025-02-30' is not a date"),
        ("01/02/2025,,,,,25,9", 2, "is not a date"),
        ("1025-01-01,,,,,25,9", 2, "is not a date"),
        (",,,,,25,9", 2, "is not a date"),
        ("2025-01-01,,,,,,9", 2, "cents_per_kwh is empty; a price is never taken as zero"),
        ("2025-01-01,,,,,-3,9", 2, "cents_per_kwh '-3' is not a number"),
        ("2025-01-01,,,,,1e3,9", 2, "is not a number"),
        ("2025-01-01,,,,,\uff11,9", 2, "is not a number"),
        ("2025-01-01,,,,,nan,9", 2, "is not a number"),
        ('2025-01-01,,,,,"28,12",9', 2, "is not a number"),
        ("2025-01-01,,,,,25,", 2, "tax_percent is empty; where there is no tax it is 0"),
        ("2025-01-01,,,,,25,-9", 2, "tax_percent '-9' is not a number from 0 to 100"),
        ("2025-01-01,,,,,25,101", 2, "tax_percent '101'"),
        ("2025-01-01,,a,25:00,24:00,25,9", 2, "'25:00' is not a time of day"),
        ("2025-01-01,,a,07:60,24:00,25,9", 2, "'07:60' is not a time of day"),
        ("2025-01-01,,a,24:00,07:00,25,9", 2, "from_time 24:00 is the end of a day"),
        ("2025-01-01,,a,07:00,07:00,25,9", 2, "ends when it begins"),
        ("2025-01-01,,a,,,25,9", 2, "band 'a' lacks its times"),
        ("2025-01-01,,,00:00,24:00,25,9", 2, "times without a band"),
        ("2025-01-01,,,,,25", 2, "6 fields where the header has 7"),
        ("2025-01-01,a\x1b[2J,,,,25,9", 2, "apartment_type has a control character"),
    ],
)
def test_what_cannot_be_billed_by_is_refused_with_its_line(rows: str, line: int, reason: str) -> None:
    with pytest.raises(DataError) as refused:
        read(rows)
    assert refused.value.line == line
    assert reason in refused.value.reason


def test_a_header_that_lacks_a_column_is_refused() -> None:
    with pytest.raises(DataError, match="the header lacks tax_percent"):
        tariffs.parse_tariffs(b"effective_from,apartment_type,band,from_time,to_time,cents_per_kwh\n", PATH)


def test_in_force_is_the_latest_of_ones_own_else_the_latest_for_all() -> None:
    found = read("2025-01-01,,,,,1,0\n2025-03-01,,,,,2,0\n2025-02-01,4-room,,,,3,0")

    def cents(day: str, kind: str) -> int | None:
        tariff = found.in_force(date.fromisoformat(day), kind)
        return None if tariff is None else int(tariff.bands[0].price)

    assert [cents(day, "4-room") for day in ("2024-12-31", "2025-01-01", "2025-02-01", "2025-04-01")] == [None, 1, 3, 3]
    assert [cents(day, "3-room") for day in ("2024-12-31", "2025-01-31", "2025-03-01")] == [None, 1, 2]


def test_a_price_is_known_from_its_first_day_on_and_a_tariff_holds_until_the_next_of_its_type() -> None:
    found = read("2025-01-01,,,,,1,0\n2025-03-01,,,,,2,0\n2024-12-01,4-room,,,,3,0\n2025-02-01,4-room,,,,3,0")
    assert [found.first_day(kind) for kind in ("4-room", "3-room", "")] == [date(2024, 12, 1), *[date(2025, 1, 1)] * 2]
    lasts = [found.last_day(place) for place in range(4)]
    assert lasts == [date(2025, 1, 31), date(2025, 2, 28), None, None]  # by day, then type
    only = read("2025-02-01,4-room,,,,3,0")
    assert (only.first_day("4-room"), only.first_day("3-room")) == (date(2025, 2, 1), None)


def test_bands_go_by_the_wall_clock_where_it_jumps() -> None:
    zone = SiteZone("Europe/London")
    found = read("2025-01-01,,a,01:30,02:30,1,0\n2025-01-01,,b,02:30,01:30,2,0")
    spring = zone.parse("2025-03-30T00:00")  # 01:00 to 02:00 does not exist
    schedule = found.schedule([""], spring, spring + 4 * HOUR, zone)
    names = [found.rates[rate].name for rate in schedule.rate[0].tolist()]
    hours = [(mark - spring) / HOUR for mark in schedule.marks.tolist()]
    assert list(zip(hours, names, strict=False)) == [(0, "b"), (1, "a"), (1.5, "b")]
    autumn = zone.parse("2025-10-26T00:00")  # 01:00 to 02:00 comes twice
    schedule = found.schedule([""], autumn, autumn + 5 * HOUR, zone)
    names = [found.rates[rate].name for rate in schedule.rate[0].tolist()]
    minutes = [(mark - autumn) // MINUTE for mark in schedule.marks.tolist()]
    assert list(zip(minutes, names, strict=False)) == [(0, "b"), (90, "a"), (120, "b"), (150, "a"), (210, "b")]


@pytest.mark.parametrize(
    ("cents", "tax", "with_tax"),
    [
        ("20.76", "7", "22.21"),
        ("21.43", "7", "22.93"),
        ("24.11", "7", "25.80"),
        ("25.44", "7", "27.22"),
        ("27.94", "7", "29.90"),
        ("31.91", "9", "34.78"),
    ],
)
def test_published_prices_with_tax(cents: str, tax: str, with_tax: str) -> None:
    assert str(tariffs.with_tax(Decimal(cents), Decimal(tax))) == with_tax


def test_what_a_file_says_first_can_hold_for_earlier_time() -> None:
    found = read("2025-03-01,,,,,1,0\n2025-03-01,4-room,,,,2,0\n2025-04-01,3-room,,,,3,0").backdated(date(2024, 1, 1))
    assert [str(one.effective_from) for one in found.tariffs] == ["2024-01-01", "2024-01-01", "2025-04-01"]
    assert found.backdated(date(2025, 1, 1)) is found
    assert read("").backdated(date(2025, 1, 1)).tariffs == ()


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = TariffFile(tmp_path)
    assert file.current() is None
    file.path.write_text(f"{HEADER}\n2025-01-01,,,,,1,0\n")
    first = file.current()
    assert first is not None
    assert file.current() is first
    file.path.write_text(f"{HEADER}\n2025-01-01,,,,,12,0\n")
    second = file.current()
    assert second is not None
    assert second.rates[0].price == 12
    file.path.write_text(f"{HEADER}\n2025-01-01,,,,,,0\n")
    with pytest.raises(DataError, match=r"tariffs\.csv:2: cents_per_kwh is empty"):
        file.current()
    file.path.unlink()
    assert file.current() is None
