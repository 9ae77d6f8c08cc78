"""NEM13 files: register reads, or the energy between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.core.importing import FilePiece
from metertui.engine.errors import DataError
from metertui.formats.nem13 import read_pieces
from metertui.formats.said import NOTHING_SAID, Said
from tests.formats.listed import listed, refusals, taken_for
from tests.formats.samples import SAMPLES, needs_samples

ZONE = SiteZone("Australia/Sydney")
INTERVALS = Said(kind="interval")
MARCH, JUNE, SEPTEMBER = "20250303093055", "20250603100333", "20250902120000"


def record(
    before: str = f"001000.5,{MARCH},A,,",
    after: str = f"001300,{JUNE},A,,",
    energy: str = "299.5",
    suffix: str = "11",
    way: str = "E",
    unit: str = "kWh",
) -> str:
    return f"250,NMI1,1112,1,{suffix},,S1,{way},{before},{after},{energy},{unit},20250901,20250604000000,"


def written(folder: Path, *lines: str, end: str = "900\r\n") -> Path:
    path = folder / "any.csv"
    path.write_bytes("\r\n".join(["100,NEM13,202506050000,MDP,RET", *lines, end]).encode())
    return path


def registers(path: Path, said: Said = NOTHING_SAID) -> tuple[list[tuple[str, str, int]], list[str]]:
    pieces = [piece for piece in read_pieces(path, said, ZONE) if isinstance(piece, FilePiece)]
    found = [
        (piece.rows.ids[code], ZONE.iso(time), wh)
        for piece in pieces
        for code, time, wh in zip(
            piece.rows.code.tolist(), piece.rows.time.tolist(), piece.rows.wh.tolist(), strict=True
        )
    ]
    return found, refusals(pieces)


def test_each_record_has_two_register_reads(tmp_path: Path) -> None:
    later = record(f"001300,{JUNE},A,,", f"001500,{SEPTEMBER},E,,", "200")
    path = written(tmp_path, record(), "550,N,,A,", later, record(suffix="71", way="I", unit="Wh"))
    assert registers(path) == (
        [
            ("NMI1", "2025-03-03T10:30:55+11:00", 1_000_500),
            ("NMI1", "2025-06-03T10:03:33+10:00", 1_300_000),
            ("NMI1", "2025-06-03T10:03:33+10:00", 1_300_000),
            ("NMI1", "2025-09-02T12:00:00+10:00", 1_500_000),
            ("NMI1:export", "2025-03-03T10:30:55+11:00", 1000),
            ("NMI1:export", "2025-06-03T10:03:33+10:00", 1300),
        ],
        [],
    )
    assert taken_for(read_pieces, path, NOTHING_SAID).kind == "register"


def test_energy_that_is_not_the_difference_of_the_reads_is_taken_when_that_is_said(tmp_path: Path) -> None:
    rolled = record(f"099900,{MARCH},A,,", f"000100,{JUNE},S,,", "200")
    path = written(tmp_path, rolled, record(energy="11980", suffix="12"))
    found, refused = registers(path)
    assert (found, [each.partition(":")[0] for each in refused]) == (
        [],
        [f"{line} bad-reading the energy is not the difference of the two reads" for line in (2, 3)],
    )
    pieces = list(read_pieces(path, INTERVALS, ZONE))
    span = ("2025-03-03T10:30:55+11:00", "2025-06-03T10:03:33+10:00")
    assert listed(pieces, ZONE) == [("NMI1:t1", *span, "200", "S"), ("NMI1:t2", *span, "11980", "")]
    assert (refusals(pieces), taken_for(read_pieces, path, INTERVALS).kind) == ([], "interval")


def test_a_read_that_is_missing_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, record(f"0,{MARCH},N,,"), record(suffix="13", unit="kVArh"))
    assert registers(path) == ([("NMI1", "2025-06-03T10:03:33+10:00", 1_300_000)], [])
    assert listed(read_pieces(path, INTERVALS, ZONE), ZONE)[0][3] == "299.5"
    without = written(tmp_path, record(after=f"0,{JUNE},N,,"))
    assert listed(read_pieces(without, INTERVALS, ZONE), ZONE) == []


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (record(way="X"), "syntax 'X' is no direction"),
        (record(suffix=""), "syntax the record names no suffix"),
        (record(unit="kW"), "bad-field 'kW' is no unit of energy"),
        (record(energy="-1"), "bad-reading -1 is negative"),
        (record(after=f"001300,{MARCH},A,,"), "bad-timestamp the current read is not later"),
        (record(after="001300,20250631000000,A,,"), "bad-timestamp 20250631 is not a day"),
        (record(after=f"001300,{JUNE},X,,"), "syntax 'X' is no quality"),
        (record()[:60], "syntax the record has 15 cells instead of 20"),
        ("300,20250103,1,2", "syntax a record of this file begins with"),
        ("100,NEM12,2025", "syntax 'NEM12' in place of NEM13"),
    ],
)
def test_a_bad_record_costs_itself_alone(tmp_path: Path, bad: str, why: str) -> None:
    found, refused = registers(written(tmp_path, bad, record()))
    assert len(found) == 2
    assert [each[: 2 + len(why)] for each in refused] == [f"2 {why}"]


def test_a_file_that_is_cut_says_so(tmp_path: Path) -> None:
    assert registers(written(tmp_path, record(), end=""))[1] == [
        "2 syntax no record 900 ends the file: it may have been cut here"
    ]


def test_what_contradicts_the_file_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, record())
    with pytest.raises(DataError, match="the file says NMI1, which --meter other contradicts"):
        registers(path, Said(meter="other"))
    with pytest.raises(DataError, match="the file says kWh"):
        taken_for(read_pieces, path, Said(unit="MWh"))


@needs_samples
def test_the_sample_comes_back() -> None:
    path = SAMPLES / "nem12" / "Example_NEM13_consumption_data.csv"
    assert [wh for _, _, wh in registers(path)[0]] == [6_342_800, 7_654_900]
    assert [energy for *_, energy, _ in listed(read_pieces(path, INTERVALS, ZONE), ZONE)] == ["1312.1"]
