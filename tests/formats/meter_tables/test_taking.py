"""What a table is taken for, column by column."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.formats.meter_tables.reading import open_meter_table
from metertui.formats.said import NotSaid, Said, Taken
from tests.formats.meter_tables.made_up import clock, read, write

ROWS = "".join(f"02.04.2025;{clock(15 * at)};0,{at % 2 + 1};0,0;1,5;x;VAL\n" for at in range(5))
TABLE = f"Tag;Zeit;Bezug (kWh);Einspeisung (kWh);Gas (kWh);Ort;Status\n{ROWS}"


def meanings(taken: Taken) -> list[tuple[int, str, str, str]]:
    return [(each.number, each.role, each.register, each.why) for each in taken.series]


def test_each_column_has_its_meaning(tmp_path: Path) -> None:
    taken = read(tmp_path, TABLE, stamps="start").table.taken()
    assert meanings(taken) == [
        (1, "date", "", ""),
        (2, "clock", "", ""),
        (3, "use", "m1", ""),
        (4, "export", "m1:export", ""),
        (5, "", "", "gas"),
        (6, "", "", ""),
        (7, "quality", "", ""),
    ]
    assert (taken.kind, taken.meter, taken.zone, taken.stamps, taken.date_order) == (
        "interval", "m1", "Europe/Vienna", "start", "dmy",
    )  # fmt: skip
    assert [taken.series[2].unit, *taken.series[2].first] == ["kWh", "0,1", "0,2", "0,1"]
    assert taken.sentence() == (
        "table with ; between cells, energy per interval: 'Tag' and 'Zeit' are the time, the start of each interval; "
        "'Bezug (kWh)' as m1 in kWh, 'Einspeisung (kWh)' as m1:export in kWh; left out: 'Gas (kWh)' (gas)"
    )


def test_what_is_said_of_one_column_is_said_of_all(tmp_path: Path) -> None:
    columns = {"date": "1", "clock": "Zeit", "use": "Bezug (kWh)", "export": "Bezug (kWh)"}
    taken = read(tmp_path, TABLE, stamps="start", columns=columns).table.taken()
    assert [each[1] for each in meanings(taken)] == ["date", "clock", "use+export", "", "", "", "quality"]


def test_what_must_be_said_comes_with_what_is_known(tmp_path: Path) -> None:
    file = write(tmp_path, TABLE.replace("Bezug (kWh);Einspeisung (kWh);Gas (kWh)", "A;B;C").replace(".", "/"))
    with pytest.raises(NotSaid) as raised:
        open_meter_table(file, Said(), SiteZone("UTC"))
    asked = [need.option for need in raised.value.needs]
    assert asked == ["meter", "columns", "kind", "zone", "stamps", "unit", "date_order"]
    assert raised.value.taken is not None
    assert [(each.name, each.role) for each in raised.value.taken.series] == [
        ("Tag", "date"), ("Zeit", "clock"), ("A", ""), ("B", ""), ("C", ""), ("Ort", ""), ("Status", "quality"),
    ]  # fmt: skip


def test_the_parts_of_a_day_are_one(tmp_path: Path) -> None:
    names = ";".join(clock(15 * at) for at in range(96))
    day = ";".join(["0,25"] * 96)
    taken = read(tmp_path, f"Tag;{names}\n01.04.2025;{day}\n30.04.2025;{day}\n", unit="kWh").table.taken()
    assert [(each.name, each.register) for each in taken.series] == [("Tag", ""), ("96 parts of a day", "m1")]
