"""Options as values, and the one line that says what is wrong with them."""

from __future__ import annotations

import argparse
from datetime import date

import pytest

from metertui.cli import options
from metertui.cli.errors import UsageError
from metertui.engine.base.zone import HOUR, MINUTE, SECOND, SiteZone

ZONE = SiteZone("Asia/Singapore")


def given(**values: object) -> argparse.Namespace:
    return argparse.Namespace(**values)


def test_times_without_an_offset_are_in_the_site_zone() -> None:
    assert ZONE.iso(options.parse_time("--time", "2025-03-12T10:30", ZONE)) == "2025-03-12T10:30:00+08:00"
    assert options.parse_at(given(at=None), ZONE) is None
    with pytest.raises(UsageError, match="--at soon: a timestamp is like"):
        options.parse_at(given(at="soon"), ZONE)


def test_days_are_both_included_and_in_order() -> None:
    assert options.parse_days(given(first="2025-02-28", last="2025-02-28")) == (date(2025, 2, 28), date(2025, 2, 28))
    with pytest.raises(UsageError, match="--to 2025-02-27 is before --from 2025-02-28"):
        options.parse_days(given(first="2025-02-28", last="2025-02-27"))


def test_a_day_that_no_window_reaches_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    asked = options.parse_days(given(first="0001-01-01", last="9999-12-31"))
    assert asked == (date(1, 1, 2), date(9999, 12, 30))
    assert capsys.readouterr().err.splitlines() == [
        "metertui: --from 0001-01-01 is taken as 0001-01-02: no window reaches further",
        "metertui: --to 9999-12-31 is taken as 9999-12-30: no window reaches further",
    ]


@pytest.mark.parametrize(
    ("text", "why"), [(None, "is missing"), ("2025-02-30", "is not a date"), ("20250228", "is not")]
)
def test_a_bad_date_is_named_with_its_option(text: str | None, why: str) -> None:
    with pytest.raises(UsageError, match=f"--from.* {why}"):
        options.parse_days(given(first=text, last="2025-02-28"))


def test_keys_are_known_and_each_at_most_once() -> None:
    assert options.parse_keys("day,region", ("day", "region")) == ("day", "region")
    assert options.parse_keys("", ("day",)) == ()
    for text in ("moon", "day,day"):
        with pytest.raises(UsageError, match="--by takes some of day, each at most once"):
            options.parse_keys(text, ("day",))


def test_format_is_a_table_unless_an_option_says_otherwise() -> None:
    assert options.format_of(given()) == "table"
    assert options.format_of(given(format="json")) == "json"
    assert options.server_settings(given(port=5)) == {"host": None, "port": 5}


@pytest.mark.parametrize(("text", "us"), [("10s", 10 * SECOND), ("30m", 30 * MINUTE), ("1h", HOUR)])
def test_interval_has_a_unit(text: str, us: int) -> None:
    assert options.parse_interval(text) == us


@pytest.mark.parametrize("text", ["0m", "30", "1d", "-5s", "1.5h"])
def test_interval_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not an interval such as"):
        options.parse_interval(text)
