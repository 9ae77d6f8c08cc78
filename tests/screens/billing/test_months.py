"""The bills of one meter, month by month."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.billing.bill_ledger import BillBook
from metertui.engine.billing.statements import Terms
from metertui.engine.errors import MeterError
from metertui.screens.billing.months import all_months, daily_use, month_bill, with_month
from tests.engine.billing.test_billing_run import NOW, TERMS, ZONE, run, town
from tests.engine.build import frozen

COURSE = (
    ("2025-01-01T00:00", 0),
    ("2025-02-01T00:00", 31_000),
    ("2025-03-01T00:00", 59_000),
    ("2025-03-01T12:00", 59_500),
)
ONE = frozen({"m-1": [(ZONE.parse(time), wh) for time, wh in COURSE]}, ZONE)


def test_months_are_listed_from_the_newest_with_data(tmp_path: Path) -> None:
    rows, picture = all_months(ONE, Terms(), BillBook(tmp_path, ZONE), "2025-03")
    assert [cells for _, cells in rows] == [
        ("2025-03", "0.500", "–", "not over"),
        ("2025-02", "28.000", "–", ""),
        ("2025-01", "31.000", "–", ""),
    ]
    assert picture is not None
    assert picture.series[0].values == (31.0, 28.0, 0.5)
    assert (picture.labels, picture.running) == (("Jan 2025", "Feb 2025", "Mar 2025"), (False, False, True))
    assert not any(picture.cut)  # it was read from the first midnight of January on
    late = frozen({"m-1": [(ZONE.parse("2025-01-27T00:00"), 0), (ZONE.parse("2025-02-02T00:00"), 6000)]}, ZONE)
    begun = all_months(late, Terms(), BillBook(tmp_path, ZONE), "2025-03")
    assert begun[1] is not None
    assert (begun[0][-1][1][3], begun[1].cut) == ("▲ in part", (True, False))
    assert all_months(frozen({"m-1": []}, ZONE), Terms(), BillBook(tmp_path, ZONE), "2025-03") == ([], None)


def test_a_month_without_data_has_a_row_while_it_is_shown(tmp_path: Path) -> None:
    rows, _ = all_months(ONE, Terms(), BillBook(tmp_path, ZONE), "2025-03")
    assert with_month(rows, "2025-02") is rows
    for month, place in (("2025-04", 0), ("2024-12", 3)):
        assert with_month(rows, month)[place] == (month, (month, "–", "–", "no data"))
    assert with_month([], "2025-02") == []


def test_a_month_that_is_not_covered_is_in_doubt(tmp_path: Path) -> None:
    late = frozen({"m-1": [(ZONE.parse("2025-01-27T00:00"), 0), (ZONE.parse("2025-02-10T00:00"), 14_000)]}, ZONE)
    rows, _ = all_months(late, Terms(), BillBook(tmp_path, ZONE), "2025-03")
    states = {month: (cells[1], cells[3]) for month, cells in rows}
    assert states == {"2025-02": ("9.000", "▲ doubt"), "2025-01": ("5.000", "▲ in part")}


def test_daily_use_has_room_for_the_whole_month_and_marks_the_day_that_is_not_over(tmp_path: Path) -> None:
    february = daily_use(ONE, "2025-02", NOW)
    assert len(february.labels) == 28
    assert february.series[0].values == (1.0,) * 28
    assert february.estimated == (True,) * 28
    assert not any(february.running)
    march = daily_use(ONE, "2025-03", ZONE.parse("2025-03-01T18:00"))
    assert (march.labels[0], march.labels[-1], len(march.labels)) == ("1 Mar", "31 Mar", 31)
    assert march.series[0].values == (0.5,) + (None,) * 30
    assert march.running == (True,) + (False,) * 30
    assert not any(march.estimated[1:]), "of days to come nothing is estimated"
    assert not march.cut
    assert daily_use(ONE, "2025-04", ZONE.parse("2025-03-01T18:00")).series[0].values == (None,) * 30


def test_a_bill_comes_with_what_was_issued(tmp_path: Path) -> None:
    book = BillBook(tmp_path, ZONE)
    data = town()
    only = frozen({"m-1": list(zip(data.columns.time.tolist(), data.columns.wh.tolist(), strict=True))[:60]}, ZONE)
    assert month_bill(only, "2025-02", TERMS, book, NOW).shown.issued is None
    run(data, "2025-02", book).issue(NOW)
    found = month_bill(only, "2025-02", TERMS, book, NOW)
    assert (found.shown.issued, found.warning, found.note) == (NOW, "", "")
    path = book.path_of_month("2025-02")
    path.write_bytes(path.read_bytes().replace(b",56,0,", b",57,0,").replace(b",28,0,", b",29,0,"))
    assert "another program has changed this file" in month_bill(only, "2025-02", TERMS, book, NOW).warning
    with pytest.raises(MeterError, match="no tariff is in force"):
        month_bill(frozen({"m": [(1, 0), (10**15, 5)]}, ZONE), "1980-02", TERMS, book, NOW)
