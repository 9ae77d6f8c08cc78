"""A tile is drawn only when its figure changes."""

from __future__ import annotations

import pytest
from textual.content import Content

from metertui.screens.shell.tile import Tile


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What tiles draw, as text."""
    texts: list[str] = []

    def update(_tile: Tile, text: Content, *, layout: bool) -> None:
        assert not layout
        texts.append(text.plain)

    monkeypatch.setattr(Tile, "update", update)
    return texts


def test_a_tile_begins_without_a_figure(drawn: list[str]) -> None:
    Tile("usage")
    assert drawn == ["usage\n–"]


def test_the_same_figure_is_drawn_once(drawn: list[str]) -> None:
    tile = Tile("usage")
    for value, note in (("5 kWh", ""), ("5 kWh", ""), ("5 kWh", "of 9"), ("5 kWh", "\nread at both ends")):
        tile.show(value, note)
    assert drawn[1:] == ["usage\n5 kWh", "usage\n5 kWh of 9", "usage\n5 kWh\nread at both ends"]


def test_another_label_is_drawn_with_the_next_figure(drawn: list[str]) -> None:
    tile = Tile("usage")
    tile.set_label("bill")
    assert drawn == ["usage\n–"]
    tile.show("–")
    assert drawn[1:] == ["bill\n–"]


def test_a_figure_gets_a_colour_with_the_next_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    styles: list[object] = []
    monkeypatch.setattr(Tile, "update", lambda _tile, text, **_: styles.append(text.spans[1].style))
    tile = Tile("refused")
    tile.set_ink("refused")
    tile.show("–")
    tile.show("–")
    assert styles == ["bold", "bold $refused"]
