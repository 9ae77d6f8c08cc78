"""Live: what arrives is shown, as data, and pausing holds the tables only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from metertui.engine.counters import Close
from metertui.screens.widgets.table import Listing
from tests.screens.town import STEADY, Town, at_work, text_of

HOSTILE_LINES = ["[red]x[/]", "\x1b[31mred", "[/", "=cmd|' /C calc'!A0", "a\tb\x00c", "[@click=app.quit]q[/]"]


async def show(town: Town, pilot: Pilot[None]) -> None:
    """Two ticks: the tables follow at every second one."""
    town.app.tick()
    town.app.tick()
    await pilot.pause()


def refuse(town: Town, *lines: str) -> None:
    batch = town.engine.begin()
    for line in lines:
        batch.refuse("127.0.0.1:50123", "unknown-command", "it is not a command", line)
    town.engine.apply(batch)


def rows(pilot: Pilot[None], table: str) -> list[list[str]]:
    listing = pilot.app.screen.query_one(table, Listing)
    return [[cell.plain for cell in listing.get_row_at(i)] for i in range(listing.row_count)]


async def test_an_empty_desk_says_what_to_do(empty_town: Town) -> None:
    async with at_work(empty_town, "f2") as pilot:
        await show(empty_town, pilot)
        empty = text_of(pilot, "#empty")
        assert "Nothing has arrived yet. Meters connect to 127.0.0.1:7007" in empty
        assert "printf 'REGISTER 123456\\nREAD 123456 144.5\\n' | nc -N 127.0.0.1 7007" in empty
        assert not pilot.app.screen.query_one("#tables").display
        empty_town.headend.address = ""
        await show(empty_town, pilot)
        assert text_of(pilot, "#empty") == "Nothing has arrived yet, and no port is open for it."


@pytest.mark.parametrize("address", ["127.0.0.1:65535", "[::1]:7007"])
async def test_the_lines_to_try_can_be_copied_from_80_columns(empty_town: Town, address: str) -> None:
    async with at_work(empty_town, "f2", size=(80, 24)) as pilot:
        empty_town.headend.address = address
        await show(empty_town, pilot)
        lines = text_of(pilot, "#empty").splitlines()
        host, port = address.rsplit(":", 1)
        assert any(line.endswith(f"| nc -N {host.strip('[]')} {port}") for line in lines)
        assert f" metertui simulate --port {port} --meters 100 --register --live --interval 10s" in lines


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
    batch = town.engine.begin()
    for times, code in enumerate(codes, 1):
        for _ in range(times):
            batch.refuse("127.0.0.1:50123", code, "no", "x")
    town.engine.apply(batch)
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        await show(town, pilot)
        told = " ".join(text_of(pilot, "#codes").split())
        assert told == "refused: " + " ".join(f"{code}×{n}" for n, code in reversed([*enumerate(codes, 1)]))


async def test_the_cursor_stays_with_its_row_and_at_the_newest(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        listing = pilot.app.screen.query_one("#readings", Listing)
        listing.focus()
        newest = listing.chosen
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"))
        await show(town, pilot)
        assert listing.cursor_row == 0
        assert listing.chosen != newest
        await pilot.press("down")
        assert listing.chosen == newest
        town.read((STEADY, "2690.7", "2025-03-12T10:36:00"))
        await show(town, pilot)
        assert listing.cursor_row == 2
        assert listing.chosen == newest


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_day_close_is_seen_under_way(
    town: Town, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with at_work(town, "f2", size=size) as pilot:
        assert not pilot.app.screen.query_one("#day-progress").display
        closing = replace(town.headend.live(), day_state="writing day files", progress=0.42)
        monkeypatch.setattr(town.headend, "live", lambda: closing)
        await show(town, pilot)
        assert text_of(pilot, "#day-text") == "day close: writing day files"
        assert text_of(pilot, "#day-progress #percentage") == "42%"
        assert "day closing 42% ·" in text_of(pilot, "#state")


async def test_a_disk_that_refuses_is_on_every_screen(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with at_work(town, "f2") as pilot:
        with monkeypatch.context() as patched:
            patched.setattr("metertui.engine.files.write_all", full)
            await town.headend.upload(STEADY, "2690.6", "2025-03-12T10:35:00", "test")
        for key in ("f2", "f3", "f7"):
            await pilot.press(key)
            await show(town, pilot)
            assert "No space left on device" in text_of(pilot, "#banner")
        await town.headend.upload(STEADY, "2690.6", "2025-03-12T10:35:00", "test")
        await show(town, pilot)
        assert not pilot.app.screen.query_one("#banner").display


async def test_the_last_close_is_told(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        close = await town.headend.close_day("ada@example.com")
        assert isinstance(close, Close)
        await show(town, pilot)
        told = text_of(pilot, "#day-text")
        assert f"last close: {close.readings // 1000} " in told
        assert told.endswith("2025-03-12 10:40:00 by ada@example.com")
        assert text_of(pilot, "#tile-log").splitlines()[1] == "0"
