"""The times of many rows at once."""

from __future__ import annotations

import pytest

from metertui.engine.base import HOUR, SiteZone
from metertui.formats.meter_tables.columns import ODD, Columns
from metertui.formats.meter_tables.day_parts import DayPart
from metertui.formats.meter_tables.label_columns import LabelColumns, as_shown
from metertui.formats.meter_tables.times import TimeColumns

VIENNA = SiteZone("Europe/Vienna")
PART = DayPart(1, 1, HOUR)


@pytest.mark.parametrize(
    ("times", "rows", "odd"),
    [
        (
            TimeColumns("one", (0,)),
            [
                *("30.03.2025 00:15", "1.4.2025 24:00", "30.03.2025", "31.04.2025 00:15", "30.03.2025 25:00", "Summe"),
                *("", "30.03.2025T00:15+02:00", "Mo, 31.03.2025 00:15", "1758000000", "202503300215"),
            ],
            [3, 4, 5, 6, 7, 8, 9, 10],
        ),
        (TimeColumns("one", (0,)), ["1758000000", "1758000900"], []),
        (
            TimeColumns("one", (0,), days=True),
            ["30.03.2025", "30.03.2025 00:00", "30.03.2025 24:00", "1758000000"],
            [3],
        ),
        (TimeColumns("one", (0,), months=True), ["2025-03", "01.03.2025"], [0, 1]),
        (TimeColumns("one", (0, 1)), ["30.03.2025;0:15", "30.03.2025;24:00", "30.03.2025;02:15Z", "30.03.2025;x"], [3]),
        (TimeColumns("two", (0,), (1,)), ["30.03.2025 00:15;30.03.2025 00:30", "30.03.2025 00:15;x"], [1]),
        (TimeColumns("two", (0,), (1,), days=True), ["30.03.2025;31.03.2025", "30.03.2025 00:00;31.3.25"], []),
        (TimeColumns("two", (1, 0), (3, 2)), ["00:15;30.03.2025;00:30;30.03.2025", "23:45;1.4.25;24:00;1.4.25"], []),
        (TimeColumns("range", (0,)), ["30.03.2025 00:15 - 30.03.2025 00:30", "30.03.2025"], [0, 1]),
        (
            TimeColumns("same day", (0, 1), (2,)),
            ["26.10.2025;23:45;00:00", "26.10.2025;02:45;02:00", "26.10.2025;02:45;03:00", "25.10.2025;23:45;00:00"],
            [],
        ),
        (TimeColumns("day and range", (0, 1)), ["26.10.2025;23:45-00:00", "26.10.2025;02:45-02:00"], []),
        (
            TimeColumns("day and part", (0, 1), part=PART),
            ["26.10.2025;1", "26.10.2025;24", "26.10.2025;25", "30.03.2025;3", "30.03.2025;24", "30.03.2025;0"],
            [5],
        ),
    ],
)
def test_labels_are_those_of_each_row_by_itself(times: TimeColumns, rows: list[str], odd: list[int]) -> None:
    cells = [row.split(";") for row in rows]
    columns = Columns(range(len(rows)), list(zip(*cells, strict=True)))
    for zone in (None, VIENNA):
        reader = LabelColumns(times, "dmy", zone)
        for _ in range(2):  # what is known of an earlier block makes no difference
            found = list(zip(*(column.tolist() for column in reader.read(columns)), strict=True))
            assert [at for at, labels in enumerate(found) if labels[0] == ODD] == odd
            read = times.reader("dmy", zone)
            for at in {*range(len(rows))}.difference(odd):
                labels = read(cells[at])
                assert labels is not None
                assert found[at] == as_shown(*labels)
