"""What a meter used lately: the rise at a reading, and the bars of a line."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.base.zone import HOUR
from metertui.engine.usage.recent import known_buckets, rise_at
from tests.engine.build import series
from tests.strategies import START

MISREAD = [(START, 100), (START + HOUR, 300), (START + 2 * HOUR, 9_000_000), (START + 3 * HOUR, 1_000)]


def test_a_rise_is_since_the_reading_counted_before() -> None:
    meter = series(MISREAD)
    assert [rise_at(meter, time, wh) for time, wh in MISREAD] == [None, 200, None, 700]
    assert rise_at(meter, START + HOUR, 299) is None  # another value stands there
    assert rise_at(meter, START + HOUR + 1, 300) is None
    assert rise_at(series([]), START, 100) is None


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ((0, 1, 2, 3, 4), [100, 100, 100, 100]),
        ((0, 0.5, 1, 1.5, 2, 4), [100, 100, None, None]),  # as far apart as two bars are long
        ((0.5, 1, 1.9, 3, 4), [None, 100, 100, 100]),  # the first bar would have half of its usage
        ((0, 1, 2, 3.5), [100, 100, 100, None]),
        ((-9, 0.5, 1, 2, 3, 4), [None, 100, 100, 100]),
        ((2,), [None] * 4),
        ((), [None] * 4),
    ],
)
def test_a_bar_is_there_where_its_usage_is_known(hours: tuple[float, ...], expected: list[int | None]) -> None:
    meter = series([(START + round(hour * HOUR), 5_000 + round(100 * hour)) for hour in hours])
    assert known_buckets(meter, START + HOUR * np.arange(5, dtype=np.int64)) == expected


def test_no_usage_is_a_bar_of_nothing() -> None:
    idle = series([(START, 700), (START + HOUR, 700), (START + 2 * HOUR, 800)])
    assert known_buckets(idle, START + HOUR * np.arange(3, dtype=np.int64)) == [0, 100]
