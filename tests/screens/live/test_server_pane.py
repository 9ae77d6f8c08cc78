"""The server: its figures, and the busiest connections with their counts and rates."""

from __future__ import annotations

from dataclasses import replace

from metertui.engine.core.counters import Peer
from tests.screens.live.helpers import rows, show, title
from tests.screens.town import Town, at_work, press, text_of


async def test_connections_stand_with_their_counts(town: Town) -> None:
    since = town.clock.now()
    many = [Peer("10.0.0.7:5001", since, 100, 3, 2048), Peer("10.0.0.8:5002", since, 7, 0, 0)]
    async with at_work(town, "f2", "2", size=(80, 24)) as pilot:
        assert text_of(pilot, "#peers-heading") == "No client is connected."
        town.headend.peers = lambda most: many[:most]
        town.headend.connections, town.headend.connections_total = 2, 9
        await show(town, pilot)
        assert rows(pilot, "#peers-table")[0][1:] == ["10:40:00", "100", "–", "3", "2.0 kB"]
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
        await press(pilot, "escape", "p")
        many[0] = replace(many[0], requests=999)
        town.clock.advance(2)
        await show(town, pilot)
        assert rows(pilot, "#peers-table")[0][2] == "160", "the table is held, and says so"
        assert text_of(pilot, "#peers-heading") == "2 open; 9 since the start, paused at 10:40:02, p resumes"
        await press(pilot, "1")
        await show(town, pilot)
        assert title(pilot, "#readings-side") == "Last readings, following"
        await pilot.press("2", "p")
        await show(town, pilot)
        assert rows(pilot, "#peers-table")[0][2] == "999"


async def test_no_figure_is_cut_or_parted_from_its_unit_in_80_columns(town: Town) -> None:
    since = town.clock.now()
    town.headend.peers = lambda most: [Peer("192.168.100.100:50123", since, 1_234_567, 123, 2048)]
    town.headend.connections = 1
    async with at_work(town, "f2", "2", size=(80, 24)) as pilot:
        await show(town, pilot)
        row = text_of(pilot, "#peers-table").splitlines()[1]
        assert row.strip().split("  ")[:3] == ["192.168.100.100:50123", "10:40:00", "1 234 567"]
        table = pilot.app.screen.query_one("#peers-table")
        assert not table.show_horizontal_scrollbar
        lines = text_of(pilot, "#server-figures").splitlines()
        assert max(map(len, lines)) <= 78
        assert any("memory 123 MB" in line for line in lines)
        assert any(line.endswith("refused none") for line in lines)
