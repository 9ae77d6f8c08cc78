"""Copying from tables and papers to the clipboard of the terminal, which also works over ssh."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Final, NamedTuple

from rich.console import Console, RenderableType
from textual.binding import Binding, BindingType
from textual.widget import Widget

from metertui.screens.shell import DeskScreen
from metertui.text import fmt, visible

COPY_KEYS: Final[tuple[BindingType, ...]] = (
    Binding("y,ctrl+c", "copy", "Copy", key_display="y", tooltip="Copy a cell; again for the next one"),
    Binding("Y", "copy_table", "Copy table", show=False, tooltip="Copy the rows shown, with tabs between the cells"),
)
"""Bindings for a table whose `action_copy` calls `copy_next`, and `action_copy_table` calls `copy_rows`."""
MOST_COPIED: Final = 2_000
"""Rows copied at a time."""
_MOST_BYTES: Final = 70_000
"""What the clipboard of a terminal takes; most drop a longer text without a word."""
PAPER_WIDTH: Final = 96
"""Columns of a paper as text, as many as an A4 page has in a type of fixed width."""


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
    text = _plain(text)
    table.app.copy_to_clipboard(text)
    following = next((cells[each][0] for each in filled if each > place), "")
    more = f"; y again copies {following.strip()}" if following else ""
    _say(table, f"Copied {heading.strip()} {text}{more}.")
    return Copied(row, place)


def copy_rows(table: Widget, headings: Sequence[str], rows: Sequence[Sequence[str]], total: int) -> None:
    """Copy rows under their headings as lines with tabs, as far as a clipboard has room, and say how many.

    `rows` are the first of `total`.
    """
    if not rows:
        _say(table, "! There is nothing to copy here.")
        return
    lines, size = [_line(headings)], 0
    for cells in rows:
        line = _line(cells)
        size += len(line.encode()) + 1
        if size > _MOST_BYTES:
            break
        lines.append(line)
    table.app.copy_to_clipboard("\n".join(lines) + "\n")
    copied = len(lines) - 1
    if copied == total:
        _say(table, f"Copied {fmt.counted(copied, 'row')} with headings, with tabs between the cells.")
    else:
        _say(
            table,
            f"! Copied the first {fmt.count(copied)} of {fmt.count(total)} rows: a clipboard has no room for more.",
        )


def copy_paper(widget: Widget, paper: RenderableType, what: str) -> None:
    """Copy what is shown as a paper, such as a statement, as text."""
    widget.app.copy_to_clipboard(paper_text(paper))
    _say(widget, f"Copied the {what} as text.")


def paper_text(paper: RenderableType) -> str:
    """Return a paper as lines of text without colours, none of which ends in blanks."""
    console = Console(file=StringIO(), width=PAPER_WIDTH, color_system=None, legacy_windows=False)
    with console.capture() as drawn:
        console.print(paper)
    lines = [visible(line.rstrip()) for line in drawn.get().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def _line(cells: Sequence[str]) -> str:
    return "\t".join(_plain(cell) for cell in cells)


def _plain(text: str) -> str:
    """Return a cell as other programs take it; control characters must not reach the terminal it is pasted into."""
    return visible(fmt.ungrouped(text.strip()))


def _say(table: Widget, text: str) -> None:
    if isinstance(table.screen, DeskScreen):
        table.screen.say(text)
    else:
        table.notify(text, markup=False)
