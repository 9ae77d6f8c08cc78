"""The pictures in docs/pictures, taken from the running app: python -m docs.pictures"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from textual.pilot import Pilot

from docs.scene import ZONE, scene
from metertui.engine.storage.rejects_log import RefusedLine

OUT = Path(__file__).parent / "pictures"
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""The picture names fonts on the web; whoever looks at it has one of their own."""


def picture(pilot: Pilot[None]) -> str:
    """Return what is on the screen as SVG."""
    return _FONT.sub("", pilot.app.export_screenshot(title="metertui"))


async def take(pilot: Pilot[None], name: str, *keys: str) -> None:
    """Press keys, wait for the answer, and keep what is on the screen."""
    if keys:
        await pilot.press(*keys)
    await pilot.pause(1.5)
    (OUT / f"{name}.svg").write_text(picture(pilot))


async def main() -> None:
    """All of them."""
    OUT.mkdir(exist_ok=True)
    async with scene() as town:
        app, headend, meters = town.app, town.headend, town.meters
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause(25)
            meter = meters[0]
            await headend.store_reading(meter, "1", None, "picture")
            await take(pilot, "live", "f2")
            await take(pilot, "board", "3")
            await pilot.press("1")
            app.action_walk()
            await take(pilot, "walk")
            await pilot.press("escape")
            await take(pilot, "lookup", "f3", *meters[5], "enter")
            await take(pilot, "explain", "e")
            await pilot.press("escape")
            await take(pilot, "billing", "f4", *meters[5], "enter")
            app.sessions.begin("ada@example.com", "operator")
            await pilot.press("f5", "f")
            await pilot.pause(8)
            await take(pilot, "government")
            await pilot.press("escape", "o", *["down"] * 5, "enter")
            await pilot.pause(8)
            await take(pilot, "week")
            await take(pilot, "company", "f6")
            refused = {"bad-reading": "READ 1001 12,5", "not-registered": "READ nobody 5", "syntax": "READ"}
            at, peer = headend.engine.clock.now(), "10.0.3.7:50211"
            headend.engine.rejects.write_lines(
                [RefusedLine(at, peer, code, "", sent) for code, sent in refused.items()], ZONE
            )
            await pilot.press("f7")
            await pilot.pause(8)  # it is read from millions of readings
            await take(pilot, "exceptions")
            await pilot.press("c")
            await pilot.pause(8)
            await take(pilot, "deciding", "enter", "x", "tab", "tab", "tab", *"worn out")
            await take(pilot, "help", "escape", "f1")
            await take(pilot, "palette", "escape", "ctrl+p")
            await pilot.press("escape", "f2")
            app.action_toggle_theme()
            await pilot.resize_terminal(80, 24)
            await take(pilot, "small")


if __name__ == "__main__":
    asyncio.run(main())
