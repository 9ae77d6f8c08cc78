"""Lines of styled terminal cells as an SVG that looks the same in every browser.

Each text is as wide as its cells whatever font there is, and what terminals draw with block and braille characters is
drawn as shapes, without seams. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style

_WIDE: Final = 8.4
"""The width of a cell, in units of the picture; its height is `_HIGH`, and the size of the font `_FONT`."""
_HIGH: Final = 18.0
_FONT: Final = 14
_BASE: Final = 13.5
"""The base line of a text below the top of its cells."""
_PAD: Final = 18.0
"""The margin round all."""
_FAMILY: Final = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
_LOWER: Final = "▁▂▃▄▅▆▇█"
_LEFT: Final = "▏▎▍▌▋▊▉█"
_SHADES: Final = {"░": 0.3, "▒": 0.55, "▓": 0.8}
_OTHERS: Final = {"▀": (0.0, 0.0, 1.0, 0.5), "▐": (0.5, 0.0, 0.5, 1.0), "▔": (0.0, 0.0, 1.0, 0.07)}
"""Parts of a cell: left, top, width, height."""
_BRAILLE: Final = 0x2800
_DOTS: Final = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""The column and the row of each dot of a braille character, by its bit."""


def as_svg(lines: Sequence[Sequence[Segment]], title: str, definition: Mapping[str, Any], ink: str, ground: str) -> str:
    """Return lines as the text of an SVG file, with a definition in its metadata; `ink` and `ground` are colours."""
    columns = max((sum(cell_len(segment.text) for segment in line) for line in lines), default=1)
    width, height = columns * _WIDE + 2 * _PAD, len(lines) * _HIGH + 2 * _PAD
    told = escape(json.dumps(definition, ensure_ascii=False))
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}" font-family="{_FAMILY}" font-size="{_FONT}">',
        f"<title>{escape(title)}</title>",
        f'<metadata id="metertui">{told}</metadata>',
        f'<rect width="100%" height="100%" fill="{ground}"/>',
    ]
    for row, line in enumerate(lines):
        drawn += _line(line, _PAD + row * _HIGH, ink, ground)
    return "\n".join([*drawn, "</svg>"]) + "\n"


def _line(line: Sequence[Segment], top: float, ink: str, ground: str) -> Iterator[str]:
    column = 0
    for text, style, _ in line:
        colour, behind, weight = _looks(style, ink, ground)
        cells = cell_len(text)
        if behind and text:
            yield _rect(column, top, (0.0, 0.0, float(cells), 1.0), behind)
        run, begin = "", column
        for char, length in _characters(text):
            shapes = _shapes(char)
            if shapes is None:
                run += char
            else:
                yield from _text(run, begin, top, colour, weight)
                shade = f' fill-opacity="{_SHADES[char]}"' if char in _SHADES else ""
                yield from (_rect(column, top, shape, colour, shade) for shape in shapes)
                run, begin = "", column + length
            column += length
        yield from _text(run, begin, top, colour, weight)


def _characters(text: str) -> Iterator[tuple[str, int]]:
    """Yield the characters of a text as they are seen, each with its width in cells."""
    spans, _ = split_graphemes(text)
    yield from ((text[start:end], cells) for start, end, cells in spans)


def _looks(style: Style | None, ink: str, ground: str) -> tuple[str, str, str]:
    """Return colour and ground ("" for that of the paper) of a style, and what else a text of it has."""
    if style is None:
        return ink, "", ""
    colour = style.color.get_truecolor().hex if style.color is not None and not style.color.is_default else ink
    behind = style.bgcolor.get_truecolor().hex if style.bgcolor is not None and not style.bgcolor.is_default else ""
    if style.reverse:
        colour, behind = behind or ground, colour
    weight = (' font-weight="bold"' if style.bold else "") + (' fill-opacity="0.7"' if style.dim else "")
    return colour, behind, weight


def _shapes(char: str) -> list[tuple[float, float, float, float]] | None:
    """Return the parts of the cell that a character fills; None for one that is text."""
    if char in _LOWER:
        part = (_LOWER.index(char) + 1) / 8
        return [(0.0, 1 - part, 1.0, part)]
    if char in _LEFT:
        return [(0.0, 0.0, (_LEFT.index(char) + 1) / 8, 1.0)]
    if char in _SHADES:
        return [(0.0, 0.0, 1.0, 1.0)]
    if char in _OTHERS:
        return [_OTHERS[char]]
    if len(char) == 1 and 0 <= ord(char) - _BRAILLE < 1 << len(_DOTS):
        bits = ord(char) - _BRAILLE
        return [(0.5 * x, 0.25 * y, 0.42, 0.2) for bit, (x, y) in enumerate(_DOTS) if bits >> bit & 1]
    return None


def _rect(column: int, top: float, part: tuple[float, float, float, float], colour: str, more: str = "") -> str:
    left, above, wide, high = part
    return (
        f'<rect x="{_PAD + (column + left) * _WIDE:.2f}" y="{top + above * _HIGH:.2f}" width="{wide * _WIDE:.2f}" '
        f'height="{high * _HIGH:.2f}" fill="{colour}"{more} shape-rendering="crispEdges"/>'
    )


def _text(run: str, begin: int, top: float, colour: str, weight: str) -> Iterator[str]:
    """Yield a text at exactly its cells, without the blanks round it."""
    text = run.strip(" ")
    if text:
        column = begin + cell_len(run) - cell_len(run.lstrip(" "))
        yield (
            f'<text x="{_PAD + column * _WIDE:.2f}" y="{top + _BASE:.2f}" textLength="{cell_len(text) * _WIDE:.2f}" '
            f'lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="{colour}"{weight}>{escape(text)}</text>'
        )
