"""The memory of the process."""

from __future__ import annotations

import os

import numpy as np
import pytest

from metertui.headend.memory import resident_bytes


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
