"""The government screen: questions about many meters."""

from __future__ import annotations

from metertui.screens.government.government import GovernmentScreen

__all__ = ["GovernmentScreen"]
