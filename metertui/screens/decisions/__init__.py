"""Decisions about readings: which apply, what each would change, and its reason."""

from __future__ import annotations

from metertui.screens.decisions import decision_choices
from metertui.screens.decisions.decision_choices import CHOICES, PREVIEW
from metertui.screens.decisions.decision_window import PURPOSE, ChoiceScreen, DecisionScreen
from metertui.screens.decisions.offers import Offer, offer_lines, offers_of

__all__ = [
    "CHOICES",
    "PREVIEW",
    "PURPOSE",
    "ChoiceScreen",
    "DecisionScreen",
    "Offer",
    "decision_choices",
    "offer_lines",
    "offers_of",
]
