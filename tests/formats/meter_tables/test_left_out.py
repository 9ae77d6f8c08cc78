"""What of a file is not taken and is no fault either."""

from __future__ import annotations

from metertui.formats.meter_tables.left_out import LeftOut


def test_rows_are_counted_by_reason_with_the_first_lines() -> None:
    left_out = LeftOut()
    for line in (3, 3, 7, 9, 11):
        left_out.note("figures of gas", line)
    left_out.note("totals of other rows", 12)
    assert left_out.sentences() == ["figures of gas: 4 (lines 3, 7, 9, …)", "totals of other rows: 1 (line 12)"]
