"""Tariffs in words: from when until when they hold, and who has no price."""

from __future__ import annotations

from datetime import date

from metertui.engine.billing.tariffs import Tariff, Tariffs
from metertui.screens.billing.tariff_periods import Period, count_line, gaps, periods
from tests.engine.billing.test_tariffs import read

FOUND = read(
    "2024-01-01,,,,,20,8\n2025-02-15,,peak,07:00,23:00,31.2,9\n2025-02-15,,off-peak,23:00,07:00,19.8,9\n"
    "2025-01-01,4-room,,,,31.91,9"
)


def test_a_tariff_holds_until_the_next_of_its_type() -> None:
    assert periods(FOUND, date(2025, 3, 1)) == [
        Period(True, "all homes", "from 15 Feb 2025", "peak 31.2, off-peak 19.8 + 9%"),
        Period(True, "4-room", "from 1 Jan 2025", "31.91 + 9%"),
        Period(False, "all homes", "1 Jan 2024 – 14 Feb 2025", "20 + 8%"),
    ]
    assert [each.in_force for each in periods(FOUND, date(2025, 2, 14))] == [False, True, True]
    assert count_line(FOUND) == "4 prices in 3 tariffs"
    export = Tariff(date(2024, 1, 1), "", FOUND.tariffs[0].bands, "export")
    assert count_line(Tariffs([*FOUND.tariffs, export])) == "5 prices in 4 tariffs", "each row of the list is one"


def test_days_with_readings_and_no_price_are_named() -> None:
    types = {"4-room", "3-room", ""}
    assert gaps(FOUND, types, date(2024, 1, 1)) == gaps(FOUND, types, None) == []
    assert gaps(FOUND, types, date(2023, 12, 1)) == [
        "There is no price for any home from 1 Dec 2023 to 31 Dec 2023, though there are readings."
    ]
    own = read("2025-01-01,4-room,,,,30,9\n2025-02-01,3-room,,,,30,9\n2025-02-01,2-room,,,,30,9")
    assert gaps(own, types | {"2-room"}, date(2025, 1, 15)) == [
        "No tariff is for homes without a type, so these have no price.",
        "There is no price for 2-room and 3-room from 15 Jan 2025 to 31 Jan 2025, though there are readings.",
    ]
