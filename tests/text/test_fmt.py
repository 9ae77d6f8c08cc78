"""Figures have one form on the screens, whoever says them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import metertui
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SECOND, SiteZone
from metertui.engine.usage.readings_table import STATUS
from metertui.text import fmt


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "72005.596 kWh is lower than the 1072010 kWh counted at 2025-03-12T10:30:00.25+08:00",
            "72 005.596 kWh is lower than the 1 072 010.000 kWh counted at 2025-03-12 10:30:00",
        ),
        ("0.5 kWh", "0.500 kWh"),
        ("net 22937.97, tax 64.47, of 2025-03", "net 22 937.97, tax 64.47, of 2025-03"),
        (
            "more than 100 kW, 2025-03-12T10:30:00 without a zone",
            "more than 100 kW, 2025-03-12T10:30:00 without a zone",
        ),
        ("meter-7.5 kWh", "meter-7.500 kWh"),
        ("a meter x7.5 kWh and 123456789012 kWh", "a meter x7.5 kWh and 123456789012 kWh"),
    ],
)
def test_reasons_have_figures_and_times_as_the_tables_do(said: str, shown: str) -> None:
    assert fmt.reason(said) == shown


@pytest.mark.parametrize(
    ("shown", "copied"),
    [
        ("76 746.839", "76746.839"),
        ("1 234 567", "1234567"),
        ("12", "12"),
        ("2025-03-12 00:00:00", "2025-03-12 00:00:00"),
        ("READ 100 200", "READ 100 200"),
        ("1 12", "1 12"),
    ],
)
def test_other_programs_get_figures_without_gaps(shown: str, copied: str) -> None:
    assert fmt.ungrouped(shown) == copied


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (30 * MINUTE, "30 min"),
        (25 * HOUR, "25 h"),
        (11 * HOUR + 40 * MINUTE, "11 h 40 min"),
        (3 * DAY + 2 * HOUR, "3 d 2 h"),
        (90 * SECOND + 500_000, "1 min 30.5 s"),
        (1, "0.000001 s"),
        (0, "0 s"),
    ],
)
def test_duration_is_exact_with_all_units(us: int, text: str) -> None:
    assert fmt.duration(us) == text


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (61 * SECOND + 900_000, "1 min 1 s"),
        (2 * HOUR + 5 * SECOND, "2 h"),
        (3 * DAY + 59 * MINUTE, "3 d"),
        (999_999, "0 s"),
    ],
)
def test_duration_in_two_units_cuts_off_the_rest(us: int, text: str) -> None:
    assert fmt.duration(us, units=2) == text


def test_what_is_to_be_looked_at_and_what_does_not_stand_have_signs_and_each_other_status_its_own() -> None:
    shown = [fmt.status(name) for name in STATUS]
    assert [each for each in shown if each.startswith("▲")] == ["▲ reset", "▲ suspect"]
    assert [each for each in shown if each.startswith("∅")] == ["∅ void", "∅ replaced", "∅ withdrawn"]
    assert len({each.split()[0] for each in shown}) == len(STATUS) - 3


def test_a_sentence_for_paper_has_its_times_as_one_says_them() -> None:
    said = "no reading after 2025-03-12T10:30:00+08:00; 2500 kWh estimated"
    assert fmt.for_people(said) == "no reading after 12 Mar 2025 10:30; 2 500.000 kWh estimated"


def test_a_time_has_its_date_only_where_that_is_not_todays() -> None:
    zone = SiteZone("Asia/Singapore")
    now = zone.parse("2025-03-12T00:10:00")
    said = [fmt.clock_or_moment(now + step, now, zone) for step in (0, -10 * MINUTE, -10 * MINUTE - SECOND, DAY)]
    assert said == ["00:10:00", "00:00:00", "11 Mar 2025 23:59:59", "13 Mar 2025 00:10:00"]


def test_a_percentage_has_no_gap_before_its_sign_wherever_it_is_shown() -> None:
    root = Path(metertui.__file__).parent
    shown = [line for part in ("screens", "text", "cli") for file in root.glob(f"{part}/**/*.py")
             for line in file.read_text().splitlines() if '"""' not in line]  # fmt: skip
    assert [line for line in shown if re.search(r"[\d}] %[^\w(\s{]|\d % of", line)] == []


def test_a_share_that_is_not_nothing_is_not_shown_as_nothing() -> None:
    assert [fmt.share(value) for value in (0.0, 0.0001, 0.0006, 1.0)] == ["0.0%", "<0.1%", "0.1%", "100.0%"]


def test_a_minus_is_one_sign_everywhere() -> None:
    assert (fmt.money_change(-1230), fmt.price_change(-1230), fmt.change(-1230)) == ("−12.30", "−12.30", "−1.230")


def test_a_register_that_is_none_is_a_dash_and_not_said_to_be_unread() -> None:
    assert [fmt.register(wh) for wh in (1_250, None)] == ["1.250 kWh", "–"]


def test_moment_that_comes_twice_has_its_offset() -> None:
    london = SiteZone("Europe/London")
    first = london.parse("2025-10-26T01:30:00")
    assert fmt.moment(first, london) == "2025-10-26 01:30"
    assert fmt.moment(first + HOUR, london) == "2025-10-26 01:30 (+0000)"
    assert fmt.moment(first + 2 * HOUR + 5 * SECOND, london) == "2025-10-26 02:30:05"
