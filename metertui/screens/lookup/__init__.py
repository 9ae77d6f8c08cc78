"""The lookup screen: the usage of one meter, and the readings behind it."""

from __future__ import annotations

from metertui.screens.lookup.lookup import LookupScreen

__all__ = ["LookupScreen"]
