"""Stored readings of one moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metertui.engine.base.zone import SiteZone
from metertui.engine.columns.columns import VOID
from tests.engine.build import frozen
from tests.strategies import START


def test_what_is_void_does_not_stand() -> None:
    whole = frozen({"a": [(START, 1), (START + 1, 2)], "b": [(START, 3)]}, SiteZone("Asia/Singapore"))
    assert whole.standing[0] is whole.columns
    status = np.array([0, VOID, 0], dtype=np.uint8)
    columns, group = replace(whole, status=status).standing
    assert (columns.meter.tolist(), columns.wh.tolist(), len(group)) == ([0, 1], [1, 3], 2)
    assert (whole.code("b"), whole.code("c")) == (1, None)
