"""A town that an operator looks at."""

from __future__ import annotations

import pytest

from tests.screens.town import Town


@pytest.fixture
def office(town: Town) -> Town:
    """A town that an operator looks at."""
    town.log_in("operator")
    return town
