"""Registers, files and attributes of an import by number."""

from __future__ import annotations

import numpy as np

from metertui.engine.attributes import Group
from metertui.engine.columns.registers import Registers
from metertui.engine.core.import_accounts import NO_STATEMENT
from metertui.engine.core.import_names import ImportNames

NORTH, SOUTH = Group("North"), Group("South")


def test_stored_registers_keep_their_codes_and_new_ones_come_behind_their_meters() -> None:
    stored = ["a", "b", "a:export"]
    names = ImportNames(stored, Registers(stored))
    codes = names.codes_of(["b", "c:t1", "a:t1", "a:export", "c"])
    assert [names.ids[code] for code in codes.tolist()] == ["b", "c:t1", "a:t1", "a:export", "c"]
    assert (codes.tolist(), names.stored) == ([1, 4, 5, 2, 3], 3)
    assert [names.ids[code] for code in names.meters_of(codes).tolist()] == ["b", "c", "a", "a", "c"]
    assert names.registers.meter.tolist() == [0, 1, 0, 3, 3, 0]
    assert names.known_codes(["x", "c"]).tolist() == [-1, names.ids.index("c")]
    assert [names.source_of(each) for each in ("1.csv", "1.csv", "2.csv")] == [0, 0, 1]
    assert names.groups_of([SOUTH, NORTH], np.array([1, 1, 0], dtype=np.int32), 3).tolist() == [1, 1, 0]
    assert names.groups_of([NORTH], np.zeros(2, dtype=np.int32), 2).tolist() == [1, 1]
    assert names.groups_of([], None, 2).tolist() == [NO_STATEMENT] * 2
