"""A town to look at, with its history or without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The town with its history."""
    made = Town(tmp_path, filled=True)
    yield made
    made.engine.close()


@pytest.fixture
def empty_town(tmp_path: Path) -> Iterator[Town]:
    """A folder in which nothing is stored yet."""
    made = Town(tmp_path, filled=False)
    yield made
    made.engine.close()
