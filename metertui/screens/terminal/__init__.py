"""Colours and drawing: the only package that reaches into Textual's private parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metertui.screens.terminal import theme
from metertui.screens.terminal.dimming import Dimming
from metertui.screens.terminal.private_names import is_tested_textual
from metertui.screens.terminal.theme import ink

if TYPE_CHECKING or is_tested_textual():
    from metertui.screens.terminal import figure_patches, quick_styles  # noqa: F401 - they replace what they improve
    from metertui.screens.terminal.textual_patches import ThriftyApp, ThriftyModal, ThriftyScreen
else:
    from metertui.screens.terminal.plain_textual import ThriftyApp, ThriftyModal, ThriftyScreen

__all__ = [
    "Dimming",
    "ThriftyApp",
    "ThriftyModal",
    "ThriftyScreen",
    "ink",
    "theme",
]
