"""The states of the purposes of billing, in words."""

from __future__ import annotations

from datetime import date

from rich.style import Style

from metertui.screens.billing.month_figures import MonthFigures
from metertui.screens.billing.purposes import find_text, run_text, tariffs_text, waiting_text
from metertui.screens.billing.tariff_periods import Period

INK = Style(bold=True)
FIGURES = MonthFigures("2025-02", bills=240, without=2, issued=200, doubtful=14, adjustments=3, usage_wh=180_233_120,
                       total=5_120_420, currency="SGD")  # fmt: skip


def test_figures_of_a_run_stand_under_one_another() -> None:
    assert run_text(FIGURES, "as of now", INK).plain.splitlines() == [
        "bills              240  2 meters have no data",
        "issued             200  40 still to issue, 3 adjustments to issue",
        "in doubt          ▲ 14  where readings are missing or not counted",
        "comes to 51 204.20 SGD  tax included, for 180 233.120 kWh",
        "as of now",
    ]


def test_a_run_without_money_doubt_or_data_says_so() -> None:
    unpriced = FIGURES._replace(total=None, doubtful=0, issued=240, adjustments=0, without=0)
    assert run_text(unpriced, "as of now", INK).plain.splitlines() == [
        "bills                240  every meter has data",
        "issued               240  all of them",
        "in doubt               0  no readings are missing or not counted",
        "comes to 180 233.120 kWh  without a price, as there are no tariffs",
        "as of now",
    ]
    assert run_text(MonthFigures("2025-02"), "as of now", INK).plain == "No meter has data in this month.\nas of now"
    empty = MonthFigures("2025-02", since=date(2024, 1, 2), until=date(2025, 1, 31))
    said = "No meter has data in this month; there is data from 2 Jan 2024 to 31 Jan 2025."
    assert run_text(empty, "as of now", INK).plain == f"{said}\nas of now"
    assert run_text(MonthFigures("2025-02", trouble="no"), "as of now", INK).plain == "! no\nas of now"
    assert waiting_text(0.5).plain.endswith("50%")


def test_tariffs_stand_under_their_gaps_with_a_mark_at_those_in_force() -> None:
    held = [
        Period(True, "all homes", "from 1 Jan 2025", "20 ¢/kWh"),
        Period(False, "4-room", "1 Jan 2024 – 31 Dec 2024", "x"),
    ]
    assert tariffs_text(held, ["A gap."], INK).plain.splitlines() == [
        "▲ A gap.",
        "● all homes  from 1 Jan 2025           20 ¢/kWh",
        "  4-room     1 Jan 2024 – 31 Dec 2024  x",
    ]
    assert tariffs_text([], [], INK).plain.startswith("There is no tariff yet")


def test_finding_a_meter_begins_with_those_looked_at_last() -> None:
    assert find_text(8, ["m-1", "[b]"]).plain.splitlines()[1] == "looked at last  m-1, [b]"
    assert ": 1 meter." in find_text(1, []).plain
    assert find_text(0, []).plain.startswith("There is no meter yet")
