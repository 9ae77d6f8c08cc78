"""The memory of the process."""

from __future__ import annotations

import ctypes
import os

import numpy as np
import pytest

from metertui.headend import memory
from metertui.headend.memory import release_freed, resident_bytes


def test_memory_that_is_written_is_resident() -> None:
    # The system may take pages that others freed from the process meanwhile: some block of several shows in full.
    blocks, rises = [], []
    for _ in range(4):
        before = resident_bytes()
        blocks.append(np.ones(64 << 20, dtype=np.uint8))
        rises.append(resident_bytes() - before)
    assert max(rises) > len(blocks[0]) // 2


def test_the_peak_is_given_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise FileNotFoundError

    now = resident_bytes()
    monkeypatch.setattr(os, "open", refuse)
    assert resident_bytes() >= now // 2


def test_freed_memory_is_given_back_where_the_c_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(memory, "_trim", asked.append)
    release_freed()
    assert asked == [0]
    monkeypatch.setattr(memory, "_trim", None)
    release_freed()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert memory._find_trim() is None
