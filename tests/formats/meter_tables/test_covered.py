"""The quarters of an hour in which intervals begin."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from metertui.engine.base import DAY, HOUR, MINUTE
from metertui.formats.meter_tables import covered
from metertui.formats.meter_tables.covered import Covered


@pytest.mark.parametrize("fewest", [0, 1000])
def test_an_interval_is_found_in_a_longer_time(fewest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covered, "_FEWEST", fewest)
    random, known = Random(5), Covered()
    quarters: set[tuple[int, int]] = set()
    for _ in range(20):
        begun = [(random.randrange(3), random.randrange(20 * DAY)) for _ in range(random.randrange(8))]
        quarters |= {(code, start // (15 * MINUTE)) for code, start in begun}
        columns = np.array(begun, dtype=np.int64).reshape(-1, 2).T
        known.add(columns[0].astype(np.int32), columns[1])
        for _ in range(40):
            code, start = random.randrange(4), random.randrange(20 * DAY)
            end = start + random.choice([1, HOUR, DAY, 3 * DAY, random.randrange(1, 10 * DAY)])
            inside = range(start // (15 * MINUTE), -(-end // (15 * MINUTE)))
            assert known.begins_within(code, start, end) == any((code, quarter) in quarters for quarter in inside)


def test_nothing_is_found_where_nothing_is_known() -> None:
    assert not Covered().begins_within(0, 0, DAY)
