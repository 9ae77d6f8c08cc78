"""Tariffs and issued bills, damaged in every way that one edit can: refused by line, or whole and sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.billing import tariffs
from metertui.engine.billing.bill_ledger import BillBook, ledger_problems, parse_ledger
from metertui.engine.errors import DataError
from tests.engine.billing.test_billing_run import NOW, ZONE, run, town
from tests.engine.billing.test_tariffs import BANDS, HEADER, PATH
from tests.engine.test_broken_files import edits


def refused_by_line(error: DataError) -> None:
    assert error.line is not None
    assert "\n" not in str(error)


@settings(max_examples=80)
@given(edits(f"{HEADER}\n{BANDS}\n2025-04-01,4-room,,,,28.12,9\n".encode()))
def test_tariffs_are_refused_with_a_line_or_cover_the_day_with_prices(edited: bytes) -> None:
    try:
        found = tariffs.parse_tariffs(edited, PATH)
    except DataError as error:
        refused_by_line(error)
        return
    for tariff in found.tariffs:
        minutes = [
            minute % 1440
            for band in tariff.bands
            for begin, end in band.spans
            for minute in range(begin, end if begin < end else end + 1440)
        ]
        assert sorted(minutes) == list(range(1440))
        assert all(band.price >= 0 and 0 <= band.tax_percent <= 100 for band in tariff.bands)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = BillBook(tmp_path_factory.mktemp("issued"), ZONE)
    run(town(), "2025-02", book).issue(NOW)
    run(town(late=True), "2025-02", book).issue(NOW)
    return book.path_of_month("2025-02")


def test_an_edit_of_issued_bills_is_found(issued: Path) -> None:
    book, sound = BillBook(issued.parent.parent, ZONE), issued.read_bytes()

    @settings(max_examples=60)
    @given(edits(sound), st.booleans())
    def damage(edited: bytes, known: bool) -> None:
        if known:
            issued.write_bytes(edited)
            if edited == sound:
                book.ledger_of_month("2025-02")
            else:
                with pytest.raises(DataError, match="another program has changed this file of issued bills"):
                    book.ledger_of_month("2025-02")
            return
        try:  # without its checksum: what it says is refused, does not add up, or sums to something
            ledger = parse_ledger(edited, issued, "2025-02", ZONE)
        except DataError as error:
            refused_by_line(error)
            return
        for problem in ledger_problems(ledger, issued, ZONE):
            assert problem.startswith(f"{issued}:")

    damage()
