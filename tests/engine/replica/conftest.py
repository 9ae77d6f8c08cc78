"""The owner of a folder, as in the tests of the engine."""

from __future__ import annotations

from tests.engine.core.conftest import engine

__all__ = ["engine"]
