"""NEM12 files: each value at its time with its quality, and what is bad by its line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import DataError
from metertui.formats.blocks import read_blocks
from metertui.formats.nem12 import read_pieces
from metertui.formats.said import NOTHING_SAID, Said
from tests.formats.listed import listed, refusals, taken_for
from tests.formats.samples import SAMPLES, SHAPES, days, expected, expected_days, needs_samples

ZONE = SiteZone("Australia/Sydney")  # whose clock is an hour ahead of NEM time in January
HEAD = "100,NEM12,202501050000,MDP,RET"
E1, B1 = "200,NMI1,E1B1Q1,1,E1,N1,S1,kWh,360,", "200,NMI1,E1B1Q1,2,B1,N1,S1,kWh,360,"


def written(folder: Path, *lines: str, end: str = "\n900\n") -> Path:
    path = folder / "any.csv"
    path.write_bytes(("\r\n".join([HEAD, *lines]) + end).encode())
    return path


def read(path: Path, said: Said = NOTHING_SAID) -> tuple[list[tuple[str, str, str, str, str]], list[str]]:
    pieces = list(read_pieces(path, said, ZONE))
    return listed(pieces, ZONE), refusals(pieces)


def test_values_stand_at_their_times_with_their_qualities(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        E1,
        "300,20250103,0.1,2.123456789,3,4.5,V,,,20250104000000,",
        "400,1,1,A,,",
        "400,2,3,E52,71,a word",
        "400,4,4,S14,,",
        "500,O,S1,20250104000000,1234.5",
        B1,
        "300,20250103,0,0.25,,1,F14,76,,20250104000000,",
        "200,NMI1,E1B1Q1,3,Q1,,S1,kVArh,360,",
        "300,20250103,9,9,9,9,A,,,,",
        "400,1,1,A,,",
    )
    found, refused = read(path)
    assert found == [
        ("NMI1", "2025-01-03T01:00:00+11:00", "2025-01-03T07:00:00+11:00", "0.1", ""),
        ("NMI1", "2025-01-03T07:00:00+11:00", "2025-01-03T13:00:00+11:00", "2.123456789", "E"),
        ("NMI1", "2025-01-03T13:00:00+11:00", "2025-01-03T19:00:00+11:00", "3", "E"),
        ("NMI1", "2025-01-03T19:00:00+11:00", "2025-01-04T01:00:00+11:00", "4.5", "S"),
        ("NMI1:export", "2025-01-03T01:00:00+11:00", "2025-01-03T07:00:00+11:00", "0", "S"),
        ("NMI1:export", "2025-01-03T07:00:00+11:00", "2025-01-03T13:00:00+11:00", "0.25", "S"),
        ("NMI1:export", "2025-01-03T19:00:00+11:00", "2025-01-04T01:00:00+11:00", "1", "S"),
    ]
    assert refused == []
    assert [(each.name, each.register, each.why) for each in taken_for(read_pieces, path, NOTHING_SAID).series] == [
        ("NMI1 E1", "NMI1", ""),
        ("NMI1 B1", "NMI1:export", ""),
        ("NMI1 Q1", "", "reactive energy"),
    ]


@pytest.mark.parametrize(("unit", "kwh"), [("Wh", "0.0015"), ("wh", "0.0015"), ("KWH", "1.5"), ("MWh", "1500")])
def test_the_unit_is_that_of_the_stream(tmp_path: Path, unit: str, kwh: str) -> None:
    path = written(tmp_path, f"200,NMI1,E1,1,E1,N1,S1,{unit},1440,", "300,20250103,1.5,A,,,,")
    assert [energy for *_, energy, _ in read(path)[0]] == [kwh]


def test_several_streams_of_use_are_registers_of_their_own_in_every_file(tmp_path: Path) -> None:
    day = "300,20250103,1,1,1,1,A,,,,"
    both = written(tmp_path, "200,NMI1,,1,E1,N1,S1,kWh,360,", day, "200,NMI1,,1,E2,N1,S1,kWh,360,", day)
    assert {name for name, *_ in read(both)[0]} == {"NMI1:t1", "NMI1:t2"}
    one = written(tmp_path, "200,NMI1,E1E2,1,E2,N1,S1,kWh,360,", day)
    assert {name for name, *_ in read(one)[0]} == {"NMI1:t2"}


def test_a_value_that_is_missing_is_a_gap_and_no_zero(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        E1,
        "300,20250103,0,0,0,0,N,,,,",
        "300,20250104,N,,,,",
        "300,20250105,1,0,1,,V,,,,",
        "400,1,1,A,,",
        "400,2,2,N,,",
        "400,3,4,A,,",
    )
    found, refused = read(path)
    assert [(start[:13], energy) for _, start, _, energy, _ in found] == [
        ("2025-01-05T01", "1"),
        ("2025-01-05T13", "1"),
    ]
    assert refused == []


@pytest.mark.parametrize(
    ("bad", "refused"),
    [
        (["300,20250103,1,2,3,A,,,,"], ["3 syntax the record has 3 values instead of 4"]),
        (["300,20250103,1,2,3,4,5,A,,,,"], ["3 syntax the record has 5 values instead of 4"]),
        (["300,20250103,1,2"], ["3 syntax the record has no quality after its 4 values: it may have been cut"]),
        (["300,20250103,V,,,,", "400,1,4,A,,"], ["3 syntax the record has 0 values instead of 4"]),
        (["300,20250230,1,2,3,4,A,,,,"], ["3 bad-timestamp 20250230 is not a day of the calendar"]),
        (
            ["300,20250103,1,2,3,4,X,,,,"],
            ["3 syntax the record has no quality after its 4 values: it may have been cut"],
        ),
        (["300,\xff,1,2,3,4,A,,,,"], ["3 bad-timestamp 'ÿ' is no day: it is like 20250603"]),
        (["999,1"], ["3 syntax a record of this file begins with 100, 200, 300, 400, 500 or 900"]),
        (["400,1,4,A,,"], ["3 syntax no record 300 stands before it"]),
        (["100,NEM13,2025"], ["3 syntax 'NEM13' in place of NEM12", "4 syntax no record 200 stands before it"]),
        (
            ["200,NMI1,E1,1,E1,N1,S1,kW,30,", "300,20250103,1,2,3,4,A,,,,", "400,1,1,A,,"],
            [
                "3 bad-field E1 is energy, and 'kW' is no unit of energy: it is Wh, kWh or MWh",
                "4 syntax the record 200 in line 3 is refused",
                "6 syntax the record 200 in line 3 is refused",
            ],
        ),
    ],
)
def test_a_bad_record_costs_itself_alone(tmp_path: Path, bad: list[str], refused: list[str]) -> None:
    path = written(tmp_path, E1, *bad, "300,20250105,1,1,1,1,A,,,,")
    found, why = read(path)
    assert why == refused
    lost = any(each.endswith(("stands before it", "is refused")) for each in refused[-1:]) and len(refused) > 1
    assert [energy for *_, energy, _ in found] == [] if lost else ["1"] * 4


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("200,NMI 1,E1,1,E1,N1,S1,kWh,30,", "bad-meter-id a meter id is"),
        ("200,NMI1,E1,1,energy,N1,S1,kWh,30,", "syntax 'energy' is no suffix of a data stream"),
        ("200,NMI1,E1,1,E1,N1,S1,kWh,7,", "syntax '7' is no length of an interval"),
        ("200,NMI1,E1,1,E1,N1,S1,kWh,0,", "syntax '0' is no length of an interval"),
        ("200,NMI1,E1,1,E1,N1,S1,kWh,²,", "syntax '²' is no length of an interval"),
    ],
)
def test_a_bad_stream_costs_its_days(tmp_path: Path, record: str, why: str) -> None:
    path = written(tmp_path, record, "300,20250105,1,1,1,1,A,,,,", E1, "300,20250105,1,1,1,1,A,,,,")
    found, refused = read(path)
    assert len(found) == 4
    assert refused[0].startswith(f"2 {why}")
    assert refused[1:] == ["3 syntax the record 200 in line 2 is refused"]


def test_a_bad_value_costs_itself_alone(tmp_path: Path) -> None:
    path = written(tmp_path, E1, "300,20250103,1,-0.25,1e3,99999999999,A,,,,", "300,20250104,1, 2 ,3,4,A,,,,")
    found, refused = read(path)
    assert [energy for *_, energy, _ in found] == ["1", "1", "2", "3", "4"]
    assert [each[: each.index(":")] for each in refused] == [f"3 bad-reading value {at} of the day" for at in (2, 3, 4)]


def test_a_bad_event_costs_itself_alone(tmp_path: Path) -> None:
    day = "300,20250103,1,2,3,4,V,,,,"
    path = written(
        tmp_path, E1, day, "400,0,1,A,,", "400,3,5,A,,", "400,2,1,A,,", "400,a,1,A,,", "400,1,1,Q,,", "400,1,4,A"
    )
    found, refused = read(path)
    assert [(energy, quality) for *_, energy, quality in found] == [("1", ""), ("2", ""), ("3", ""), ("4", "")]
    assert [each[0] for each in refused] == ["4", "5", "6", "7", "8"]


def test_a_file_that_is_cut_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, E1, "300,20250103,1,2,3,4,A,,,,", "300,20250104,1,2", end="")
    found, refused = read(path)
    assert len(found) == 4
    assert refused == [
        "4 syntax the record has no quality after its 4 values: it may have been cut",
        "4 syntax no record 900 ends the file: it may have been cut here",
    ]


def test_files_that_were_joined_are_read_on(tmp_path: Path) -> None:
    day = "300,20250103,1,1,1,1,A,,,,"
    found, refused = read(written(tmp_path, E1, day, "900", HEAD, "200,NMI2,E1,1,E1,N1,S1,kWh,360,", day))
    assert ({name for name, *_ in found}, refused) == ({"NMI1", "NMI2"}, [])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(meter="other"), "the file says NMI1, which --meter other contradicts"),
        (Said(kind="register"), "NEM12 holds the energy of intervals"),
        (Said(unit="Wh"), "the file says kWh"),
    ],
)
def test_what_contradicts_the_file_is_an_error(tmp_path: Path, said: Said, why: str) -> None:
    path = written(tmp_path, E1, "300,20250103,1,1,1,1,A,,,,")
    for question in (lambda: taken_for(read_pieces, path, said), lambda: read(path, said)):
        with pytest.raises(DataError, match=why):
            question()
    assert read(path, Said(meter="NMI1", kind="interval", unit="kWh"))[1] == []


def test_a_file_without_energy_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, "200,NMI1,Q1,1,Q1,N1,S1,kVArh,360,", "300,20250103,1,1,1,1,A,,,,")
    with pytest.raises(DataError, match="no stream of energy that is used or fed in"):
        read(path)


def test_days_that_a_block_of_bytes_parts_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metertui.formats.nem_records.read_blocks", partial(read_blocks, size=60))
    lines: Sequence[str] = [E1, *(f"300,202501{day:02},1,1,1,1,V,,,,\r\n400,1,4,E,," for day in range(1, 11))]
    path = written(tmp_path, *lines)
    assert len([*read_pieces(path, NOTHING_SAID, ZONE)]) > 5
    found, refused = read(path)
    assert ([quality for *_, quality in found], refused) == (["E"] * 40, [])


@needs_samples
def test_the_samples_come_back_to_the_last_digit() -> None:
    zone = SiteZone("Australia/Brisbane")
    use, feed_in = expected("nem12.csv")["channels"]
    assert days(read_pieces(SHAPES / "nem12.csv", NOTHING_SAID, zone), zone) == {
        "NMI0000001": expected_days(use),
        "NMI0000001:export": expected_days(feed_in),
    }
    for path in sorted((SAMPLES / "nem12").glob("Example_NEM12_*.csv")):
        lost = ["3 syntax the record has 0 values instead of 48"] if "incomplete" in path.name else []
        pieces = list(read_pieces(path, NOTHING_SAID, zone))
        assert refusals(pieces) == lost
        assert bool(days(pieces, zone)) == ("empty" not in path.name)
