"""The wide CSV: what is read, and what is refused with its line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HALF_HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.importing import FilePiece, Import
from metertui.formats import wide_csv
from metertui.formats.simulated import Fleet
from tests.clock import FakeClock
from tests.formats.register_pieces import read_pieces

HEADER = "Identifier,AreaID,dwelling_type_id,kwh_per_acc,year,month,day,time,quarter,Area,Region,dwelling_type,\n"
ZONE = SiteZone("Asia/Singapore")


def row(meter: str = "10-A", kwh: str = "12.5", date: str = "2020,3,9", time: str = "7:05", **cells: str) -> str:
    where = ",".join(cells.get(name, name.title()) for name in ("area", "region", "dwelling"))
    return f"{meter},7,2,{kwh},{date},{time},1,{where},{cells.get('stray', '')}\n"


def read(tmp_path: Path, text: str | bytes, zone: SiteZone = ZONE) -> list[FilePiece]:
    path = tmp_path / "wide.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_pieces(path, zone))


def readings(pieces: list[FilePiece]) -> list[tuple[int, str, str, int, Group]]:
    """(line, meter, timestamp, Wh, attributes) of all that was read."""
    found = []
    for piece in pieces:
        assert piece.group is not None
        for i, line in enumerate(piece.line.tolist()):
            rows = piece.rows
            time = ZONE.iso(int(rows.time[i]))
            found.append((line, rows.ids[rows.code[i]], time, int(rows.wh[i]), piece.groups[piece.group[i]]))
    return found


def test_a_row_is_a_reading_with_its_meters_attributes(tmp_path: Path) -> None:
    pieces = read(tmp_path, HEADER + row(area="Novena", region="Central", dwelling="4-room"))
    expected = (2, "10-A", "2020-03-09T07:05:00+08:00", 12_500, Group("Central", "Novena", "4-room"))
    assert readings(pieces) == [expected]


def test_rows_may_be_newest_first_and_carry_stray_cells(tmp_path: Path) -> None:
    text = HEADER + row(date="2021,1,1") + row(stray="#NAME?") + row(time="23:59:30", date="2019,12,31")
    found = readings(read(tmp_path, text))
    assert [(line, time) for line, _, time, _, _ in found] == [
        (2, "2021-01-01T07:05:00+08:00"),
        (3, "2020-03-09T07:05:00+08:00"),
        (4, "2019-12-31T23:59:30+08:00"),
    ]


def test_ids_that_are_all_digits_keep_their_zeros(tmp_path: Path) -> None:
    found = readings(read(tmp_path, HEADER + row(meter="007") + row(meter="7")))
    assert [meter for _, meter, _, _, _ in found] == ["007", "7"]


def test_a_quoted_cell_may_hold_a_comma(tmp_path: Path) -> None:
    found = readings(read(tmp_path, HEADER + row(area='"Bedok, South"')))
    assert found[0][4].sub_region == "Bedok, South"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (row(meter="_x"), "bad-meter-id"),
        (row(kwh="-1"), "bad-reading"),
        (row(kwh=""), "bad-reading"),
        (row(kwh="1e3"), "bad-reading"),
        (row(time="24:00"), "bad-timestamp"),
        (row(date="2021,2,29"), "bad-timestamp"),
        (row(date="21,2,3"), "bad-timestamp"),
        (row(region="=cmd()"), "bad-field"),
        (row(region="a\x1b[31mb"), "bad-field"),
        ("10-A,7,2,12.5,2020,3,9\n", "syntax"),
        (row(area='"open'), "syntax"),
        (row().replace("Area", "\udcff"), "bad-encoding"),
    ],
)
def test_a_line_that_is_no_reading_is_refused_alone(tmp_path: Path, line: str, code: str) -> None:
    text = (HEADER + row(kwh="1") + line + row(kwh="2", time="8:00")).encode("utf-8", "surrogateescape")
    pieces = read(tmp_path, text)
    assert [wh for _, _, _, wh, _ in readings(pieces)] == [1000, 2000]
    refused = [misfit for piece in pieces for misfit in piece.refused]
    assert [(misfit.source, misfit.line, misfit.code) for misfit in refused] == [("wide.csv", 3, code)]
    assert refused[0].why


def test_blank_lines_are_ignored(tmp_path: Path) -> None:
    pieces = read(tmp_path, HEADER + "\n" + row() + ",,,,,,,,,,,,\n" + row(time="9:00") + "\n")
    assert [line for line, *_ in readings(pieces)] == [3, 5]
    assert not any(piece.refused for piece in pieces)


def test_single_lines_and_blocks_give_the_same_readings(tmp_path: Path) -> None:
    lines = [row(meter=f"{m:03}", kwh=f"{m}.{h}", time=f"{h}:30", area=f"A{m % 3}") for h in range(9) for m in range(9)]
    fast = readings(read(tmp_path, HEADER + "".join(lines)))
    careful = readings(read(tmp_path, HEADER + "".join(lines) + "broken\n"))
    assert fast == careful
    assert len(fast) == 81


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    fleet = Fleet(5, 3, ZONE)
    start, hour = ZONE.parse("2024-02-28T22:00"), 3_600_000_000
    file = io.StringIO()
    shares = list(wide_csv.write_fleet(file, fleet, ZONE, start, start + 5 * hour, hour))
    assert shares[-1] == 1.0
    found = readings(read(tmp_path, file.getvalue()))
    expected = [
        (account.meter, ZONE.iso(instant), wh, account.group)
        for instant, registers in fleet.history(start, start + 5 * hour, hour)
        for account, wh in zip(fleet.accounts, registers.tolist(), strict=True)
    ]
    assert [entry[1:] for entry in found] == expected


@pytest.mark.parametrize("newest_first", [False, True])
def test_of_two_registers_at_a_time_that_the_clock_shows_twice_the_lower_is_of_the_first_pass(
    tmp_path: Path, newest_first: bool
) -> None:
    london = SiteZone("Europe/London")
    shown = ["0:30", "1:00", "1:30", "1:00", "1:30", "2:00", "2:30"]
    rows = [f"m,1,2,{10 + n},2024,10,27,{time},4,Quarry,North,landed,,\n" for n, time in enumerate(shown)]
    path = tmp_path / "wide.csv"
    path.write_text(",".join(wide_csv.COLUMNS) + ",\n" + "".join(rows[::-1] if newest_first else rows))
    clock = FakeClock("2024-11-01T00:00:00", london)
    engine = Engine.open(tmp_path / "data", Rules(zone=london), clock)
    importing = Import(engine.view().frozen(), engine.events.frozen(), latest=clock.now())
    for piece in read_pieces(path, london):
        importing.add_piece(piece)
    importing.plan(engine.accounts, clock.now())
    assert (importing.report.new, importing.report.refused) == (7, 0)
    ((stored, *_),) = importing.parts_of_reads()
    first = london.parse("2024-10-27T00:30:00+01:00")
    assert stored.time.tolist() == [first + n * HALF_HOUR for n in range(7)]
    assert stored.wh.tolist() == [(10 + n) * 1000 for n in range(7)]
    engine.close()


def test_an_hour_that_the_clock_shows_twice_is_written_once() -> None:
    berlin = SiteZone("Europe/Berlin")
    file = io.StringIO()
    start, hour = berlin.parse("2024-10-27T01:00"), 3_600_000_000
    list(wide_csv.write_fleet(file, Fleet(1, 1, berlin), berlin, start, start + 4 * hour, hour))
    assert [line.split(",")[7] for line in file.getvalue().splitlines()[1:]] == ["1:00", "2:00", "3:00", "4:00"]
