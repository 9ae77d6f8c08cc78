"""The live screen: its tables, filter, pause and panes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from textual.widgets import ContentSwitcher

from metertui.headend import SLOTS, Slot
from metertui.screens.live.live import LiveScreen
from metertui.screens.live.trend_chart import TrendChart
from metertui.screens.lookup.lookup import LookupScreen
from metertui.screens.shell.help import own_keys
from metertui.screens.tables.listing import Listing
from tests.engine.book_changes import add_member
from tests.screens.live.helpers import STEPS, inner, mid_close, refuse, rows, show, title
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of

HOSTILE_LINES = ["[red]x[/]", "\x1b[31mred", "[/", "=cmd|' /C calc'!A0", "a\tb\x00c", "[@click=app.quit]q[/]"]


async def test_an_empty_desk_says_what_to_do(empty_town: Town) -> None:
    async with at_work(empty_town, "f2") as pilot:
        await show(empty_town, pilot)
        empty = text_of(pilot, "#empty")
        assert "Nothing has arrived yet. Meters connect to 127.0.0.1:7007" in empty
        assert "printf 'REGISTER 123456\\nREAD 123456 144.5\\n' | nc -N 127.0.0.1 7007" in empty
        assert not pilot.app.screen.query_one("#overview").display  # a chart and regions of nothing
        assert not pilot.app.screen.query_one("#tables").display
        assert isinstance(pilot.app.screen, LiveScreen)
        pilot.app.screen.show_live(replace(empty_town.headend.live(), stored=3))
        await pilot.pause()
        assert text_of(pilot, "#empty").startswith("Nothing has arrived since the start. Meters connect to 127.")
        empty_town.headend.address = ""
        await show(empty_town, pilot)
        assert text_of(pilot, "#empty") == "Nothing has arrived yet, and no port is open."


@pytest.mark.parametrize("address", ["127.0.0.1:65535", "[::1]:7007"])
async def test_the_lines_to_try_can_be_copied_from_80_columns(empty_town: Town, address: str) -> None:
    async with at_work(empty_town, "f2", size=(80, 24)) as pilot:
        empty_town.headend.address = address
        await show(empty_town, pilot)
        lines = text_of(pilot, "#empty").splitlines()
        host, port = address.rsplit(":", 1)
        assert any(line.endswith(f"| nc -N {host.strip('[]')} {port}") for line in lines)
        at = lines.index(f" metertui simulate --port {port} \\")  # which a shell takes for one line
        assert lines[at + 1] == "   --meters 100 --register --live --interval 10s"


async def test_what_arrives_is_shown(town: Town) -> None:
    async with at_work(town, "f2", size=(160, 40)) as pilot:
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"))
        refuse(town, "hello")
        await show(town, pilot)
        assert rows(pilot, "#readings")[0] == ["10:35:00", STEADY, "2 690.600", "0.100", "▇▇▇▇▇▇▇▇", ""]
        assert rows(pilot, "#refusals") == [["10:40:00", "unknown-command", "hello", "127.0.0.1:50123"]]
        assert text_of(pilot, "#tile-suspects").splitlines()[1] == "1"
        assert title(pilot, "#refusals-side") == "Last refusals, following"


async def test_refusals_stand_beside_the_readings_where_there_is_room(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        readings, refusals = (pilot.app.screen.query_one(f"#{name}-side") for name in ("readings", "refusals"))
        assert title(pilot, "#refusals-side") == "Last refusals, none since the start"
        assert readings.region.y == refusals.region.y
        assert readings.region.right == refusals.region.x
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert not refusals.display
        refuse(town, "hello")
        await show(town, pilot)
        assert refusals.region.y > readings.region.y
        town.clock.advance(2 * 3600 + 5)
        await show(town, pilot)
        assert title(pilot, "#refusals-side") == "Last refusals, none for 2 h"
        town.clock.advance(24 * 3600)
        await show(town, pilot)
        assert rows(pilot, "#refusals")[0][0] == "12 Mar 2025 10:40:00"


async def test_the_rows_follow_a_size_at_once(town: Town) -> None:
    async with at_work(town, "f2", size=(120, 24)) as pilot:
        await show(town, pilot)
        await pilot.resize_terminal(120, 60)
        await settle(pilot)
        table = pilot.app.screen.query_one("#readings", Listing)
        assert len(table.rows_in_view) == table.size.height - 1 > 24
        assert pilot.app.screen.query_one(TrendChart).border_title == "Readings a second, last 2 min"


async def test_the_footer_has_only_keys_that_do_something(town: Town) -> None:
    async with at_work(town, "f2", "4") as pilot:
        assert text_of(pilot, "#keys").startswith("z Span  l Chart  d Close the day  ^→ Next pane ")
        assert "d closes the day, as an operator" in text_of(pilot, "#close-pane")
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert text_of(pilot, "#keys").startswith("d Close the day  ^→ Next pane ")
        await press(pilot, "2")
        await settle(pilot)
        assert text_of(pilot, "#keys").startswith("p Pause  d Close the day  ^→ Next pane ")


async def test_an_empty_desk_has_no_key_for_a_chart_or_a_table(empty_town: Town) -> None:
    async with at_work(empty_town, "f2") as pilot:
        await show(empty_town, pilot)
        assert text_of(pilot, "#keys").startswith("d Close the day  ^→ Next pane ")
        empty_town.register(STEADY, "1 Steady Lane")
        empty_town.read((STEADY, "1", "2025-03-12T10:30"))
        await show(empty_town, pilot)
        await settle(pilot)
        assert "p Pause  z Span  l Chart" in text_of(pilot, "#keys")


async def test_no_figure_is_wrong_where_the_clock_jumps(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        refuse(town, "hello")
        await show(town, pilot)
        for time, first in (("2025-03-12T08:40:00", "00:00:00"), ("2025-03-13T10:40:00", "12 Mar 2025 00:00:00")):
            town.clock.set(time)
            town.clock.advance(6)
            for pane in ("2", "3", "4", "1"):
                await press(pilot, pane)
                await show(town, pilot)
                await settle(pilot)
                shown = "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
                assert not re.search(r"(?<![\w.])-\d", shown), shown
            assert rows(pilot, "#readings")[0][0] == first


async def test_enter_on_a_reading_opens_its_meter(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"))
        await show(town, pilot)
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, LookupScreen)
        assert STEADY in text_of(pilot, "#lookup-message")
        assert "274.600 kWh" in text_of(pilot, "#usage")


async def test_the_first_reading_brings_the_table_that_enter_acts_on(empty_town: Town) -> None:
    async with at_work(empty_town, "f2") as pilot:
        refuse(empty_town, "hello")
        await show(empty_town, pilot)
        await settle(pilot)
        assert not pilot.app.screen.query_one("#readings-side").display
        assert pilot.app.focused is pilot.app.screen.query_one("#refusals")
        pilot.app.screen.set_focus(None)
        empty_town.register(STEADY, "1 Steady Lane")
        empty_town.read((STEADY, "1", "2025-03-12T10:30"))
        await show(empty_town, pilot)
        await settle(pilot)
        assert pilot.app.focused is pilot.app.screen.query_one("#readings")
        assert pilot.app.screen.query_one("#overview").display


async def test_the_chart_shows_other_spans_and_lines(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        chart = pilot.app.screen.query_one(TrendChart)
        titles = []
        for key in ("z", "z", "z", "l", "l", "l", "l"):
            await press(pilot, key)
            titles.append(chart.border_title)
        assert titles == [
            "Readings a second, last 1 h",
            "Readings a second, last 24 h",
            "Readings a second, last 2 min",
            "Time to OK in ms, 99%, last 2 min",
            "Suspect readings a second, last 2 min",
            "Refused lines a second, last 2 min",
            "Readings a second, last 2 min",
        ]


async def test_text_from_outside_is_shown_as_it_is(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        refuse(town, *HOSTILE_LINES)
        await show(town, pilot)
        shown = [row[2] for row in rows(pilot, "#refusals")]
        assert shown == [
            "[@click=app.quit]q[/]",
            "a␉b␀c",
            "=cmd|' /C calc'!A0",
            "[/",
            "␛[31mred",
            "[red]x[/]",
        ]


async def test_a_row_is_shown_in_full_and_escape_is_back_at_the_newest(town: Town) -> None:
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        town.read((STEADY, "1", "2025-03-12T10:36:00"), (STEADY, "2690.6", "2025-03-12T10:37:00"))
        await show(town, pilot)
        refuse(town, "hello", "READ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20")
        await show(town, pilot)
        pilot.app.screen.query_one("#refusals").focus()
        await press(pilot, "enter")
        assert " ".join(text_of(pilot, "#said").split()) == (
            "10:40:00 · unknown-command · READ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 · 127.0.0.1:50123"
        )
        pilot.app.screen.query_one("#readings").focus()
        await press(pilot, "down", "escape")
        assert pilot.app.screen.query_one("#readings", Listing).cursor_row == 0


async def test_pausing_holds_the_tables_and_never_the_figures(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        await pilot.press("p")
        assert title(pilot, "#readings-side") == "Last readings, paused at 10:40:00, 0 newer, p resumes"
        assert "p Resume" in text_of(pilot, "#keys")
        assert text_of(pilot, "#day-text").endswith(" · counts since 10:40")
        held = rows(pilot, "#readings")
        accepted = text_of(pilot, "#tile-accepted")
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"))
        await show(town, pilot)
        assert rows(pilot, "#readings") == held
        assert text_of(pilot, "#tile-accepted") != accepted
        assert title(pilot, "#readings-side") == "Last readings, paused at 10:40:00, 1 newer, p resumes"
        assert title(pilot, "#refusals-side") == "Last refusals, paused at 10:40:00, 0 newer, p resumes"
        await pilot.press("2")
        assert not text_of(pilot, "#said").strip()
        await pilot.press("1", "p")
        await show(town, pilot)
        assert rows(pilot, "#readings")[0][0] == "10:35:00"


async def test_the_cursor_stays_with_its_row_and_at_the_newest(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        listing = pilot.app.screen.query_one("#readings", Listing)
        listing.focus()
        newest = listing.selected_cells
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"))
        await show(town, pilot)
        assert listing.cursor_row == 0
        assert listing.selected_cells != newest
        await pilot.press("down")
        assert listing.selected_cells == newest
        town.read((STEADY, "2690.7", "2025-03-12T10:36:00"))
        await show(town, pilot)
        assert listing.cursor_row == 2
        assert listing.selected_cells == newest


async def test_a_day_close_is_seen_under_way_in_its_pane_in_80_columns(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        assert not pilot.app.screen.query_one("#day-progress").display
        monkeypatch.setattr(town.headend, "live", lambda: mid_close(town))
        await show(town, pilot)
        assert text_of(pilot, "#day-text") == "day close: writing day files 12 of 31"
        assert text_of(pilot, "#day-progress #percentage") == "42%"
        assert text_of(pilot, "#state").split("  ")[0] == "127.0.0.1:7007"
        assert text_of(pilot, "#state").rstrip().endswith(" 0 clients · day closing 42%"), "nothing is cut"
        await pilot.press("4")
        await show(town, pilot)
        assert text_of(pilot, "#close-pane").splitlines()[:4] == STEPS
        assert not pilot.app.screen.query_one("#day-progress").display, "the pane has a bar with its words"


async def test_d_leads_to_where_the_day_is_closed(town: Town) -> None:
    add_member(town.engine.staff, "ada@metertui.example", "operator", "secret horse")
    async with at_work(town, "f2", "d") as pilot:
        assert text_of(pilot, "#login-text").startswith("Closing the day is for staff with the role operator.")
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, LiveScreen)
        await press(pilot, "d")
        await settle(pilot)
        await press(pilot, *"ada@metertui.example", "enter", *"secret horse", "enter")
        await settle(pilot)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "close-day"
        await pilot.press("f2", "f6", "ctrl+left", "f2", "d")  # from another tab of a gate that is open
        await settle(pilot)
        assert pilot.app.focused.id == "close-day"
        await pilot.press("enter", "f2")
        await settle(pilot)
        await show(town, pilot)
        await press(pilot, "f2", "4")
        await show(town, pilot)
        lines = ["in the log  nothing", "last        12 Mar 2025 10:40", "by          ada@metertui.example"]
        assert inner(pilot)[:3] == lines


async def test_a_follower_offers_no_key_that_writes_and_says_where_that_is_done(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = replace(town.headend.live(), following="read-only: process 4711 owns the folder")
    monkeypatch.setattr(town.headend, "live", lambda: following)
    async with at_work(town, "f2") as pilot:
        assert "p Pause" in text_of(pilot, "#keys")
        assert "Close the day" not in text_of(pilot, "#keys")
        assert "Close the day" not in {binding.description for _, binding in own_keys(pilot.app.screen)}
        offered = {command.title for command in town.app.get_system_commands(pilot.app.screen)}
        assert "Find a meter" in offered
        assert not offered & {"Close the day", "Register an account", "Enter a reading", "Readings from a file"}
        await press(pilot, "d")
        assert text_of(pilot, "#said") == "! Read-only: process 4711 owns the folder."
        chart = pilot.app.screen.query_one(TrendChart)
        chart.show_trend([Slot(1)] * SLOTS, follows=True)
        await pilot.pause()
        assert text_of(pilot, "#trend").strip() == "nothing in the last 2 min"
        chart.next_line()
        chart.show_trend([Slot(1)] * SLOTS, follows=True)
        await pilot.pause()
        assert text_of(pilot, "#trend").strip() == "known only to the process that owns the folder"
        await press(pilot, "2")
        await show(town, pilot)
        assert text_of(pilot, "#peers-heading") == "Clients connect to the owner of the folder, not to this desk."
        await press(pilot, "f7")
        await settle(pilot)
        line = text_of(pilot, "#keys")
        assert line.startswith("⏎ Open  2 Silent meters  / Meter")
        assert text_of(pilot, "#case-offers").splitlines()[-1].strip() == "Decide where the folder is owned."
        assert "v Void" not in text_of(pilot, "#case-offers")


async def test_a_disk_that_refuses_is_on_every_screen(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with at_work(town, "f2") as pilot:
        with monkeypatch.context() as patched:
            patched.setattr("metertui.engine.storage.durable.write_all", full)
            await town.headend.store_reading(STEADY, "2690.6", "2025-03-12T10:35:00", "test")
        for key in ("f2", "f3", "f7"):
            await pilot.press(key)
            await show(town, pilot)
            assert "No space left on device" in text_of(pilot, "#banner")
        await town.headend.store_reading(STEADY, "2690.6", "2025-03-12T10:35:00", "test")
        await show(town, pilot)
        assert not pilot.app.screen.query_one("#banner").display


async def test_a_filter_shows_only_rows_with_a_text_also_while_rows_arrive(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        refuse(town, "hello", "[red]READ 666")
        await press(pilot, "slash", *HOSTILE)
        assert {row[1] for row in rows(pilot, "#readings")} == {HOSTILE}
        before = len(rows(pilot, "#readings"))
        town.read((HOSTILE, "52", "2025-03-12T10:00"), (STEADY, "2691", "2025-03-12T10:40"))
        await show(town, pilot)
        found = f"{before + 1} of 200 · meter contains {HOSTILE}"
        assert len(rows(pilot, "#readings")) == before + 1
        assert title(pilot, "#readings-side") == f"Last readings, {found}, following"
        await press(pilot, "enter", "p")
        assert pilot.app.focused is pilot.app.screen.query_one("#readings")
        assert title(pilot, "#readings-side") == f"Last readings, {found}, paused at 10:40:00, 0 newer, p resumes"
        town.read((HOSTILE, "53", "2025-03-12T10:10"))
        await press(pilot, "slash", "backspace", "enter")
        held = [row[2] for row in rows(pilot, "#readings")]
        assert "52.000" in held
        assert "53.000" not in held, "a held list stays what it was, also where its filter changes"
        await press(pilot, "escape", "p")
        await show(town, pilot)
        assert len(rows(pilot, "#refusals")) == 2
        assert title(pilot, "#readings-side") == "Last readings, following"
        await press(pilot, "tab", "slash", *"UNKNOWN-COMM", "s", "S")
        await show(town, pilot)
        assert rows(pilot, "#refusals") == []
        await pilot.press("escape", "s", "s", "s", "S")
        await show(town, pilot)
        assert [row[2] for row in rows(pilot, "#refusals")] == ["hello", "[red]READ 666"]


async def test_one_goes_through_the_panes(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        seen = []
        for key in ("ctrl+right", "ctrl+right", "ctrl+right", "ctrl+right", "ctrl+left", "1"):
            await press(pilot, key)
            await settle(pilot)
            seen.append(pilot.app.screen.query_one(ContentSwitcher).current)
            assert pilot.app.focused is not None
            assert pilot.app.focused.region.height > 0
        assert seen == ["peers-pane", "board-pane", "close-pane", "arrivals-pane", "close-pane", "arrivals-pane"]


async def test_the_board_is_asked_for_the_less_often_the_longer_it_takes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    completeness = town.headend.worklist.completeness

    async def slow() -> object:
        asked.append(town.clock.monotonic())
        town.clock.advance(2)
        return await completeness()

    monkeypatch.setattr(town.headend.worklist, "completeness", slow)
    async with at_work(town, "f2", "3") as pilot:
        for seconds, times in ((5, 1), (34, 1), (9, 2)):  # a twentieth of the time at most, which is 40 s
            town.clock.advance(seconds)
            await show(town, pilot)
            await settle(pilot)
            assert len(asked) == times
