"""The layout of a usage."""

from __future__ import annotations

from metertui.engine.usage.series import Edge, Usage
from metertui.engine.usage.usage_columns import USAGE_COLUMNS, usage_values


def test_each_value_stands_under_its_name_also_of_an_end_that_is_not_known() -> None:
    used = Usage("m", "day", 1, 9, Edge(2, 300, "actual"), None, 40, 5, 6, 7)
    values = usage_values(used)
    assert list(values) == list(USAGE_COLUMNS)
    assert [values[f"opening_{name}"] for name in ("kwh", "time", "quality")] == [300, 2, "actual"]
    assert [values[f"closing_{name}"] for name in ("kwh", "time", "quality")] == [None] * 3
    assert [values[name] for name in ("usage_kwh", "readings", "suspect", "missing_hours")] == [40, 5, 6, 7]
