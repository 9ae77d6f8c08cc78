"""What all rows of a table prove."""

from __future__ import annotations

from pathlib import Path

from metertui.formats.meter_tables.evidence import Evidence, rows_of
from metertui.formats.meter_tables.roles import find_roles
from metertui.formats.meter_tables.shape import find_shapes
from metertui.formats.said import NOTHING_SAID
from metertui.formats.tables import open_any_table
from tests.formats.meter_tables.made_up import write


def evidence_of(tmp_path: Path, text: str) -> Evidence:
    path = write(tmp_path, text)
    table = open_any_table(path)
    assert table is not None
    shape, *_ = find_shapes([row for _, rows in table.blocks() for row in rows])
    (roles,) = find_roles(path, shape, NOTHING_SAID)
    evidence = Evidence(roles, shape.width, table.delimiter)
    for rows in rows_of(table, shape):
        evidence.note(rows)
    return evidence


def test_a_proof_may_stand_far_below(tmp_path: Path) -> None:
    rows = "".join(f"01/{day:02d}/2025 00:00;1,{day:03d};-0,5\n" for day in range(1, 12))
    evidence = evidence_of(tmp_path, f"Zeit;Bezug kWh;Einspeisung kWh\n{rows}01/13/2025 00:00;0,5;0\n")
    assert evidence.dates.decide("") == "mdy"
    assert evidence.figures[1].decide() == ","
    assert (evidence.negative, evidence.positive) == ({2}, {1})
    assert evidence.bare


def test_times_name_their_zone_only_if_all_do(tmp_path: Path) -> None:
    rows = "".join(f"2025-04-0{day}T00:00:00+02:00,0.5\n" for day in range(1, 4))
    assert not evidence_of(tmp_path, f"time,kWh\n{rows}").bare
    assert evidence_of(tmp_path, f"time,kWh\n{rows}2025-04-04T00:00:00,0.5\n").bare
    assert not evidence_of(tmp_path, "time,kWh\n1758000000,0.5\n1758003600,0.25\n").bare


def test_further_sheets_are_read_if_they_have_the_same_names(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for title, names in (("April", ("Zeit", "kWh")), ("Mai", ("Zeit", "kWh")), ("Info", ("Von", "Text"))):
        sheet = book.create_sheet(title)
        sheet.append(names)
        sheet.append(("2025-04-01 00:00", 0.5))
    book.save(tmp_path / "a.xlsx")
    table = open_any_table(tmp_path / "a.xlsx")
    assert table is not None
    shape, *_ = find_shapes([row for _, rows in table.blocks() for row in rows])
    assert [row.sheet for rows in rows_of(table, shape) for row in rows] == ["April", "Mai"]
