"""The exceptions screen: the work list, and decisions about readings."""

from __future__ import annotations

from metertui.screens.exceptions.exceptions import ExceptionsScreen

__all__ = ["ExceptionsScreen"]
