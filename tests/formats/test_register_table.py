"""Register reads in any table: our exports, what spreadsheets make of them, and what must not be guessed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HALF_HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.importing import FilePiece
from metertui.engine.errors import MeterError
from metertui.engine.usage.query import Question
from metertui.engine.usage.readings_table import COLUMNS
from metertui.formats import readers, writers
from tests.clock import FakeClock
from tests.engine.build import frozen, tables
from tests.formats.register_pieces import read_pieces

ZONE = SiteZone("America/New_York")
NAMES = "identifier,timestamp,reading_kwh"


def read(path: Path, form: readers.Form | None = None) -> tuple[list[tuple[str, str, int]], list[str]]:
    """(meter, local time, Wh) of the readings; `source:line code` of the refused rows."""
    pieces: Sequence[FilePiece] = list(read_pieces(path, ZONE, form))
    found = [
        (piece.rows.ids[code], ZONE.iso(time), wh)
        for piece in pieces
        for code, time, wh in zip(
            piece.rows.code.tolist(), piece.rows.time.tolist(), piece.rows.wh.tolist(), strict=True
        )
    ]
    return found, [f"{bad.source}:{bad.line} {bad.code}" for piece in pieces for bad in piece.refused]


def saved_again(path: Path, name: str, delimiter: str, encoding: str, mark: str, before: str = "") -> Path:
    """Save an export as a spreadsheet does, with its own delimiter, encoding and decimal mark."""
    out = io.StringIO()
    out.write(before)
    writer = csv.writer(out, delimiter=delimiter)
    for row in csv.reader(path.read_text(encoding="utf-8").splitlines()):
        writer.writerow([*row[:2], *(cell.replace(".", mark) for cell in row[2:4]), *row[4:]])
    copy = path.with_name(name)
    copy.write_bytes(out.getvalue().encode(encoding))
    return copy


@settings(max_examples=6, deadline=None, phases=[Phase.generate])
@given(data=st.data())
def test_what_was_exported_comes_back_from_every_kind_of_file(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("exports")
    start = ZONE.parse("2024-11-02T22:00:00")  # the clock shows an hour of the next night twice
    meters = {"proof": [(start + HALF_HOUR, 250)]}  # 0,25 can be read in one way only
    groups = {"proof": [Group()]}
    for name in data.draw(st.lists(st.sampled_from(["0012", "1E5", "NA", "m-1"]), min_size=1, unique=True)):
        steps = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=8))
        times = [start + sum(steps[: n + 1]) * HALF_HOUR for n in range(len(steps))]
        meters[name] = [(time, data.draw(st.integers(0, 99_999_999_999))) for time in times]
        group = data.draw(
            st.sampled_from([Group("Nord", "Fähre; 2", "landed"), Group("A, B", 'the "old"', "4"), Group()])
        )
        groups[name] = [group] * len(steps)
    expected = {(meter, time, wh) for meter, course in meters.items() for time, wh in course}
    question = Question(datetime(2024, 11, 2).date(), datetime(2024, 11, 4).date())
    frames = tables(frozen(meters, ZONE, groups), question)
    paths = [folder / f"some{suffix}" for suffix in writers.SUFFIXES]
    for path in paths:
        with writers.open_table(path, COLUMNS, ZONE.name, {"what": "readings"}) as add:
            for frame in frames:
                add(frame)
    paths += [
        saved_again(paths[0], "a", ";", "cp1252", ","),
        saved_again(paths[0], "b", "\t", "utf-16", "."),
        saved_again(paths[0], "c", ";", "utf-8-sig", ",", "sep=;\r\n"),
        saved_again(paths[0], "d", ",", "utf-8", ","),
        saved_again(paths[0], "e", "|", "utf-8", ".", "Report|of today\r\n\r\n"),
        saved_again(paths[0], "f", ",", "latin-1", "."),
    ]
    clock = FakeClock("2024-12-01T00:00:00", ZONE)
    engine = Engine.open(folder / "data", Rules(zone=ZONE), clock)
    for path in paths:
        importing = readers.read_import(engine.view().frozen(), engine.events.frozen(), [path], None, clock.now())
        report = importing.plan(engine.accounts, clock.now())
        assert (path.name, report.refused, report.new) == (path.name, 0, len(expected))
        ((rows, *_),) = importing.parts_of_reads()
        ids = [rows.ids[code] for code in rows.code.tolist()]
        assert set(zip(ids, rows.time.tolist(), rows.wh.tolist(), strict=True)) == expected
        pieces = [piece for piece in read_pieces(path, ZONE) if len(piece.rows)]
        assert {group for piece in pieces for group in piece.groups} == {group for group, *_ in groups.values()}
    engine.close()


def test_an_export_says_what_it_refuses_as_before(tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    rows = [
        "m;2025-03-12T10:00:00-04:00;5,5;counted",
        "m;2025-03-12T10:30:00-04:00;6;exchange",
        "m;2025-03-12T11:00:00-04:00;6;void",
        "m;2025-03-12T11:30:00-04:00",
        "m;2025-03-12T12:00:00-04:00;-7;counted",
        'm;2025-03-12T12:30:00-04:00;"8;counted',
        "m,2025-03-12T12:30:00-04:00,8,counted",
        "m;2025-03-12T13:00:00-04:00;9;counted",
    ]
    path.write_text(NAMES.replace(",", ";") + ";status\n" + "\n".join(rows))
    found, refused = read(path)
    assert found == [("m", "2025-03-12T10:00:00-04:00", 5500), ("m", "2025-03-12T13:00:00-04:00", 9000)]
    codes = {3: "bad-reading", 4: "bad-reading", 5: "syntax", 6: "bad-reading", 7: "syntax", 8: "syntax"}
    assert refused == [f"some.txt:{line} {code}" for line, code in codes.items()]


def test_numbers_and_times_of_a_workbook_need_no_proof(tmp_path: Path) -> None:
    path, book = tmp_path / "some.xlsx", openpyxl.Workbook()
    for row in (
        ["Our meters"],
        NAMES.split(","),
        [7, datetime(2025, 3, 12, 10), 1.234],
        ["b", "2025-03-12 10:00", "x"],
    ):
        book.worksheets[0].append(row)
    book.save(path)
    assert read(path) == ([("7", "2025-03-12T10:00:00-04:00", 1234)], ["some.xlsx, Sheet:4 bad-reading"])


def test_bare_times_that_the_clock_shows_twice_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "some"
    path.write_text(f"{NAMES}\nm,2024-11-03T01:30:00-04:00,1\nm,2024-11-03T01:30:00,2\n".replace(",", ";"))
    [piece] = read_pieces(path, ZONE)
    assert piece.bare is not None
    assert piece.bare.tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        # 1.234 or 1234?
        ("m;2025-03-12T10:00;1,234", r"column reading_kwh: '1,234' in row 2 may be 1\.234 or 1234 kWh, and no figure"),
        ("m;2025-03-12T10:00;1.234", r"column reading_kwh: '1\.234' in row 2 may be 1\.234 or 1234 kWh"),
        ("m;2025-03-12T10:00;1,5\nm;2025-03-12T11:00;1.6", r"'1,5' in row 2 and '1\.6' in row 3 have different"),
        # 3 December or 12 March?
        ("m;12.03.2025 10:00;1,5", r":2: the time '12\.03\.2025 10:00' does not tell the day from the month; write"),
        ("m;03/12/2025 10:00;1,5", "does not tell the day from the month"),
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "some"
    path.write_text(f"identifier;timestamp;reading_kwh\n{text}\n")
    with pytest.raises(MeterError, match=why):
        read(path)


@pytest.mark.parametrize(("figure", "read_as"), [('"1,234"', None), ("1.234", 1234)])
def test_between_commas_a_point_is_the_decimal_mark_and_a_comma_needs_a_proof(
    tmp_path: Path, figure: str, read_as: int | None
) -> None:
    path = tmp_path / "some"
    path.write_text(f"{NAMES}\nm,2025-03-12T10:00,{figure}\n")
    if read_as is None:
        with pytest.raises(MeterError, match="'1,234' in row 2 may be"):
            read(path)
    else:
        assert [wh for *_, wh in read(path)[0]] == [read_as]


@pytest.mark.parametrize("register", ["usage_kwh", "usage_kw", "reading_wh"])
def test_energy_and_power_are_not_taken_for_a_register(tmp_path: Path, register: str) -> None:
    path = tmp_path / "some.csv"
    path.write_text(f"identifier;timestamp;{register}\nm;2025-03-12T10:00;1,5\n")
    with pytest.raises(MeterError, match="give --"):
        read(path)
    book = openpyxl.Workbook()
    book.worksheets[0].append(["identifier", "timestamp", register])
    book.save(path)
    with pytest.raises(MeterError, match="none has the columns identifier, timestamp and usage or reading_kwh"):
        read(path)


def test_a_table_is_of_the_form_export_alone(tmp_path: Path) -> None:
    path = tmp_path / "some"
    path.write_text(f"{NAMES}\nm,2025-03-12T10:00,1.5\n".replace(",", ";"), encoding="utf-16")
    assert read(path, "export") == read(path)
    with pytest.raises(MeterError, match=r"this line holds 'identifier;timestamp;reading_kwh'; expected the header"):
        read(path, "wide")
