"""Files of readings: the detection of their format, and errors."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HALF_HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.importing import FilePiece, Import
from metertui.engine.errors import MeterError
from metertui.engine.intervals.rows import IntervalPiece
from metertui.formats import readers, wide_csv
from metertui.formats.said.mapping_files import save
from metertui.formats.said.options import Said
from metertui.formats.said.taken import Series, Taken
from tests.clock import FakeClock
from tests.formats.green_button import block, feed, meter_reading, reading, reading_type, usage_point
from tests.formats.register_pieces import read_pieces

ZONE = SiteZone("UTC")
LOG = "007,2025-02-19T00:30:00+08:00,144.5\n524-935-527,2025-02-19T01:00:00+08:00,145\n"
DAY = "identifier,timestamp,usage\n" + LOG


def read(tmp_path: Path, text: str, form: readers.Form | None = None) -> tuple[list[tuple[int, str, int]], list[str]]:
    """(line, meter, Wh) of the readings; `line code` of the refused lines."""
    path = tmp_path / "some.txt"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    pieces = list(read_pieces(path, ZONE, form))
    found = [
        (line, piece.rows.ids[code], wh)
        for piece in pieces
        for line, code, wh in zip(piece.line.tolist(), piece.rows.code.tolist(), piece.rows.wh.tolist(), strict=True)
    ]
    return found, [f"{misfit.line} {misfit.code}" for piece in pieces for misfit in piece.refused]


def test_log_lines() -> None:
    assert readers.detect_form(LOG.encode().split(b"\n")[0], ZONE) == "log"


@pytest.mark.parametrize(("text", "first"), [(LOG, 1), (DAY, 2), ("\ufeff" + DAY, 2), ("\ufeff" + LOG, 1)])
def test_the_format_is_detected(tmp_path: Path, text: str, first: int) -> None:
    found, refused = read(tmp_path, text)
    assert found == [(first, "007", 144_500), (first + 1, "524-935-527", 145_000)]
    assert not refused


def test_a_last_line_without_newline_is_read(tmp_path: Path) -> None:
    assert len(read(tmp_path, LOG.rstrip())[0]) == 2


def test_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    assert len(read(tmp_path, DAY.replace("\n", "\r\n"))[0]) == 2


def test_a_broken_line_is_refused_alone(tmp_path: Path) -> None:
    found, refused = read(
        tmp_path,
        LOG + "m1,2025-02-30T00:00:00,1\nm1,x\n\n\udcffm,2025-02-19T00:30:00,1\n" + "m1,2025-02-19T00:30:00,1\n",
    )
    assert [line for line, *_ in found] == [1, 2, 7]
    assert refused == ["3 bad-timestamp", "4 syntax", "6 bad-encoding"]


def test_a_broken_first_line_is_refused_if_the_format_is_given(tmp_path: Path) -> None:
    assert read(tmp_path, "m 1,x\n" + LOG, "log")[1] == ["1 syntax"]


def test_a_file_of_no_known_form_says_what_it_holds_and_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(MeterError) as told:
        read(tmp_path, "Zählpunkt;Datum\x1b;" + 100 * "w" + "\n1;2\n")
    where, _, said = str(told.value).partition(":1: ")
    assert where.endswith("/some.txt")
    assert said.startswith(
        "no row of this file holds a time and a figure of energy, as the rows of a table do. This line, "
    )
    assert "'Zählpunkt;Datum␛;" + 43 * "w" + "…', begins no other form either: " in said
    for expected in (
        "METER,TIMESTAMP,KWH (form log)",
        "identifier,timestamp,usage (form day)",
        "Identifier,AreaID,dwelling_type_id,",
        "reading_kwh (form export)",
    ):
        assert expected in said


def test_a_file_in_another_format_than_given_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        MeterError,
        match=r":1: this line holds 'identifier,.*'; expected the header Identifier,AreaID,.* \(form wide\)$",
    ):
        read(tmp_path, DAY, "wide")


def test_an_empty_file_is_an_empty_log_only_if_that_is_said(tmp_path: Path) -> None:
    assert read(tmp_path, "", "log") == ([], [])
    with pytest.raises(MeterError, match="the file is empty"):
        read(tmp_path, "")


def test_any_other_table_is_read_by_what_is_said_of_it(tmp_path: Path) -> None:
    path = tmp_path / "april.csv"
    path.write_text("Tag;Zählerstand (kWh)\n28.04.2025 00:00;1234,5\n29.04.2025 00:00;1240\n")
    (piece,) = readers.read_any(path, ZONE, said=Said(meter="m1", zone=ZONE.name))
    assert isinstance(piece, FilePiece)
    assert (piece.rows.ids, piece.rows.wh.tolist()) == (["m1"], [1_234_500, 1_240_000])
    with pytest.raises(MeterError, match="in which zone its times are; give --zone"):
        list(readers.read_any(path, ZONE, "table", said=Said(meter="m1")))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MeterError, match=r"cannot read .*nothing\.csv: No such file"):
        list(read_pieces(tmp_path / "nothing.csv", ZONE))


def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (Path(os.devnull), tmp_path, pipe):  # to open the pipe would wait for a writer
        with pytest.raises(MeterError, match=f"^cannot read {path}: it is not a file$"):
            list(read_pieces(path, ZONE))
        with pytest.raises(MeterError, match=f"^cannot read {path}: it is not a file$"):
            readers.mapping_of(path, "x", ZONE, Said(), tmp_path)


def test_progress_ends_at_1(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text(LOG)
    told: list[float] = []
    list(read_pieces(path, ZONE, progress=told.append))
    assert told[-1] == 1.0


TWICE = {"America/New_York": "2024-11-03T00:00-04:00", "Australia/Lord_Howe": "2024-04-07T00:30+11:00"}
"""Zones that set their clock back by an hour and by half an hour, and a time before it."""
LINES = {
    "log": ("", "m,{local:%Y-%m-%dT%H:%M:%S},{kwh}"),
    "day": ("identifier,timestamp,usage", "m,{local:%Y-%m-%dT%H:%M},{kwh}"),
    "export": ("timestamp,usage,identifier", "{local:%Y-%m-%d %H:%M:%S},{kwh},m"),
    "wide": (
        ",".join(wide_csv.COLUMNS),
        "m,1,2,{kwh},{local.year},{local.month},{local.day},{local.hour}:{local:%M},1,Quarry,North,landed,",
    ),
}


@pytest.mark.parametrize(("name", "form"), list(product(TWICE, LINES)))
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_bare_times_that_the_clock_shows_twice_are_the_same_readings_in_any_order_of_rows(
    name: str, form: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path, zone = tmp_path_factory.mktemp("twice"), SiteZone(name)
    start = zone.parse(TWICE[name])
    rises = data.draw(st.lists(st.integers(1, 400), min_size=8, max_size=8))
    expected = [(start + n * HALF_HOUR, 1000 + sum(rises[:n])) for n in range(8)]
    header, line = LINES[form]
    lines = [line.format(local=zone.local(time), kwh=wh / 1000) for time, wh in expected]
    clock = FakeClock("2024-12-01T00:00:00", zone)
    engine = Engine.open(tmp_path / "data", Rules(zone=zone), clock)
    for order in (lines, lines[::-1], data.draw(st.permutations(lines))):
        path = tmp_path / "some.csv"
        path.write_text("".join(f"{each}\n" for each in (header, *order) if each))
        assert readers.detect_form(path.read_bytes().split(b"\n")[0], zone) == form
        importing = Import(engine.view().frozen(), engine.events.frozen(), latest=clock.now())
        for piece in read_pieces(path, zone):
            importing.add_piece(piece)
        report = importing.plan(engine.accounts, clock.now())
        assert (report.new, report.refused) == (8, 0)
        ((stored, *_),) = importing.parts_of_reads()
        assert list(zip(stored.time.tolist(), stored.wh.tolist(), strict=True)) == expected
    engine.close()


def test_a_time_with_a_zone_is_that_instant_where_the_clock_shows_it_twice(tmp_path: Path) -> None:
    zone = SiteZone("America/New_York")
    path = tmp_path / "some.csv"
    path.write_text("m,2024-11-03T01:30:00-04:00,1\nm,2024-11-03T01:30:00,2\nm,2024-11-03T01:30:00-05:00,3\n")
    (piece,) = read_pieces(path, zone)
    assert piece.bare is not None
    assert piece.bare.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("identifier,start,end,kwh,quality\nm,2025-01-01T00:00:00,2025-01-02T00:00:00,1.5,E\n", "interval"),
        ("\r\n200,m,E1,1,E1,N1,S1,kWh,1440,\r\n300,20250103,1.5,A,,,,\r\n900\r\n", "nem12"),
        (feed(usage_point(), meter_reading(), reading_type(), block(reading(0, "1500"))), "espi"),
    ],
)
def test_intervals_are_read_by_their_content(tmp_path: Path, text: str, form: readers.Form) -> None:
    path = tmp_path / "some.txt"
    path.write_text(text, newline="")
    said = Said(meter="m")
    for said_form in (None, form):
        pieces = [
            piece for piece in readers.read_any(path, ZONE, said_form, said=said) if isinstance(piece, IntervalPiece)
        ]
        assert [piece.rows.energy.tolist() for piece in pieces if len(piece.rows)] == [[1_500_000_000]]
    with pytest.raises(MeterError, match=r"expected a first record 100,NEM13 \(form nem13\)"):
        list(readers.read_any(path, ZONE, "nem13", said=said))


def test_register_reads_of_the_trade_are_read_by_their_content(tmp_path: Path) -> None:
    reads = "1,20250103000000,A,,,2.5,20250104000000,A,,,1.5,kWh,,20250105000000,"
    found, refused = read(tmp_path, f"100,NEM13,202501050000,A,B\n250,m,11,1,11,,S1,E,{reads}\n900\n")
    assert (found, refused) == ([(2, "m", 1000), (2, "m", 2500)], [])


def test_an_empty_file_is_none_of_the_trade(tmp_path: Path) -> None:
    with pytest.raises(MeterError, match="the file is empty"):
        read(tmp_path, "", "nem12")


def test_a_saved_mapping_knows_the_next_file(tmp_path: Path) -> None:
    june, july, saved = tmp_path / "june.csv", tmp_path / "july.csv", tmp_path / "mappings"
    june.write_text("when;how much;note\n03/02/2025 10:00;5;a\n03/02/2025 11:00;7;a\n03/02/2025 12:00;7;b\n")
    july.write_text("how much;when\n1;04/02/2025 10:00\n2;04/02/2025 11:00\n3;04/02/2025 12:00\n")
    with pytest.raises(MeterError, match="give --"):
        list(readers.read_any(june, ZONE, said=Said(meter="m"), saved=saved))
    columns = {"time": "when", "kwh": "how much"}
    said = Said("interval", "m", "UTC", "start", "Wh", "dmy", columns, strict=True)
    mapping = readers.mapping_of(june, "quay", ZONE, said, saved)
    assert (mapping.about, mapping.names) == ("as june.csv", ["when", "how much"])
    save(saved, mapping)
    pieces = list(readers.read_any(july, ZONE, said=Said(meter="n"), saved=saved))
    found = [piece for piece in pieces if isinstance(piece, IntervalPiece) and len(piece.rows)]
    assert [piece.rows.ids for piece in found] == [["n"]] * len(found)
    assert [each for piece in found for each in piece.rows.energy.tolist()] == [1_000_000, 2_000_000, 3_000_000]
    trade = tmp_path / "trade.csv"
    trade.write_text("100,NEM12,202501050000,A,B\n200,m,E1,1,E1,N1,S1,kWh,1440,\n900\n")
    for path, name, why in (
        (june, "../x", "is no name of a mapping"),
        (tmp_path / "none", "x", "cannot read"),
        (june, "x", "give --"),
        (trade, "x", "is no table, and needs no mapping"),
    ):
        with pytest.raises(MeterError, match=why):
            readers.mapping_of(path, name, ZONE, Said(), saved / "none")


def test_what_a_file_of_the_trade_is_taken_for_is_told(tmp_path: Path) -> None:
    path = tmp_path / "any"
    path.write_text("100,NEM12,202501050000,A,B\n200,m,E1Q1,1,E1,N1,S1,kWh,1440,\n200,m,,2,Q1,N1,S1,kVArh,1440,\n900\n")
    told: list[Taken | str] = []
    list(readers.read_any(path, ZONE, tell=told.append))
    series = [Series("m E1", "m", "kWh"), Series("m Q1", "", "kVArh", "reactive energy")]
    assert told == [Taken("NEM12", "interval", series)]


def test_json_may_be_one_line(tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    rows = ",".join(f'{{"time": "2025-03-{day:02d}T00:00:00", "kwh": 0.{day % 3}}}' for day in range(1, 29))
    path.write_text(f'{{"note": "{"x" * 1_000_000}", "data": [{rows}]}}')
    said = Said(meter="m", zone="UTC", stamps="start", kind="interval", unit="kWh")
    assert sum(len(piece.rows) for piece in readers.read_any(path, ZONE, said=said)) == 28
