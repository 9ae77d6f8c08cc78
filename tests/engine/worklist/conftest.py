"""An engine on a small site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.core.engine import Engine
from tests.clock import FakeClock
from tests.engine.worklist.site import DAY, ZONE


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine.open(tmp_path, Rules(zone=ZONE), FakeClock(f"{DAY}T10:40:00"))
    batch = engine.ingest.begin()
    for meter, region in (("a", "East"), ("b", "West"), ("c", "")):
        batch.add_account(meter, {"region": region})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    yield engine
    engine.close()
