"""The billing screen: statements, billing runs, tariffs."""

from __future__ import annotations

from metertui.screens.billing.billing import BillingScreen

__all__ = ["BillingScreen"]
