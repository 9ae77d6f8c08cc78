"""Times as dates and what follows them."""

from __future__ import annotations

from itertools import product

from metertui.formats.tables.halves import are_seconds, halves, is_plain_date, is_plain_rest
from metertui.formats.tables.times import days_of, kind_of, parse_clock, split_stamp

DATES = ["2025-03-30", "30.03.2025", "1/4/2025", "20250330", "30.3.25", "2025-3-4", "2025-13-45"]
RESTS = ["", " 24:00", "T02:15:00+01:00", "T02:15:00Z", ", 2:15", "_02.15", " 02h15", " 2:15 PM", "  02:15 Uhr"]
OTHERS = ["1758000000", "202503300215", "30. März 2025", "So 30.03.2025", "2025-03", "", "1.5", "12:15", "2025-03.30"]


def test_halves_are_the_text_again() -> None:
    for rest in RESTS:
        texts = [date + rest for date in DATES] + OTHERS
        assert ["".join(each) for each in zip(*halves(texts), strict=True)] == texts
    assert halves([]) == ([], [])


def test_no_rest_changes_the_date_before_it() -> None:
    for date, rest in product(DATES, RESTS):
        assert is_plain_date(date)
        assert is_plain_rest(rest)
        when, clock = split_stamp(date + rest)
        assert when == date
        assert clock == split_stamp(DATES[0] + rest)[1]
        assert bool(clock) == bool(rest)
        assert not clock or parse_clock(clock) is not None
        assert kind_of(date + rest) == ("stamp" if clock else "date") or not days_of(date)


def test_other_texts_are_not_plain() -> None:
    assert not any(map(is_plain_date, OTHERS))
    assert not any(map(is_plain_rest, ["T", " ", "T0215", " bis 31.03.2025", " 02:15/30", " - 30.03.2025 02:15", "x"]))


def test_seconds_are_told_from_other_figures() -> None:
    assert are_seconds(["1758000000", "1758000900"])
    assert not are_seconds(["1758000000", "1758000900000"])
    assert not are_seconds(["1758000000", ""])
    assert not are_seconds([])
