"""Texts of Textual and Rich that are broken and cut between figures.

Both break a line at any blank, also at one between the groups of a figure, and cut a text at any character: what is
left of `88 540.000 kWh` then reads as another figure.
"""

from __future__ import annotations

from typing import Any

import rich.text
import textual.content
from rich.text import Text
from textual.content import Content

from metertui.text import cut_text, unbroken

_divide_line = textual.content.divide_line  # type: ignore[attr-defined]


def _divide_between_figures(text: str, width: int, fold: bool = True) -> list[int]:
    return _divide_line(unbroken(text), width, fold)


textual.content.divide_line = _divide_between_figures  # type: ignore[attr-defined]
rich.text.divide_line = _divide_between_figures  # type: ignore[attr-defined]


_truncate_content = Content.truncate


def _cut_content(content: Content, max_width: int, *, ellipsis: bool = False, pad: bool = False) -> Content:
    """Cut a text of Textual between figures, where an ellipsis is put."""
    if not ellipsis or content.cell_length <= max_width:
        return _truncate_content(content, max_width, ellipsis=ellipsis, pad=pad)
    shown = cut_text(content.plain, max_width)
    return content[: len(shown) - 1].append(shown[-1:])


Content.truncate = _cut_content  # type: ignore[assignment,method-assign]


_truncate_text = Text.truncate


def _cut_text(text: Text, max_width: int, *, overflow: Any = None, pad: bool = False) -> None:
    """Cut a text of Rich between figures, where an ellipsis is put."""
    if (overflow or text.overflow) == "ellipsis" and text.cell_len > max_width:
        text.plain = cut_text(text.plain, max_width)
    _truncate_text(text, max_width, overflow=overflow, pad=pad)


Text.truncate = _cut_text  # type: ignore[assignment,method-assign]
