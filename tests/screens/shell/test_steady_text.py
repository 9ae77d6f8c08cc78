"""Steady text: it is drawn only when it changes, and laid out only when its size may change."""

from __future__ import annotations

from unittest.mock import patch

from rich.text import Text
from textual.app import App, ComposeResult

from metertui.screens.shell.steady_text import Steady
from metertui.screens.shell.tile import Tile
from metertui.screens.shell.waiting import Waiting


class Desk(App[None]):
    CSS = "Steady { width: auto; height: 1; }"

    def compose(self) -> ComposeResult:
        yield Steady()
        yield Tile("stored")
        yield Waiting(["total kWh", "by month"], lambda: 0.5)


async def test_the_same_text_is_drawn_once() -> None:
    async with Desk().run_test() as pilot:
        text = pilot.app.query_one(Steady)
        with patch.object(text, "update", wraps=text.update) as update:
            assert text.show("one")
            assert not text.show("one")
            assert not text.show(Text("one"))
            assert text.show(Text.assemble(("one", "bold")))
        assert update.call_count == 2


async def test_only_another_length_is_laid_out() -> None:
    async with Desk().run_test() as pilot:
        text = pilot.app.query_one(Steady)
        text.show("one")
        await pilot.pause()
        with patch.object(text, "update", wraps=text.update) as update:
            text.show("two")
            text.show("three")
        assert [call.kwargs["layout"] for call in update.call_args_list] == [False, True]


async def test_a_text_without_room_ends_in_an_ellipsis() -> None:
    async with Desk().run_test() as pilot:
        text = pilot.app.query_one(Steady)
        text.styles.width, text.styles.height = 10, 2
        for said, lines in (
            ("one two three", ["one two", "three"]),
            ("one two three four five", ["one two", "three four…"[:9] + "…"]),
            ("one two three x four five", ["one two", "three x…"]),
        ):
            text.show(said)
            await pilot.pause()
            assert [text.render_line(y).text.rstrip() for y in (0, 1)] == lines
            assert text.render_line(1).cell_length <= 10


async def test_a_tile_shows_its_label_figure_and_note_and_draws_each_once() -> None:
    async with Desk().run_test() as pilot:
        tile = pilot.app.query_one(Tile)
        assert str(tile.render()) == "stored\n–"
        with patch.object(tile, "update", wraps=tile.update) as update:
            tile.show("1 038", "today")
            tile.show("1 038", "today")
            tile.set_label("accepted")
            tile.show("1 038", "today")
        assert update.call_count == 2
        assert str(tile.render()) == "accepted\n1 038 today"


async def test_waiting_shows_what_is_worked_out_and_how_far_it_is() -> None:
    async with Desk().run_test() as pilot:
        waiting = pilot.app.query_one(Waiting)
        assert str(waiting.render()).splitlines() == [
            "total kWh",
            "by month",
            "",
            f"{'━' * 16}{'─' * 16}  50%",
            "",
            "escape cancels",
        ]
