"""Green Button files: intervals and registers, exact, with what is bad by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.core.importing import FilePiece
from metertui.engine.errors import DataError
from metertui.formats.green_button import is_form, read_pieces
from metertui.formats.said import Said
from tests.formats.green_button import block, entry, feed, meter_reading, reading, reading_type, usage_point
from tests.formats.listed import listed, refusals, taken_for
from tests.formats.samples import SAMPLES, SHAPES, days, expected, expected_days, needs_samples

ZONE = SiteZone("America/New_York")
METER = Said(meter="m")


def written(folder: Path, *readings: str, after: str = "", **values: str) -> Path:
    path = folder / "any.xml"
    path.write_text(feed(usage_point(), meter_reading(), reading_type(**values), block(*readings), after))
    return path


def test_intervals_have_their_times_energy_and_quality(tmp_path: Path) -> None:
    readings = [reading(0, "282", quality="8"), reading(1, "323", quality="7"), reading(2, "0"), reading(3, "")]
    path = written(tmp_path, *readings, powerOfTenMultiplier="-3")
    pieces = list(read_pieces(path, METER, ZONE))
    assert listed(pieces, ZONE) == [
        ("m", "2024-12-31T19:00:00-05:00", "2024-12-31T19:15:00-05:00", "0.000282", "E"),
        ("m", "2024-12-31T19:15:00-05:00", "2024-12-31T19:30:00-05:00", "0.000323", "S"),
        ("m", "2024-12-31T19:30:00-05:00", "2024-12-31T19:45:00-05:00", "0", ""),
    ]
    assert refusals(pieces) == []
    taken = taken_for(read_pieces, path, METER)
    assert (taken.kind, [each[:4] for each in taken.series]) == ("interval", [("77/MeterReading/1", "m", "Wh", "")])


@pytest.mark.parametrize(("power", "kwh"), [("0", "1.5"), ("3", "1500"), ("-3", "0.0015"), ("6", "1500000")])
def test_the_multiplier_is_a_power_of_ten(tmp_path: Path, power: str, kwh: str) -> None:
    path = written(tmp_path, reading(0, "1500"), powerOfTenMultiplier=power)
    assert [energy for *_, energy, _ in listed(read_pieces(path, METER, ZONE), ZONE)] == [kwh]


def test_a_bad_reading_costs_itself_alone(tmp_path: Path) -> None:
    good = reading(0, "5")
    lost = [
        ("-5", "bad-reading -5 is negative"),
        ("NaN", "bad-reading 'NaN' is no figure"),
        ("9" * 25, "bad-reading 9999999999999999999999999 is too large"),
    ]
    bad = [reading(9, value) for value, _ in lost]
    broken = [
        (reading(1, "5", duration=0), "bad-timestamp the interval has no duration"),
        (good.replace("900", "-900"), "bad-timestamp '-900' is no duration"),
        (good.replace("1735689600", "soon"), "bad-timestamp 'soon' is no time"),
        (good.replace("1735689600", "7258118400"), "future-timestamp 7258118400 is after 2199"),
    ]
    path = written(tmp_path, *bad, *(each for each, _ in broken), good)
    pieces = list(read_pieces(path, METER, ZONE))
    assert len(listed(pieces, ZONE)) == 1
    first = (
        path.read_text().splitlines().index(next(line for line in path.read_text().splitlines() if "-5<" in line)) + 1
    )
    for at, (found, (_, why)) in enumerate(zip(refusals(pieces), [*lost, *broken], strict=True), first):
        assert found.startswith(f"{at} {why}")


def test_registers_are_read_as_such(tmp_path: Path) -> None:
    path = written(tmp_path, reading(0, "1234567", duration=0), accumulationBehaviour="1", powerOfTenMultiplier="1")
    [piece] = list(read_pieces(path, METER, ZONE))
    assert isinstance(piece, FilePiece)
    assert (piece.rows.ids, piece.rows.time.tolist(), piece.rows.wh.tolist()) == (
        ["m"],
        [1_735_689_600_000_000],
        [12_345_670],
    )
    assert taken_for(read_pieces, path, METER).kind == "register"


def test_which_end_a_register_belongs_to_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, reading(0, "5"), accumulationBehaviour="1")
    assert "give --stamps start or --stamps end" in refusals(read_pieces(path, METER, ZONE))[0]
    for stamps, second in (("start", 0), ("end", 900)):
        said = Said(meter="m", stamps="end" if stamps == "end" else "start")
        [piece] = list(read_pieces(path, said, ZONE))
        assert isinstance(piece, FilePiece)
        assert piece.rows.time.tolist() == [(1_735_689_600 + second) * 1_000_000]


def test_a_register_beyond_the_highest_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, reading(0, "99999999999.6", duration=0), accumulationBehaviour="1")
    assert "at most 99999999.999 kWh" in refusals(read_pieces(path, METER, ZONE))[0]


def test_what_stands_before_a_break_is_taken_and_the_break_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, reading(0, "5"), reading(1, "6"))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"IntervalReading") - 30])
    pieces = list(read_pieces(path, METER, ZONE))
    assert len(listed(pieces, ZONE)) == 1
    assert "syntax the XML breaks off or is broken here" in refusals(pieces)[0]


def local_time(offset: str) -> str:
    return entry(f"<e:LocalTimeParameters><e:tzOffset>{offset}</e:tzOffset></e:LocalTimeParameters>")


def test_what_contradicts_the_file_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, reading(0, "5"), after=local_time("-18000"))
    for said, why in (
        (Said(meter="m", zone="Europe/Vienna"), r"local time is -5 h from UTC, which --zone Europe/Vienna contradicts"),
        (Said(meter="m", stamps="end"), "the file says start"),
        (Said(meter="m", mapping="any"), "leave out --mapping"),
    ):
        with pytest.raises(DataError, match=why):
            taken_for(read_pieces, path, said)
    taken_for(read_pieces, path, Said(meter="m", zone="America/New_York", stamps="start", kind="interval", unit="Wh"))


def test_other_xml_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body>Log in</body></html>")
    with pytest.raises(DataError, match="no IntervalBlock: it is no Green Button file"):
        taken_for(read_pieces, path, METER)


@pytest.mark.parametrize(
    ("head", "xml"),
    [
        (b"<feed", True),
        (b"\xef\xbb\xbf\r\n<?xml", True),
        ("<feed".encode("utf-16"), True),
        (b"a<b", False),
        (b"", False),
    ],
)
def test_a_file_is_known_by_its_first_sign(head: bytes, xml: bool) -> None:
    assert is_form(head) == xml


@needs_samples
def test_the_samples_come_back_to_the_last_digit() -> None:
    zone = SiteZone("America/Los_Angeles")
    [use] = expected("green_button.xml")["channels"]
    assert days(read_pieces(SHAPES / "green_button.xml", METER, zone), zone) == {"m": expected_days(use)}
    [other] = (SAMPLES / "espi").glob("*.xml")
    assert [quality for *_, quality in listed(read_pieces(other, METER, zone), zone)][:3] == ["E", "S", ""]
