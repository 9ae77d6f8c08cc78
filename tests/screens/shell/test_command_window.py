"""The window with a command line: it shows the whole line, and copies it."""

from __future__ import annotations

from textual.app import App

from metertui.screens.shell.command_window import CommandScreen


async def test_the_whole_line_is_shown_and_copied_with_one_key() -> None:
    app: App[None] = App()
    line = f"metertui query --region {'x' * 300}\x1b[2J"
    told: list[bool | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(CommandScreen(line, "It hides nothing."), told.append)
        await pilot.pause()
        shown = "".join(
            strip.text.strip() for strip in app.screen.query_one("#command-line").render_lines(app.screen.region)
        )
        assert "x" * 300 in shown
        await pilot.press("y")
        assert app.clipboard.startswith("metertui query --region xxx")
        assert "\x1b" not in app.clipboard
        app.push_screen(CommandScreen(line), told.append)
        await pilot.press("q")
    assert told == [True, False]
