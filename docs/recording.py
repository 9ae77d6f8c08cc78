"""The recording in docs/pictures/tour.svg, a walk through the running app: python -m docs.recording

It is one SVG that moves by itself and needs no player. A row that stays the same from picture to picture is in it once.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from dataclasses import dataclass
from html import escape
from typing import Final

from docs.pictures import OUT, picture
from docs.scene import scene

SIZE: Final = (120, 36)
"""Columns and rows of the terminal."""
_CELL: Final = (12.2, 24.4)
"""Width and height of a character cell in the pictures, pixels."""
_RULE: Final = re.compile(r"\.terminal-\d+-(r\d+) \{ ([^}]*) \}")
_RECT: Final = re.compile(r'<rect fill="(#[0-9a-f]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="24\.65"')
_TEXT: Final = re.compile(
    r'<text class="terminal-\d+-(r\d+)" x="([\d.]+)" y="[\d.]+" textLength="([\d.]+)" '
    r'clip-path="url\(#terminal-\d+-line-(\d+)\)">(.*?)</text>'
)


@dataclass(frozen=True, slots=True)
class _Shot:
    """A picture of the terminal: the SVG of each row, how long it stays, and what is written below it."""

    rows: tuple[str, ...]
    seconds: float
    caption: str


class Recording:
    """Pictures of a terminal, one after another."""

    def __init__(self) -> None:
        self._shots: list[_Shot] = []
        self._styles: dict[str, str] = {}

    def add(self, svg: str, seconds: float, caption: str) -> None:
        """Add a picture as Textual draws it, which stays for some seconds over a caption."""
        styles = {name: self._style(rule) for name, rule in _RULE.findall(svg)}
        rows = [""] * SIZE[1]
        for row, rects in _by_row(svg).items():
            rows[row] = "".join(
                f'<rect fill="{fill}" x="{x:g}" width="{width:g}" height="24.65"/>' for fill, x, width in rects
            )
        for name, x, length, row, text in _TEXT.findall(svg):
            rows[int(row)] += f'<text class="{styles[name]}" x="{x}" y="18.5" textLength="{length}">{text}</text>'
        self._shots.append(_Shot(tuple(rows), seconds, caption))

    def _style(self, rule: str) -> str:
        """Return the class of a style, equal ones sharing one."""
        return self._styles.setdefault(rule, f"s{len(self._styles)}")

    def draw(self) -> str:
        """Return the recording as an SVG that begins anew at its end."""
        parts: dict[tuple[int, ...], list[str]] = defaultdict(list)
        """By the pictures that they are in: pieces of SVG."""
        pieces: dict[tuple[float, str], list[int]] = defaultdict(list)
        for number, shot in enumerate(self._shots):
            for row, content in enumerate(shot.rows):
                pieces[row * _CELL[1], content].append(number)
            pieces[(SIZE[1] + 0.5) * _CELL[1], _caption(shot.caption)].append(number)
        for (y, content), shown in pieces.items():
            parts[tuple(shown)].append(f'<g transform="translate(0,{y:.1f})">{content}</g>')
        width, height = SIZE[0] * _CELL[0] + 20, (SIZE[1] + 2.5) * _CELL[1]
        rules = "".join(f".{name}{{{rule}}}" for rule, name in self._styles.items())
        moving = "".join(f"<g{self._when(shown)}{''.join(drawn)}</g>" for shown, drawn in parts.items())
        return (
            f'<svg viewBox="0 0 {width:g} {height:g}" xmlns="http://www.w3.org/2000/svg">'
            f"<style>text{{font-family:Fira Code,monospace;font-size:20px;white-space:pre}}{rules}"
            ".caption{font-family:sans-serif;font-size:22px;fill:#e8e8e8}</style>"
            f'<rect fill="#16191c" width="{width:g}" height="{height:g}" rx="8"/>'
            f'<g transform="translate(10,10)">{moving}</g></svg>\n'
        )

    def _when(self, shown: tuple[int, ...]) -> str:
        """Return the rest of the tag of a group that is seen in some of the pictures only."""
        count = len(self._shots)
        if len(shown) == count:
            return ">"
        total = sum(shot.seconds for shot in self._shots)
        times, values, at = [], [], 0.0
        for number, shot in enumerate(self._shots):
            value = "visible" if number in shown else "hidden"
            if not values or values[-1] != value:
                times.append(f"{at / total:.4f}")
                values.append(value)
            at += shot.seconds
        return (
            f' visibility="{values[0]}"><animate attributeName="visibility" dur="{total:g}s" repeatCount="indefinite" '
            f'calcMode="discrete" keyTimes="{";".join(times)}" values="{";".join(values)}"/>'
        )


def _by_row(svg: str) -> dict[int, list[tuple[str, float, float]]]:
    """Return the grounds of each row as colour, x and width; neighbours of one colour are one."""
    rows: dict[int, list[tuple[str, float, float]]] = defaultdict(list)
    for fill, left, top, across in _RECT.findall(svg):
        row, x, width = rows[int(float(top) / _CELL[1])], float(left), float(across)
        if row and row[-1][0] == fill and abs(row[-1][1] + row[-1][2] - x) < 1:
            row[-1] = (fill, row[-1][1], round(x + width - row[-1][1], 1))
        else:
            row.append((fill, x, width))
    return rows


def _caption(text: str) -> str:
    return f'<text class="caption" x="{SIZE[0] * _CELL[0] / 2:g}" y="24" text-anchor="middle">{escape(text)}</text>'


async def main() -> None:
    """Record the tour."""
    recording = Recording()
    async with scene() as town, town.app.run_test(size=SIZE) as pilot:

        async def show(caption: str, seconds: float, *keys: str, wait: float = 1.5) -> None:
            await pilot.press(*keys)
            await pilot.pause(wait)
            recording.add(picture(pilot), seconds, caption)

        meter = town.meters[5]
        await pilot.pause(40)
        for _ in range(6):  # this screen moves
            await show("Live: what arrives, and how quickly it is on disk", 1.0, wait=1.0)
        await show("F3 Lookup: what a meter has used", 2.5, "f3", *meter, "enter")
        await show("Its year", 2.5, "y")
        await show("e: from which readings, in which line of which file", 3, "e")
        await show("b: its bill", 3, "escape", "b")
        town.app.sessions.begin("ada@example.com", "operator")
        await show("F5 Government: usage of many meters", 3, "f5", wait=8)
        await show("enter: into a row", 2.5, "enter", wait=8)
        await show("F7 Exceptions: what a person should look at", 3, "f7", wait=8)
        await show("A decision, and what it changes, before it is made", 3, "down", "down", "v", wait=3)
        await show("ctrl+p: every command by its name", 2, "escape", "ctrl+p")
        await pilot.press("escape", "f2")
        town.app.action_toggle_theme()
        await show("In light colours", 2.5)
    (OUT / "tour.svg").write_text(recording.draw())


if __name__ == "__main__":
    asyncio.run(main())
