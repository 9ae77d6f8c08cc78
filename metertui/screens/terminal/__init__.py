"""Colours and drawing: the one place that reaches into Textual's private parts."""

from __future__ import annotations

from metertui.screens.terminal import theme
from metertui.screens.terminal.textual_patches import ThriftyApp, ThriftyModal, ThriftyScreen
from metertui.screens.terminal.theme import ink

__all__ = [
    "ThriftyApp",
    "ThriftyModal",
    "ThriftyScreen",
    "ink",
    "theme",
]
