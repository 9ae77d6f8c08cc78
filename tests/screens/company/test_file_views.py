"""What is shown of a file before it is stored."""

from __future__ import annotations

from collections import Counter

from metertui.engine.base.zone import DAY, SiteZone
from metertui.engine.core import FileFigures, FileRow, ImportReport
from metertui.formats import Taken
from metertui.screens.company.file_views import counts_line, odd_of, rows_of, taken_line, totals_of

UTC = SiteZone("UTC")


def test_first_rows_have_both_ends_or_one_time() -> None:
    report = ImportReport(
        rows=[FileRow("a", 2, "m", 0, 90_000_000, "0.5", "E"), FileRow("a", 3, "m:export", None, 0, "7")]
    )
    assert rows_of(report, UTC) == [
        ("2", "1970-01-01 00:00", "1970-01-01 00:01:30", "m", "0.5", "≈ estimated"),
        ("3", "", "1970-01-01 00:00", "m:export", "7  ", ""),
    ]


def test_totals_have_their_months() -> None:
    months = [("1970-01", 1000), ("1970-02", 500)]
    report = ImportReport(meters=[FileFigures("m", "t1", 1500, 0, 40 * DAY, 3, 1, DAY, months)])
    ends = ("1970-01-01 00:00", "1970-02-10 00:00")
    assert totals_of(report, UTC) == [
        ("m:t1", "all", "1.500", *ends, "3", "1", "24.0"),
        ("m:t1", "1970-01", "1.000", "", "", "", "", ""),
        ("m:t1", "1970-02", "0.500", "", "", "", "", ""),
    ]


def test_counts_name_what_there_is() -> None:
    report = ImportReport(read=1200, new=1000, different=3, replaced=3, refused=2, moved=1)
    report.reasons = Counter(syntax=2)
    assert counts_line(report) == "1 200 read · 1 000 new · 3 replaced · 2 refused: syntax×2 · 1 meter moved"
    assert odd_of(report) == []


def test_a_file_is_known_by_its_form_and_mapping() -> None:
    taken = Taken(
        "table", "interval", mapping="quay", notes=["mapping quay: of the Quay", "'B' left out: another table"]
    )
    assert taken_line(taken) == "table · energy per interval · known by the mapping quay · 'B' left out: another table"
    assert taken_line(Taken("", "")) == ""


def test_the_counts_of_a_stored_file_say_that_it_is_stored() -> None:
    report = ImportReport(read=3, new=3, registered=1)
    assert counts_line(report) == "3 read · 3 new · 1 new meter"
    assert counts_line(report, stored=True) == "stored · 3 read · 3 new · 1 meter registered"
