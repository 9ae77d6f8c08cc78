"""A window that is dismissed after something has been opened over it, or twice."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.screen import Screen

from metertui.screens.terminal import plain_textual, textual_patches


@pytest.mark.parametrize("modal", [plain_textual.ThriftyModal, textual_patches.ThriftyModal])
async def test_dismissing_closes_only_the_window_itself(modal: type[plain_textual.ThriftyModal[str]]) -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        ground, got = app.screen, list[str | None]()
        window, over = modal(), Screen[None]()
        await app.push_screen(window, got.append)
        await app.push_screen(over)
        window.dismiss("first")
        window.dismiss("second")
        await pilot.pause()
        assert (app.screen, got) == (over, [])
        over.dismiss()
        await pilot.pause()
        assert (app.screen, got) == (ground, ["first"])
        window.dismiss("third")
        await pilot.pause()
        assert (app.screen, got) == (ground, ["first"])
