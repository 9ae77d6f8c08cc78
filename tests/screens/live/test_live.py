"""Live: what arrives is shown, as data, and pausing holds the tables only."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import ANY

import pytest
from textual.pilot import Pilot
from textual.widgets import ContentSwitcher

from metertui.engine.core.counters import Close, LiveSnapshot, Peer
from metertui.screens.live.live import LiveScreen
from metertui.screens.tables.listing import Listing
from metertui.text import visible
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of

HOSTILE_LINES = ["[red]x[/]", "\x1b[31mred", "[/", "=cmd|' /C calc'!A0", "a\tb\x00c", "[@click=app.quit]q[/]"]


async def show(town: Town, pilot: Pilot[None]) -> None:
    """A second of ticks: the tables follow in turns."""
    for _ in range(4):
        town.app.tick()
    await pilot.pause()


def refuse(town: Town, *lines: str) -> None:
    batch = town.engine.ingest.begin()
    for line in lines:
        batch.add_refused_line("127.0.0.1:50123", "unknown-command", "it is not a command", line)
    town.engine.ingest.apply(batch)


def rows(pilot: Pilot[None], table: str) -> list[list[str]]:
    listing = pilot.app.screen.query_one(table, Listing)
    return [[visible(cell) for cell in listing.cells_of_row(i)] for i in range(listing.row_count)]


async def test_an_empty_desk_says_what_to_do(empty_town: Town) -> None:
    async with at_work(empty_town, "f2") as pilot:
        await show(empty_town, pilot)
        empty = text_of(pilot, "#empty")
        assert "Nothing has arrived yet. Meters connect to 127.0.0.1:7007" in empty
        assert "printf 'REGISTER 123456\\nREAD 123456 144.5\\n' | nc -N 127.0.0.1 7007" in empty
        assert not pilot.app.screen.query_one("#tables").display
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
    async with at_work(town, "f2") as pilot:
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"))
        refuse(town, "hello")
        await show(town, pilot)
        assert rows(pilot, "#readings")[0] == ["2025-03-12 10:35:00", STEADY, "2 690.600", ""]
        assert rows(pilot, "#refusals") == [["10:40:00", "unknown-command", "hello", "127.0.0.1:50123"]]
        assert text_of(pilot, "#tile-suspects").splitlines()[1] == "1"
        assert "unknown-command×1" in text_of(pilot, "#codes")


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


async def test_a_row_is_told_in_full_and_escape_is_back_at_the_newest(town: Town) -> None:
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        town.read((STEADY, "1", "2025-03-12T10:36:00"), (STEADY, "2690.6", "2025-03-12T10:37:00"))
        await show(town, pilot)
        await press(pilot, "down", "enter")
        why = "! lower than the 2 690.500 kWh counted at 2025-03-12 10:30:00"
        assert " ".join(text_of(pilot, "#said").split()) == f"2025-03-12 10:36:00 · {STEADY} · 1.000 · {why}"
        await press(pilot, "escape")
        assert pilot.app.screen.query_one("#readings", Listing).cursor_row == 0


async def test_pausing_holds_the_tables_and_never_the_figures(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        await pilot.press("p")
        assert "paused" in text_of(pilot, "#readings-heading")
        assert "paused" in text_of(pilot, "#refusals-heading")
        held = rows(pilot, "#readings")
        stored = text_of(pilot, "#tile-stored")
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"))
        await show(town, pilot)
        assert rows(pilot, "#readings") == held
        assert text_of(pilot, "#tile-stored") != stored
        await pilot.press("p")
        await show(town, pilot)
        assert rows(pilot, "#readings")[0][0] == "2025-03-12 10:35:00"


async def test_every_cause_of_refusal_is_counted_on_the_screen(town: Town) -> None:
    codes = ["unknown-command", "bad-reading", "not-registered", "bad-timestamp", "bad-field", "conflict", "syntax"]
    batch = town.engine.ingest.begin()
    for times, code in enumerate(codes, 1):
        for _ in range(times):
            batch.add_refused_line("127.0.0.1:50123", code, "no", "x")
    town.engine.ingest.apply(batch)
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        await show(town, pilot)
        told = " ".join(text_of(pilot, "#codes").split())
        assert told == "refused: " + " ".join(f"{code}×{n}" for n, code in reversed([*enumerate(codes, 1)]))


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
        assert "day closing 42% ·" in text_of(pilot, "#state")
        await pilot.press("4")
        await show(town, pilot)
        assert text_of(pilot, "#close-pane").splitlines()[:4] == STEPS


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_a_day_close_is_seen_under_way_beside_the_rate(
    town: Town, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with at_work(town, "f2", size=size) as pilot:
        with monkeypatch.context() as patched:
            patched.setattr(town.headend, "live", lambda: mid_close(town))
            await show(town, pilot)
            *steps, bar, by = inner(pilot)
            assert steps == STEPS
            assert bar.startswith("━")
            assert bar.endswith("─  42% · 3 s")
            assert by == "by STOPSERVER from 127.0.0.1:50123"
            assert not pilot.app.screen.query_one("#day").display
        await show(town, pilot)
        assert inner(pilot)[1].startswith("The day has not been closed yet.")
        await pilot.press("4")  # has no pane of its own here
        await pilot.press("ctrl+left")
        await settle(pilot)
        assert pilot.app.screen.query_one("#pane", ContentSwitcher).current == "board-pane"


async def test_d_leads_to_where_the_day_is_closed(town: Town) -> None:
    town.engine.staff.add_member("ada@metertui.example", "operator", "secret horse")
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
        assert inner(pilot)[:3] == ["in log  empty", "last    2025-03-12 10:40:00", "by      ada@metertui.example"]


async def test_who_follows_a_folder_is_told_where_its_day_is_closed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(town, "f2") as pilot:
        following = replace(town.headend.live(), following="read only: metertui 4711 owns the folder")
        monkeypatch.setattr(town.headend, "live", lambda: following)
        await pilot.press("d")
        await settle(pilot)
        said = text_of(pilot, "#said")
        assert said == "! Read only: metertui 4711 owns the folder. Close the day there, or send STOPSERVER."


STEPS = [
    "✓ sealing the log       48 000 readings",
    "▸ writing day files     12 of 31",
    "· rebuilding the index",
    "· swapping the index in",
]


def mid_close(town: Town) -> LiveSnapshot:
    """A day close as it is seen from its midst."""
    return replace(
        type(town.headend).live(town.headend),
        day_state="writing day files",
        progress=0.42,
        closing_by="127.0.0.1:50123",
        closing_seconds=3.4,
        closing_readings=48_000,
        closing_files=31,
        closing_written=12,
    )


def inner(pilot: Pilot[None]) -> list[str]:
    """The lines of the panel."""
    return text_of(pilot, "#day-panel").splitlines()


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


async def test_the_last_close_is_told(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        close = await town.headend.day_close.close("ada@example.com")
        assert isinstance(close, Close)
        await show(town, pilot)
        moved = f"{close.readings // 1000} {close.readings % 1000:03} readings"
        assert inner(pilot)[1:] == [
            "last    2025-03-12 10:40:00",
            "by      ada@example.com",
            f"moved   {moved} in {close.seconds:.1f} s",
            f"into    {close.files} day files",
            "late    unknown: there was no close before",
        ]
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"), (STEADY, "2689.9", "2025-03-11T23:45:00"))
        await town.headend.day_close.close("midnight")
        await show(town, pilot)
        assert inner(pilot)[2:] == [
            "by      midnight",
            ANY,
            "into    2 day files",
            "late    1 reading into 1 day file",
        ]
        assert text_of(pilot, "#tile-log").splitlines()[1] == "0"


async def test_a_filter_shows_only_rows_with_a_text(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        refuse(town, "hello", "[red]READ 666")
        await press(pilot, "slash", *HOSTILE)
        await show(town, pilot)
        assert {row[1] for row in rows(pilot, "#readings")} == {HOSTILE}
        assert [row[2] for row in rows(pilot, "#refusals")] == ["[red]READ 666"]
        assert text_of(pilot, "#readings-heading") == "Last readings with “666”"
        await press(pilot, "enter", "p")
        assert pilot.app.focused is pilot.app.screen.query_one("#readings")
        assert text_of(pilot, "#readings-heading") == "Last readings with “666” – paused, p resumes"
        await press(pilot, "slash", "escape")
        await show(town, pilot)
        assert len(rows(pilot, "#refusals")) == 2
        assert not pilot.app.screen.query_one("#filter").display
        await press(pilot, "slash", *"UNKNOWN-COMM")
        await show(town, pilot)
        assert len(rows(pilot, "#refusals")) == 2
        assert rows(pilot, "#readings") == []


async def test_connections_stand_with_their_counts(town: Town) -> None:
    since = town.clock.now()
    many = [Peer("10.0.0.7:5001", since, 100, 3, 2048), Peer("10.0.0.8:5002", since, 7, 0, 0)]
    async with at_work(town, "f2", "2", size=(80, 24)) as pilot:
        assert text_of(pilot, "#peers-heading") == "No client is connected."
        town.headend.peers = lambda most: many[:most]
        town.headend.connections, town.headend.connections_total = 2, 9
        await show(town, pilot)
        assert rows(pilot, "#peers-table")[0][2:] == ["100", "–", "3", "2.0 kB"]
        assert text_of(pilot, "#peers-heading") == "2 open; 9 since the start"
        many[0] = replace(many[0], requests=160)
        town.clock.advance(2)
        await show(town, pilot)
        assert [row[3] for row in rows(pilot, "#peers-table")] == ["30.0", "0.0"]
        many[1] = replace(many[1], requests=8)
        town.clock.advance(0.25)  # in which one line says nothing of the rate
        await show(town, pilot)
        assert [row[2:4] for row in rows(pilot, "#peers-table")] == [["160", "30.0"], ["8", "0.0"]]
        await press(pilot, "slash", *"10.0.0.8")
        await show(town, pilot)
        assert [row[0] for row in rows(pilot, "#peers-table")] == ["10.0.0.8:5002"]


async def test_the_board_says_who_is_missed(town: Town) -> None:
    async with at_work(town, "f2", "3") as pilot:
        assert rows(pilot, "#regions")[0][:3] == ["all", "8", "7"]
        steady = next(row for row in rows(pilot, "#regions") if row[0] == "North")
        assert steady[1:] == ["4", "3", "25.0 %", "63", "25.0 %", "144"]
        silences = rows(pilot, "#silences")
        assert ["the meters", "North / Hillside", "2 of 2", "2025-03-11 00:00:00", "200-001 and 1 more"] in silences
        assert any(row[1] == "[b]South" and row[4] == HOSTILE for row in silences)
        assert "up to 1 h 1   1 to 3 h 0" in text_of(pilot, "#board-ages")
        town.read((HOSTILE, "7.1", "2025-03-12T10:30"))
        await show(town, pilot)
        await settle(pilot)
        assert rows(pilot, "#regions")[0][2] == "7"  # asked for at most every five seconds
        town.clock.advance(5)
        await show(town, pilot)
        await settle(pilot)
        assert rows(pilot, "#regions")[0][2] == "6"
        await press(pilot, "p")
        town.read(("200-001", "5000", "2025-03-12T10:30"))
        town.clock.advance(5)
        await show(town, pilot)
        await settle(pilot)
        assert rows(pilot, "#regions")[0][2] == "6"


async def test_one_goes_through_the_panes(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        seen = []
        for key in ("ctrl+right", "ctrl+right", "ctrl+right", "ctrl+left", "1"):
            await press(pilot, key)
            await settle(pilot)
            seen.append(pilot.app.screen.query_one(ContentSwitcher).current)
            assert pilot.app.focused is not None
            assert pilot.app.focused.region.height > 0
        assert seen == ["peers-pane", "board-pane", "arrivals-pane", "board-pane", "arrivals-pane"]


@pytest.mark.parametrize(("width", "columns"), [(60, 4), (80, 6), (120, 6), (200, 12)])
async def test_tiles_wrap_as_the_terminal_is_wide(town: Town, width: int, columns: int) -> None:
    async with at_work(town, "f2", size=(width, 40)) as pilot:
        town.app.tick()
        await pilot.pause()
        tiles = pilot.app.screen.query(".tile")
        assert len({tile.region.x for tile in tiles}) == columns
        assert all(tile.region.right <= width and tile.region.height == 2 for tile in tiles)


async def test_how_long_answers_take_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    now = replace(town.headend.live(), p50=0.0004, p99=0.0213, memory=123_400_000, queue=3, waiting=2048)
    async with at_work(town, "f2") as pilot:
        monkeypatch.setattr(town.headend, "live", lambda: now)
        await show(town, pilot)
        assert text_of(pilot, "#tile-latency").splitlines()[1] == "0.4 · 21 ms"
        assert text_of(pilot, "#tile-memory").splitlines()[1] == "123 MB"
        assert text_of(pilot, "#tile-waiting").splitlines()[1] == "2.0 kB of 3"


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
        for seconds, times in ((5, 1), (34, 1), (2, 2)):  # a twentieth of the time at most, which is 40 s
            town.clock.advance(seconds)
            await show(town, pilot)
            await settle(pilot)
            assert len(asked) == times
