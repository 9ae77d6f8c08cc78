"""The window that explains a figure down to file and line."""

from __future__ import annotations

from metertui.screens.explain.explain_window import ExplainScreen

__all__ = ["ExplainScreen"]
