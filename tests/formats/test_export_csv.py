"""Tables of readings with a header: with columns for attributes, and our own exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.zone import SiteZone
from metertui.formats import export_csv
from tests.formats.register_pieces import read_pieces

ZONE = SiteZone("Asia/Singapore")
EXPORT = "identifier,timestamp,reading_kwh,usage_kwh,region,sub_region,apartment_type,status"


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("identifier,timestamp,usage,region\n", True),
        (EXPORT, True),
        ("region,usage,timestamp,identifier", True),
        ("identifier,timestamp,usage,quality", True),
        ("identifier,timestamp,usage,doubt", False),  # what it says of a reading would be lost
        ("identifier,timestamp,usage,reading_kwh", False),
        ("identifier,timestamp,region", False),
        ("identifier,timestamp,usage,region,region", False),
        ("m-1,2025-03-12T10:00:00,5", False),
    ],
)
def test_a_header_is_known_by_all_of_its_columns(line: str, known: bool) -> None:
    assert (export_csv.parse_header(line) is not None) is known


def test_readings_come_with_the_attributes_of_their_rows(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    rows = [
        'm-1,2025-03-12T10:00:00+08:00,5,,East,"Old, Quay",\'2-room,counted',
        "m-1,2025-03-12T10:30:00+08:00,6,1,West,,,counted",
        "m-1,2025-03-12T11:00:00+08:00,7,1,West,,,exchange",
        "m-1,2025-03-12T11:30:00+08:00,8,,West,,,void",
        "m-1,2025-03-12T12:00:00+08:00,8",
        "",
        "m-2,2025-03-12T12:00:00+08:00,8,,=1+1,,,counted",
    ]
    path.write_text("\n".join([EXPORT, *rows]) + "\n")
    [piece] = read_pieces(path, ZONE)
    assert (piece.rows.ids, piece.rows.wh.tolist(), piece.line.tolist()) == (["m-1"], [5000, 6000], [2, 3])
    assert piece.group is not None
    assert [piece.groups[place] for place in piece.group] == [Group("East", "Old, Quay", "2-room"), Group("West")]
    assert [(bad.line, bad.code) for bad in piece.refused] == [
        (4, "bad-reading"), (5, "bad-reading"), (6, "syntax"), (8, "bad-field"),
    ]  # fmt: skip


def test_without_columns_for_attributes_nothing_is_stated_of_them(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    path.write_text("timestamp,identifier,usage\n2025-03-12 10:00,m-1,5\n")
    [piece] = read_pieces(path, ZONE)
    assert (piece.rows.wh.tolist(), piece.group) == ([5000], None)
