"""A widget has the styles that Textual finds for it among all rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widgets import Input, Label

from metertui.screens.terminal import quick_styles
from tests.screens.town import Town, at_work, press


class Odd(App[None]):
    """Widgets that rules of every form are for, or almost."""

    CSS = """
    Vertical Label { color: red; }
    Vertical > Label { text-style: bold; }
    #low Label.odd { color: green; }
    Label.odd.even { background: blue; }
    #high > .odd, #low > .even { margin: 1; }
    .even { padding: 1; }
    .odd { color: initial; padding: 2; }
    .even { padding: 3; }
    Label { color: yellow !important; height: 3; }
    Label:first-child { height: 4; }
    Vertical:focus-within Label { width: 5; }
    * { max-width: 50; }
    Screen Label:disabled { max-width: 40; }
    Input > .input--cursor { color: red; }
    #low Input .input--cursor { color: green; }
    """

    def compose(self) -> ComposeResult:
        with Vertical(id="high"):
            yield Label("one", classes="odd")
            yield Label("two", classes="odd even", disabled=True)
        with Vertical(id="low"), Vertical():
            yield Label("three", classes="odd")
            yield Label("four", classes="even")
            yield Input()


def styles_of(root: DOMNode) -> Iterator[tuple[DOMNode, dict[str, Any]]]:
    """Yield each node with its rules and those of its component classes."""
    for node in root.walk_children(with_self=True):
        parts = {name: dict(styles.base.get_rules()) for name, styles in node._component_styles.items()}
        yield node, {"": dict(node.styles.base.get_rules()), **parts}


def assert_styled_as_by_textual(app: App[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Style all again, with the excerpts and without."""
    found = []
    for apply in (quick_styles._apply_excerpt, quick_styles._apply):
        with monkeypatch.context() as patched:
            patched.setattr(Stylesheet, "apply", apply)
            app.stylesheet.update(app)
            app.stylesheet.update(app.screen)
        found.append([*styles_of(app), *styles_of(app.screen)])
    assert len(found[0]) > 5
    for (node, ours), (_, wanted) in zip(*found, strict=True):
        assert ours == wanted, node


async def test_rules_of_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Odd()
    async with app.run_test() as pilot:
        assert vars(Stylesheet)["apply"] is quick_styles._apply_excerpt
        first, second, third, fourth = app.query(Label)
        assert [label.styles.color.hex for label in (first, third)] == ["#FFFF00", "#FFFF00"]
        assert [label.styles.margin.top for label in (first, second, third, fourth)] == [1, 1, 0, 0]
        assert [label.styles.padding.top for label in (first, second)] == [2, 3]
        assert second.styles.background.hex == "#0000FF"
        assert [label.styles.text_style.bold for label in (first, fourth)] == [True, True]
        assert_styled_as_by_textual(app, monkeypatch)
        app.query_one(Input).focus()
        await pilot.pause()
        assert fourth.styles.width is not None
        assert fourth.styles.width.value == 5
        assert_styled_as_by_textual(app, monkeypatch)


async def test_a_sheet_that_is_read_anew_has_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Odd()
    async with app.run_test():
        label = app.query(Label).last()
        app.stylesheet.add_source("Label { max-height: 7; }")
        app.stylesheet.update(app.screen)
        assert label.styles.max_height is not None
        assert label.styles.max_height.value == 7
        assert_styled_as_by_textual(app, monkeypatch)


async def test_the_screens_are_styled_as_by_textual(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.log_in("operator")
    async with at_work(town, "f2") as pilot:
        for key in ("f4", "f5", "f6"):
            assert_styled_as_by_textual(town.app, monkeypatch)
            await press(pilot, key)
        assert_styled_as_by_textual(town.app, monkeypatch)
