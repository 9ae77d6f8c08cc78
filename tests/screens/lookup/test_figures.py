"""The figures of a look-up in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metertui.engine.accounts.account import Account
from metertui.engine.base.qualities import ESTIMATED
from metertui.engine.base.zone import DAY, HOUR
from metertui.engine.billing.statements import Statement
from metertui.engine.columns.curve import NO_REGISTER
from metertui.engine.columns.frames import NO_ENERGY
from metertui.engine.usage.lookup import LongGaps, UsageComparison, WindowReadings
from metertui.engine.usage.readings_table import STATUS
from metertui.engine.usage.series import Edge, Quality, Usage
from metertui.engine.vee.rules import COUNTED, INTERVAL, REPLACED
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.lookup import figures
from metertui.screens.lookup.figures import Figure
from metertui.screens.lookup.readings_behind import BehindTable
from metertui.screens.terminal.theme import ink
from tests.clock import FakeClock
from tests.screens.lookup.helpers import choose, tiles
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of

ZONE = FakeClock().zone
START, END = ZONE.parse("2025-03-01T00:00:00"), ZONE.parse("2025-03-03T00:00:00")


async def test_both_ends_say_how_they_are_known(town: Town) -> None:
    async with at_work(town, "f3", *"200-002", "enter") as pilot:
        await choose(pilot, "today")
        assert tiles(pilot)["usage"] == ["no data"]  # its last reading is yesterday's midnight
        assert "No data. The window begins at or after the last counted reading, of 11 Mar 2025 00" in text_of(
            pilot, "#lookup-message"
        )
        assert tiles(pilot)["opening register"] == tiles(pilot)["average per day"] == ["no data"]
        await choose(pilot, "last_month")
        assert tiles(pilot)["opening, actual"] == ["4 249.760 kWh", "1 Feb 2025 00:00"]
        await choose(pilot, "month")
        assert tiles(pilot)["closing, last reading"] == ["4 647.800 kWh", "11 Mar 2025 00:00"]


async def test_a_window_is_compared_with_the_one_before_as_far_as_it_is_known(town: Town) -> None:
    async with at_work(town, "f3", *"200-002", "enter") as pilot:
        assert tiles(pilot)["vs previous month"] == ["▼ 16.7% less", "111.600 kWh", "to 11 Feb 00:00"]
        await choose(pilot, "year")
        assert tiles(pilot)["vs previous year"] == ["–", "418.500 kWh", "before in part"]
        await choose(pilot, "today")
        assert tiles(pilot)["vs previous day"] == ["no data"]
        await press(pilot, "slash", *STEADY, "enter")
        await settle(pilot)
        assert tiles(pilot)["vs previous day"] == ["= the same", "10.500 kWh", "to 11 Mar 10:30"]


async def test_an_estimate_is_called_one_and_drawn_as_one(town: Town) -> None:
    batch = town.engine.ingest.begin()
    batch.add_account("300", {})
    town.engine.ingest.apply(batch)
    town.read(("300", "10", "2025-02-28T12:00"), ("300", "12", "2025-03-01T12:00"), ("300", "13", "2025-03-03T00:00"))
    async with at_work(town, "f3", *"300", "enter") as pilot:
        shown = tiles(pilot)
        assert shown["usage"] == ["2.000 kWh", "opening estimated", "36 h spread evenly"]
        assert shown["opening, estimated"] == ["11.000 kWh", "1 Mar 2025 00:00"]
        chart = pilot.app.screen.query_one(PictureView)
        assert chart.border_subtitle == "█ read   ▒ estimated"
        assert {"█", "▒"} & set(text_of(pilot, "#usage-chart")) >= {"▒"}


async def test_readings_that_do_not_count_are_shown(town: Town) -> None:
    async with at_work(town, "f3", *HOSTILE, "enter") as pilot:
        assert tiles(pilot)["readings"] == ["3", "1 not counted"]


def used(wh: int | None, opening: Quality = "actual", closing: Quality = "actual") -> Usage:
    """A usage of two days; None is no data."""
    if wh is None:
        return Usage("1", "dates", START, END, None, None, None, 0, 0)
    first, last = Edge(START, 1000, opening), Edge(END, 1000 + wh, closing)
    return Usage("1", "dates", START, END, first, last, wh, 3, 0)


def test_a_usage_says_which_of_its_ends_are_estimated() -> None:
    assert figures.usage(UsageComparison(used(None), used(None))) == Figure("no data")
    cases: tuple[tuple[Quality, Quality, str], ...] = (
        ("actual", "actual", "read at both ends"), ("estimated", "actual", "opening estimated"),
        ("estimated", "estimated", "both estimated"), ("actual", "last", "to last reading"),
        ("first", "actual", "from first reading"), ("substituted", "actual", "opening substitute"),
        ("actual", "substituted", "closing substitute"), ("substituted", "substituted", "both substituted"),
    )  # fmt: skip
    for opening, closing, note in cases:
        each = used(2500, opening, closing)
        assert figures.usage(UsageComparison(each, used(None))) == Figure("2.500 kWh", f"\n{note}")
        assert len(note) <= figures.ROOM


def test_a_gap_beside_what_is_known_is_called_one() -> None:
    for opening, closing, note in (
        (Edge(START, 1000, "first", beside_gap=True), Edge(END, 3500, "actual"), "from end of a gap"),
        (Edge(START, 1000, "actual"), Edge(END, 3500, "last", beside_gap=True), "up to a gap"),
        (Edge(START, 1000, "first", beside_gap=True), Edge(END, 3500, "last", beside_gap=True), "between two gaps"),
        (Edge(START, 1000, "first", beside_gap=True), Edge(END, 3500, "last"), "to last reading"),
    ):
        each = Usage("1", "dates", START, END, opening, closing, 2500, 3, 0)
        assert figures.usage(UsageComparison(each, used(None))) == Figure("2.500 kWh", f"\n{note}")
        assert len(note) <= figures.ROOM


def test_a_comparison_has_its_direction_in_a_word() -> None:
    for now, before, value in ((3000, 2000, "▲ 50.0% more"), (1000, 2000, "▼ 50.0% less"), (7, 7, "= the same")):
        assert figures.comparison(UsageComparison(used(now), used(before)), ZONE).value == value
    assert figures.comparison(UsageComparison(used(5), used(0)), ZONE).value == "▲ 0.005 kWh more"
    assert figures.comparison(UsageComparison(used(None), used(5)), ZONE) == Figure("no data", "\n0.005 kWh then")
    assert figures.comparison(UsageComparison(used(5), used(None)), ZONE) == Figure("no data")
    apart = UsageComparison(used(7), used(7), in_one_step=True)
    assert figures.comparison(apart, ZONE) == Figure("–", "\n0.007 kWh\nspread evenly")


def test_an_average_is_of_the_time_with_data() -> None:
    assert figures.daily(UsageComparison(used(3000), used(None))) == Figure("1.500 kWh", "\nover 48 h")
    assert figures.daily(UsageComparison(used(None), used(None))) == Figure("no data")


async def test_hours_of_a_day_make_no_daily_average(town: Town) -> None:
    async with at_work(town, "f3", *STEADY, "enter") as pilot:
        await choose(pilot, "last_half_hour")
        assert tiles(pilot)["average per day"] == ["–", "only 30 min"]


def test_a_bill_without_a_price_says_so_above_its_kwh() -> None:
    statement = Statement("1", "2025-03", None, None, 2500, 3, 0)
    assert figures.bill(statement) == Figure("no price", "\n2.500 kWh\nMarch 2025")
    assert figures.bill(replace(statement, usage_wh=None)) == Figure("no data", "\nMarch 2025")
    priced = replace(statement, total=1234, currency="SGD")
    assert figures.bill(priced) == Figure("12.34 SGD", "\n2.500 kWh\nMarch 2025")


def test_readings_say_how_many_are_not_counted() -> None:
    for readings, suspect, note in ((0, 0, ""), (3, 0, "\nall counted"), (3, 1, "\n1 not counted")):
        answer = UsageComparison(replace(used(1), readings=readings, suspect=suspect), used(None))
        assert figures.readings(answer) == Figure(str(readings), note)


def test_tiles_tell_what_is_estimated_over_a_long_gap() -> None:
    answer = UsageComparison(used(2500), used(None), LongGaps(30 * HOUR, 55 * HOUR))
    assert figures.usage(answer) == Figure("2.500 kWh", "\nread at both ends\n30 h spread evenly")
    assert figures.readings(answer) == Figure("3", "\nonce none for 55 h")
    doubtful = replace(answer, usage=replace(used(1), suspect=1))
    assert figures.readings(doubtful) == Figure("3", "\n1 not counted")


def test_rows_of_readings_begin_with_the_newest() -> None:
    behind = WindowReadings(
        "1",
        np.array([START, START + DAY, END]),
        np.array([1000, 3000, 4500]),
        np.array([COUNTED] * 3, np.uint8),
        np.array([-1, 2000, 1500]),
        np.array([-1, DAY, DAY]),
        np.full(3, NO_ENERGY),
        np.array([0, 0, ESTIMATED], np.uint8),
    )
    counted = f"✓ {STATUS[COUNTED]}"
    assert figures.reading_rows(behind, ZONE, 0, 2) == [
        ("2025-03-03 00:00", "4.500", "1.500", "≈ estimated", "24 h"),
        ("2025-03-02 00:00", "3.000", "2.000", counted, "24 h"),
    ]
    assert figures.reading_rows(behind, ZONE, 2, 9) == [("2025-03-01 00:00", "1.000", "–", counted, "–")]


def test_an_interval_shows_its_start_and_no_register() -> None:
    behind = WindowReadings(
        "1",
        np.array([END]),
        np.array([NO_REGISTER]),
        np.array([INTERVAL], np.uint8),
        np.array([250]),
        np.array([HOUR]),
        np.array([250_000_001]),
        np.zeros(1, np.uint8),
    )
    row = ("2025-03-03 00:00", "from 2 23:00", "0.250", f"✓ {STATUS[COUNTED]}", "1 h")
    assert figures.reading_rows(behind, ZONE, 0, 1) == [row]
    gone = replace(behind, used=np.array([-1]), status=np.array([REPLACED], np.uint8))
    assert (behind.stored, gone.stored) == (1, 0)
    assert figures.reading_rows(gone, ZONE, 0, 1) == [(*row[:2], "was 0.250", "∅ replaced", row[-1])]


def test_an_account_is_described_in_one_line() -> None:
    assert figures.account_line(None) == "no account"
    account = Account("1", address="1 Steady Lane", region="North")
    assert figures.account_line(account) == "1 Steady Lane, North"
    assert figures.account_line(Account("1", active=False)) == "no address · deactivated"


async def test_a_usage_that_is_not_the_difference_of_its_registers_says_why(town: Town) -> None:
    town.register("300", "")
    days = zip(("10", "11", "1", "2"), ("05", "06", "07", "08"), strict=True)
    town.read(*(("300", kwh, f"2025-02-{day}T00:00") for kwh, day in days))
    async with at_work(town, "f3", *"300", "enter") as pilot:
        await choose(pilot, "last_month")
        said = " ".join(text_of(pilot, "#lookup-message").split())
        sentence = "1 undeclared reset between them, on 7 Feb 2025 00:00 from 11.000 kWh to 1.000 kWh."
        assert sentence in said
        assert "register changed" in tiles(pilot)["usage"]
        table = pilot.app.screen.query_one(BehindTable)
        at = next(row for row in range(table.row_count) if table.cells_of_row(row)[0] == "2025-02-07 00:00")
        assert table.cells_of_row(at)[3] == "▲ reset"
        marked = [segment.style for segment in table.render_line(at + 1) if segment.text.startswith("▲ reset")]
        assert marked[0] is not None
        assert marked[0].color == ink(pilot.app.theme_variables, "suspect").color
        await press(pilot, "f4", *"300", "enter")
        await settle(pilot)
        assert sentence in " ".join(text_of(pilot, "#statement").replace("│", " ").split())
        await press(pilot, "f3", "slash", *STEADY, "enter")
        await settle(pilot)
        assert "closing less the opening" not in text_of(pilot, "#lookup-message")


def test_the_names_of_comparisons_have_room_in_80_columns() -> None:
    assert max(len(compared) for _, compared in figures.WINDOWS.values()) <= figures.ROOM
    long = replace(used(1000), start=END - 33 * DAY - HOUR, opening=Edge(END - 33 * DAY - HOUR, 0, "actual"))
    before = replace(long, start=long.start + 2 * DAY, opening=Edge(END - 31 * DAY - HOUR, 0, "actual"))
    assert figures.comparison(UsageComparison(long, before), ZONE).note == "\n1.000 kWh\n31 d → 33 d"
