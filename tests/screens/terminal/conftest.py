"""Apps that paint by themselves, as in a terminal: what they paint is what is tested here."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def painted_in_pauses() -> None:
    """Let an app paint whenever it wants to."""
