"""The placeholder for an answer shows what is worked out, and how far that is."""

from __future__ import annotations

from textual.app import App, ComposeResult

from metertui.screens.shell.waiting import Waiting


class Bench(App[None]):
    """A screen with nothing but the placeholder."""

    def __init__(self) -> None:
        super().__init__()
        self.share = 0.25

    def compose(self) -> ComposeResult:
        yield Waiting(["Working out", "[b]total[/b]"], lambda: self.share)

    def lines(self) -> list[str]:
        waiting = self.query_one(Waiting)
        return [line for y in range(waiting.size.height) if (line := waiting.render_line(y).text.strip())]


async def test_the_bar_is_as_long_as_the_share_that_is_done() -> None:
    app = Bench()
    async with app.run_test(size=(60, 12)) as pilot:
        assert app.lines() == ["Working out", "[b]total[/b]", f"{'━' * 8}{'─' * 24}  25%", "escape cancels"]
        app.share = 1.0
        app.query_one(Waiting)._draw()
        await pilot.pause()
        assert app.lines()[2] == f"{'━' * 32} 100%"
