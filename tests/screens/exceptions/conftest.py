"""A town with exceptions to decide about."""

from __future__ import annotations

import pytest

from tests.screens.town import HOSTILE, STEADY, Town


@pytest.fixture
def troubled(town: Town) -> Town:
    """One bad read of the steady meter, a register that fell for good, a line that was refused; an operator."""
    town.read((STEADY, "7", "2025-03-12T10:35:00"), (HOSTILE, "8", "2025-03-12T01:00"))
    batch = town.engine.ingest.begin()
    batch.add_refused_line("127.0.0.1:50123", "syntax", "READ takes two or three words", "READ [red]1[/] \x1b[31m")
    town.engine.ingest.write_notes(batch, stored=True)
    town.engine.ingest.apply(batch)
    town.log_in("operator")
    return town
