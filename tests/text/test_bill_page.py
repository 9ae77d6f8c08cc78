"""A bill as a page to print."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from metertui.engine.accounts import Account
from metertui.engine.base import Rules, SiteZone
from metertui.engine.billing import ShownBill, Terms, bill_only_meter
from metertui.engine.billing.statements import Figures
from metertui.engine.columns import Frozen
from metertui.engine.core import Engine, one_meter
from metertui.text.bill_page import bill_page
from tests.clock import FakeClock

ZONE = SiteZone("Asia/Singapore")
NOW = ZONE.parse("2025-03-12T10:40:00")
ACCOUNT = Account("m-1", address="<script>alert(1)</script> & Sons", postcode="079903", apartment_type="4-room")


@pytest.fixture
def one(tmp_path: Path) -> Frozen:
    """A meter that draws 1 kW from 30 January to 12 March, read once a day and once in the evening of 10 February."""
    archive = tmp_path / "archive" / "2025"
    archive.mkdir(parents=True)
    (tmp_path / "users.csv").write_text("identifier,address,region,sub_region,postcode,apartment_type\nm-1,,,,,\n")
    (tmp_path / "tariffs.csv").write_text(
        "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n"
        "2025-01-01,,peak,07:00,23:00,30,9\n2025-01-01,,night,23:00,07:00,20,9\n"
    )
    start = ZONE.parse("2025-01-30T00:00")
    for day in range(42):
        at = ZONE.local(start + day * 86_400_000_000)
        (archive / f"{at:%m_%d}.csv").write_text(
            f"identifier,timestamp,usage\nm-1,{at.isoformat()},{1000 + day * 24}\n"
        )
    engine = Engine.open_readonly(tmp_path, Rules(zone=ZONE), FakeClock("2025-03-12T10:40:00"))
    return one_meter.frozen_meter(engine, "m-1")


@pytest.fixture
def shown(one: Frozen, tmp_path: Path) -> ShownBill:
    engine = Engine.open_readonly(tmp_path, Rules(zone=ZONE), FakeClock("2025-03-12T10:40:00"))
    return ShownBill(bill_only_meter(one, "2025-02", engine.terms()))


def text_of(page: str) -> str:
    """The text of a page as a browser shows it, and a proof that its tags are closed in order."""
    words: list[str] = []
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":  # which has no end
                tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert tags.pop() == tag

        def handle_data(self, data: str) -> None:
            words.append(data)

    Reader().feed(page)
    assert not tags
    return " ".join(" ".join(words).split())


def test_a_page_has_what_a_customer_asks_for(shown: ShownBill, one: Frozen) -> None:
    said = text_of(bill_page(shown, one, ACCOUNT, NOW))
    for words in (
        "Electricity bill 1 Feb 2025 – 28 Feb 2025",
        "Meter m-1 Address <script>alert(1)</script> & Sons 079903 Apartment type 4-room State not issued",
        "Opening register 1 048.000 kWh 1 Feb 2025 00:00, actual",
        "Closing register 1 720.000 kWh 1 Mar 2025 00:00, actual",
        "Usage 672.000 kWh",
        "Period Band kWh ¢/kWh Tax % SGD",
        "peak 448.000 30 9 134.40",
        "night 224.000 20 9 44.80",
        "Net 179.20 Tax 16.13 Total, SGD 195.33",
        "kWh a day, at most 24.000",
        "on 12 Mar 2025 10:40 · times in Asia/Singapore",
    ):
        assert words in said


def test_a_page_has_a_bar_for_each_day_with_data_at_its_place(shown: ShownBill, one: Frozen) -> None:
    page = bill_page(shown, one, ACCOUNT, NOW)
    assert len(re.findall('<rect class="bar"', page)) == 28
    march = bill_page(replace(shown, bill=replace(shown.bill, month="2025-03")), one, ACCOUNT, NOW)
    assert len(re.findall('<rect class="bar"', march)) == 11
    assert "the month is not over" in march


def test_nothing_on_a_page_is_markup_but_its_own(shown: ShownBill, one: Frozen) -> None:
    hostile = "<img src=x onerror=alert(1)>&\"'"
    bill = replace(shown.bill, meter=hostile, reason=hostile, charges=None)
    page = bill_page(replace(shown, bill=bill), one, replace(ACCOUNT, address=hostile), NOW)
    assert "<img" not in page
    assert "<script" not in page
    assert f"There are no amounts: {hostile}." in text_of(page)


def test_a_page_says_what_changed_since_it_was_issued(shown: ShownBill, one: Frozen) -> None:
    issued = replace(shown, issued=ZONE.parse("2025-03-03T09:00"), adjustment=Figures(-2000, -40, -4, -44))
    said = text_of(bill_page(issued, one, None, NOW))
    assert "State issued 3 Mar 2025 09:00" in said
    assert "Not billed yet, because of later readings, corrections, tariffs or rules: −2.000 kWh, −0.44 SGD" in said


def test_a_month_without_data_has_no_figures(one: Frozen) -> None:
    page = bill_page(ShownBill(bill_only_meter(one, "2024-02", Terms())), one, None, NOW)
    assert "Usage no data" in text_of(page)
    assert "<svg" not in page
