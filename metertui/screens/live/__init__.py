"""The live screen: what arrives now, and which meters are silent."""

from __future__ import annotations

from metertui.screens.live.live import LiveScreen

__all__ = ["LiveScreen"]
