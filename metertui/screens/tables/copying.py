"""Copying from tables to the clipboard, which the terminal keeps: it works over a remote line too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from textual.binding import Binding, BindingType
from textual.widget import Widget

from metertui.screens.shell import DeskScreen
from metertui.text import fmt, visible

COPY_KEYS: Final[tuple[BindingType, ...]] = (Binding("y,ctrl+c", "copy", "Copy a cell", show=False, key_display="y"),)
"""What a table binds, whose `action_copy` calls `copy_next`."""


class Copied(NamedTuple):
    """What was copied last: the row's key, and the place of the cell in it."""

    row: object = None
    place: int = -1


def copy_next(table: Widget, last: Copied, row: object, cells: Sequence[tuple[str, str]]) -> Copied:
    """Copy a row's first cell, or the next one where the last was of the same row, and say so; empty ones are passed.

    `cells` are headings and texts.
    """
    filled = [place for place, (_, text) in enumerate(cells) if text]
    if not filled:
        _say(table, "! There is nothing here to copy.")
        return Copied()
    later = [place for place in filled if place > last.place] if last.row == row else []
    place = (later or filled)[0]
    heading, text = cells[place]
    text = visible(fmt.ungrouped(text))  # what is pasted into a terminal is no command for it either
    table.app.copy_to_clipboard(text)
    following = next((cells[each][0] for each in filled if each > place), "")
    more = f"; y again copies {following.strip()}" if following else ""
    _say(table, f"Copied {heading.strip()} {text}{more}.")
    return Copied(row, place)


def _say(table: Widget, text: str) -> None:
    if isinstance(table.screen, DeskScreen):
        table.screen.say(text)
    else:
        table.notify(text, markup=False)
