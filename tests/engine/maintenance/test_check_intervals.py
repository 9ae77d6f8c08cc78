"""The intervals of a folder: a sound folder passes, and each kind of damage is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.intervals import IntervalStore
from tests.engine.intervals.listed import Listed, rows_of
from tests.engine.maintenance.proofs import ZONE, problems

AT = ZONE.parse("2024-10-25T10:00")
HOUR = 3_600_000_000
ROWS: list[Listed] = [
    ("m-1", AT, AT + HOUR, 1, 0),
    ("m-2", AT, AT + HOUR, 2, 0),
    ("m-1", AT + HOUR, AT + 2 * HOUR, 3, 1),
]
LINE = "m-1,2024-10-25T11:00:00+02:00,2024-10-25T12:00:00+02:00,0.000000003,E"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (LINE, LINE, []),
        (LINE, LINE.replace("10-25T11", "10-24T11"), ["csv:4: not of this day in Europe/Berlin", "csv:2: this"]),
        (LINE, LINE.replace("T11", "T09"), ["10_25.csv:2: this interval is not in order of start"]),
        (LINE, LINE.replace("T11", "T10"), ["m-1: the interval from 2024-10-25T10:00:00+02:00 to 2024-10-25T12"]),
        (LINE, LINE.replace("m-1", "m-9"), ["m-9 has readings and no account"]),
        (LINE, f"{LINE},", ["10_25.csv:4: a line is identifier,start,end,kwh,quality"]),
    ],
)
def test_damage_to_a_file_of_intervals_is_named(folder: Path, old: str, new: str, said: list[str]) -> None:
    store = IntervalStore(folder, ZONE)
    store.add_values(rows_of(ROWS))
    path = store.path_of_day(ZONE.day(AT))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    told = "\n".join(problems(folder))
    assert bool(told) == bool(said)
    assert [each for each in said if each not in told] == []
