"""Textual and Rich break and cut texts between figures."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text
from textual.content import Content

from metertui.screens.terminal import ThriftyApp


def test_a_text_of_rich_breaks_and_is_cut_between_figures() -> None:
    assert ThriftyApp.__module__.endswith("textual_patches")
    text = Text("a rise of 88 540.000 kWh")
    assert [line.plain.rstrip() for line in text.wrap(Console(), 14)] == ["a rise of", "88 540.000 kWh"]
    text.truncate(14, overflow="ellipsis")
    assert text.plain == "a rise of …"
    text.truncate(20, overflow="ellipsis", pad=True)
    assert text.plain == "a rise of …".ljust(20)


def test_a_text_of_textual_breaks_and_is_cut_between_figures() -> None:
    content = Content.styled("a rise of 88 540.000 kWh", "bold")
    assert [line.plain.rstrip() for line in content.wrap(14)] == ["a rise of", "88 540.000 kWh"]
    cut = content.truncate(14, ellipsis=True)
    assert cut.plain == "a rise of …"
    assert cut.spans[0].style == "bold"
    assert content.truncate(14).plain == "a rise of 88 5"


def test_a_line_ends_within_no_figure_or_time() -> None:
    said = Text("From 1 Mar 2025 00:00 to 12 Mar 2025 10:30 it went from 62 422.552 kWh to 62 583.564 kWh: so much.")
    for width in range(18, 100):
        lines = [line.plain.rstrip() for line in said.wrap(Console(), width)]
        assert " ".join(lines) == said.plain
        assert max(map(len, lines)) <= width
        for whole in ("1 Mar 2025 00:00", "12 Mar 2025 10:30", "62 422.552 kWh", "62 583.564 kWh:"):
            assert any(whole in line for line in lines)
