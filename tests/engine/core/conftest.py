"""An engine of two meters, `m` and `n`, on a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from metertui.engine.core.engine import Engine
from tests.clock import FakeClock
from tests.engine.core.commits import RULES, register


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = Engine.open(tmp_path, RULES, FakeClock("2025-03-12T10:40:00"))
    register(opened, "m", "n")
    yield opened
    opened.close()
