"""The values of usages and tables as they are printed."""

from __future__ import annotations

import pandas as pd

from metertui.cli.printed_values import edge_cells, missing_cells, printed_rows, query_rows, sheet_rows
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.usage.series import Edge
from metertui.formats.writers import Columns, TimeForm

ZONE = SiteZone("Asia/Singapore")
NOON = ZONE.parse("2025-03-12T12:00")
AT = pd.Timestamp("2025-03-12T12:00", tz=ZONE.name)


def test_an_answer_has_kwh_beside_whole_wh_and_hours_only_where_some_are_missing() -> None:
    answer = pd.DataFrame({"day": ["2025-03-12"], "usage_wh": [1500], "meters": [2], "readings": [3]})
    [row] = query_rows(answer)
    assert row == {"day": "2025-03-12", "usage_wh": 1500, "meters": 2, "readings": 3, "usage_kwh": 1.5}
    [row] = query_rows(answer.assign(missing=[HOUR * 3 // 2]))
    assert row["missing_hours"] == 1.5
    assert missing_cells(0) == {}


def test_an_edge_that_is_not_known_has_its_columns_without_values() -> None:
    assert edge_cells("opening", None, ZONE) == {"opening_kwh": None, "opening_time": None, "opening_quality": None}
    assert edge_cells("opening", Edge(NOON, 1500, "actual"), ZONE) == {
        "opening_kwh": 1.5,
        "opening_time": "2025-03-12T12:00:00+08:00",
        "opening_quality": "actual",
    }


def test_a_sheet_has_whole_kwh_as_whole_numbers_and_none_where_there_is_no_value() -> None:
    table = pd.DataFrame({"region": ["North", "East"], "usage_kwh": [12.0, None], "timestamp": [AT, AT]})
    kinds: Columns = {"region": "text", "usage_kwh": "kwh", "timestamp": "time"}
    assert [tuple(row.values())[:2] for row in sheet_rows(table, kinds)] == [("North", 12), ("East", None)]
    times = TimeForm()
    assert [row["timestamp"] for row in printed_rows(table, kinds, times)] == ["2025-03-12T12:00:00+08:00"] * 2
