"""A town that an analyst looks at."""

from __future__ import annotations

import pytest

from tests.screens.town import Town


@pytest.fixture
def analyst(town: Town) -> Town:
    """A town that an analyst looks at, without a rule for small groups: it is small."""
    town.log_in("government")
    return town
