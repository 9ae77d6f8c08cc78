"""The price of energy that was used evenly over some time, held against the same a quarter of an hour at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metertui.engine.base.zone import DAY, MINUTE, SiteZone
from metertui.engine.billing.spread_prices import SpreadPrices
from metertui.engine.billing.tariffs import COLUMNS, NAME, Tariff, TariffFile, load_tariffs

ZONE = SiteZone("Europe/London")
START = ZONE.parse("2025-03-28T12:00")
"""Two days before the clocks change."""
ROWS = """\
2025-03-29,,peak,07:00,23:00,31.2,9
2025-03-29,,night,23:00,07:00,19.875,9
2025-03-31,4-room,,,,25,7.5
2025-04-01,,,,,40,0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_text(f"{','.join(COLUMNS)}\n{ROWS}")
    return tmp_path


def amounts(folder: Path, *asked: tuple[str, int, int, int]) -> list[int | None]:
    """Type, Wh, start, end."""
    types, *columns = zip(*asked, strict=True)
    return SpreadPrices(TariffFile(folder), ZONE).amounts(types, *(np.array(each, dtype=np.int64) for each in columns))


def price_at(tariffs: tuple[Tariff, ...], kind: str, instant: int) -> Fraction | None:
    """Cents for a kWh, with tax, at an instant."""
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(ZoneInfo(ZONE.name))
    minute = local.hour * 60 + local.minute
    for whose in (kind, ""):
        begun = [one for one in tariffs if one.apartment_type == whose and one.effective_from <= local.date()]
        for band in begun[-1].bands if begun else ():
            if any(a <= minute < b if a < b else not b <= minute < a for a, b in band.spans):
                return Fraction(band.price) * (100 + Fraction(band.tax_percent)) / 100
    return None


def plain(tariffs: tuple[Tariff, ...], kind: str, wh: int, start: int, end: int) -> int | None:
    """In whole cents, half up."""
    area, at = Fraction(0), start
    while at < end:
        quarter = min(end, at - at % (15 * MINUTE) + 15 * MINUTE)
        price = price_at(tariffs, kind, at)
        if price is None:
            return None
        area += price * (quarter - at)
        at = quarter
    return int(area / (end - start) * wh / 1000 + Fraction(1, 2))


spans = st.tuples(
    st.sampled_from(["", "4-room"]),
    st.sampled_from([0, 1, 999, 1_000, 123_457, 99_999_999_999]),
    st.integers(0, 4 * DAY // MINUTE).map(lambda minutes: START + minutes * MINUTE),
    st.sampled_from([1, MINUTE, 7 * MINUTE + 1, 60 * MINUTE, DAY, DAY + 333 * MINUTE]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(spans, min_size=1, max_size=5))
def test_any_time_is_priced_as_quarter_by_quarter(folder: Path, asked: list[tuple[str, int, int, int]]) -> None:
    tariffs = load_tariffs(folder / NAME)
    assert tariffs is not None
    spread = [(kind, wh, start, start + length) for kind, wh, start, length in asked]
    assert amounts(folder, *spread) == [plain(tariffs.tariffs, *each) for each in spread]


def test_a_change_to_less_is_rounded_as_one_to_more(folder: Path) -> None:
    start, end = ZONE.parse("2025-04-02T00:00"), ZONE.parse("2025-04-03T00:00")
    assert amounts(folder, ("", 12_345, start, end), ("", -12_345, start, end)) == [494, -494]


def test_without_tariffs_nothing_has_a_price(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert amounts(empty, ("", 1000, START, START + DAY)) == [None]
    (folder / NAME).write_text("nonsense\n")
    assert amounts(folder, ("", 1000, START, START + DAY)) == [None]
    nothing = np.empty(0, dtype=np.int64)
    assert SpreadPrices(TariffFile(folder), ZONE).amounts([], nothing, nothing, nothing) == []
