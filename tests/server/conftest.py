"""Fixtures of the server's tests: a data folder and the process that owns it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine
from metertui.headend.service import HeadEnd
from metertui.server.control import ControlSocket
from tests.clock import FakeClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a data folder."""
    return tmp_path


@pytest.fixture
async def owner(folder: Path) -> AsyncIterator[HeadEnd]:
    """Yield the head-end that owns `folder`, with its control socket open."""
    headend = HeadEnd(Engine.open(folder, Rules(zone=SiteZone("Asia/Singapore")), FakeClock("2025-03-12T10:40:00")))
    served = ControlSocket(headend)
    await headend.start()
    await served.start()
    yield headend
    await served.stop()
    await headend.stop()
    assert not (folder / ".control").exists()
    assert {task.get_name() for task in asyncio.all_tasks()} == {asyncio.current_task().get_name()}  # type: ignore[union-attr]
