"""Help: what the screen is for, and every key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from textwrap import wrap
from typing import Any, ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingsMap, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from metertui.screens.shell.frame import PLACES, DeskScreen
from metertui.screens.shell.key_line import key_name
from metertui.screens.terminal import ThriftyModal

_WIDTH: Final = 68
"""Terminal cells of a line: the window has 76, less its border, padding and scrollbar.

A table that measures its columns takes twenty times as long to draw.
"""
_EVERYWHERE = [
    ("F1 ?", "this help"),
    *((key, title.lower()) for key, title in PLACES.values()),
    ("^p :", "all commands by name"),
    ("F8", "cancel work under way"),
    ("/", "filter the table, or find"),
    ("s S", "sort by the next column; reverse"),
    ("y ^c", "copy a cell; again for the next"),
    ("Y", "copy the table, or the paper"),
    ("tab, arrows", "move"),
    ("⏎ esc", "select; go back"),
    ("^l", "redraw the screen"),
    ("F10 ^q", "quit"),
    ("^", "stands for ctrl: ^p is ctrl+p"),
]


_MOVING: Final = {"up", "down", "left", "right", "pageup", "pagedown", "home", "end", "enter", "space", "tab", "escape"}
"""Keys that do the same everywhere, and are listed only if the line of keys shows them."""
_SUBJECT: Final = re.compile(r"(?:^|(?<=\. ))([A-Z][\w ]{1,15}:)")
_NO_OWN: Final = ("app.", "screen.", "copy", "filter", "sort(", "select_cursor")
"""Prefixes of actions that are listed among the keys of every screen."""


def own_keys(screen: Screen[Any]) -> Iterator[tuple[DOMNode, Binding]]:
    """Yield the keys of a screen that not every screen has: its own, then those of the widgets in view.

    Keys for which the line of keys has no room are included, and so are letters that a focused field takes; keys that
    edit the text of a field are not, nor are those that do nothing now. Each action comes once, those of the line of
    keys first.
    """
    seen: set[str] = set()
    parts = (each for each in screen.walk_children(Widget) if type(each).__module__.startswith("metertui."))
    for node in (screen, *(each for each in parts if each.is_on_screen)):
        for binding in sorted(_bindings_of(node), key=lambda binding: not binding.show):
            plain_move = binding.key.split("+")[-1] in (("escape", "tab") if node is screen else _MOVING)
            same = f"{binding.key} {binding.description}"  # such as esc Back, of a form on the screen
            elsewhere = not seen.isdisjoint((binding.action, same)) or binding.action.startswith(_NO_OWN)
            named = key_name(node, binding)
            if named and not elsewhere and (binding.show or not plain_move):
                seen |= {binding.action, same}
                yield node, binding


def _bindings_of(node: DOMNode) -> Iterator[Binding]:
    """Yield the bindings of a widget's class and its bases; those of a class replace the same keys of its bases."""
    by_key: dict[str, list[Binding]] = {}
    for base in reversed(type(node).__mro__):
        if base is Input:
            continue  # its keys edit the text
        by_key |= BindingsMap(base.__dict__.get("BINDINGS")).key_to_bindings
    yield from chain.from_iterable(by_key.values())


class HelpScreen(ThriftyModal[None]):
    """A window over the screen that it explains."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,question_mark,q", "dismiss", "Close")]

    def __init__(self, explained: DeskScreen, window: Screen[Any] | None = None) -> None:
        """`window`: what is open over the screen, whose keys come first."""
        super().__init__()
        self._explained, self._window = explained, window

    def compose(self) -> ComposeResult:
        screen = self._explained
        own = [
            _named(self.app, binding)
            for _, binding in own_keys(screen)
            if binding.action != "log_out" or screen.desk.sessions.role
        ]
        with VerticalScroll(id="help") as window:
            window.border_subtitle = "escape closes · ↓ scrolls"
            if self._window is not None and (over := [_named(self.app, each) for _, each in own_keys(self._window)]):
                yield Static("Keys of the window", classes="heading")
                yield Static(_two_columns(over))
            if own:
                yield Static("Keys here", classes="heading")
                yield Static(_two_columns(own))
            yield Static(PLACES[screen.place][1], classes="heading")
            yield Static(_paragraphs(screen.help_text))
            yield Static("Keys everywhere", classes="heading")
            yield Static(_two_columns(_EVERYWHERE))


def _named(app: App[Any], binding: Binding) -> tuple[str, str]:
    """Return a key and what it does."""
    return app.get_key_display(binding), binding.tooltip or binding.description


def _paragraphs(text: str) -> Text:
    """Return a text with a new line before each subject, whose name is bold: `Server: its figures.`"""
    parts = _SUBJECT.split(text)
    lines = [Text(parts[0].rstrip())] if parts[0] else []
    named = zip(parts[1::2], parts[2::2], strict=True)
    return Text("\n").join([*lines, *(Text.assemble((name, "bold"), said.rstrip()) for name, said in named)])


def _two_columns(keys: Sequence[tuple[str, str]]) -> Text:
    """Return keys and their actions in two columns of together _WIDTH cells."""
    half = (len(keys) + 1) // 2
    sides = [list(_column(part)) for part in (keys[:half], keys[half:])]
    rows = zip_longest(*sides, fillvalue=Text(" " * (_WIDTH // 2)))
    return Text("\n").join(Text.assemble(*row) for row in rows)


def _column(keys: Sequence[tuple[str, str]]) -> Iterator[Text]:
    """Yield the lines of one column: each key, and beside it its action on as many lines as needed."""
    room = max((cell_len(key) for key, _ in keys), default=0)
    for key, does in keys:
        for number, line in enumerate(wrap(does, _WIDTH // 2 - room - 2)):
            name = set_cell_size(key if number == 0 else "", room + 1)
            yield Text.assemble((name, "bold"), set_cell_size(line, _WIDTH // 2 - room - 1))
