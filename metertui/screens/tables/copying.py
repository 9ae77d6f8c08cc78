"""Copying from tables to the clipboard of the terminal, which also works over ssh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from textual.binding import Binding, BindingType
from textual.widget import Widget

from metertui.screens.shell import DeskScreen
from metertui.text import fmt, visible

COPY_KEYS: Final[tuple[BindingType, ...]] = (Binding("y,ctrl+c", "copy", "Copy a cell", show=False, key_display="y"),)
"""Bindings for a table whose `action_copy` calls `copy_next`."""


class Copied(NamedTuple):
    """The cell that was copied last: the key of its row, and its index in the row."""

    row: object = None
    place: int = -1


def copy_next(table: Widget, last: Copied, row: object, cells: Sequence[tuple[str, str]]) -> Copied:
    """Copy the first cell of a row, or the next one if the last copy was of the same row. Skip empty cells.

    `cells` are pairs of heading and text. Return what was copied, and say it in the line for messages.
    """
    filled = [place for place, (_, text) in enumerate(cells) if text]
    if not filled:
        _say(table, "! There is nothing to copy here.")
        return Copied()
    later = [place for place in filled if place > last.place] if last.row == row else []
    place = (later or filled)[0]
    heading, text = cells[place]
    text = visible(
        fmt.ungrouped(text.rstrip())
    )  # control characters must not reach the terminal that it is pasted into
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
