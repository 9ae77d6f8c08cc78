"""Which series of a Green Button file count, and as which register."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.progress import no_progress
from metertui.engine.errors import DataError
from metertui.formats.espi_feed import Entry, read_feed
from metertui.formats.espi_series import Catalogue, quality_of
from metertui.formats.said import Said
from tests.formats.green_button import block, feed, meter_reading, reading_type, usage_point

METER = Said(meter="m")


def chosen(folder: Path, *entries: str, said: Said = METER) -> list[tuple[str, str]]:
    """Return the register of each series, and why it is left out."""
    path = folder / "a.xml"
    path.write_text(feed(*entries))
    found = [item for item in read_feed(path, no_progress, readings=False) if isinstance(item, Entry)]
    catalogue = Catalogue(found, said)
    catalogue.choose(path)
    return [(each.identifier, each.why) for each in catalogue.series]


def one(**values: str) -> list[str]:
    return [usage_point(), meter_reading(), reading_type(**values), block()]


@pytest.mark.parametrize(
    ("values", "register"),
    [
        ({}, "m"),
        ({"commodity": ""}, "m"),
        ({"commodity": "2"}, "m"),
        ({"flowDirection": "19"}, "m:export"),
        ({"tou": "0"}, "m"),
        ({"tou": "2"}, "m:t2"),
        ({"tou": "1", "flowDirection": "19"}, "m:e1"),
    ],
)
def test_energy_goes_to_the_register_of_its_direction_and_tariff(
    tmp_path: Path, values: dict[str, str], register: str
) -> None:
    assert chosen(tmp_path, *one(**values)) == [(register, "")]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"commodity": "7"}, "it is not electricity"),
        ({"uom": "38"}, "its unit is W, which is no energy"),
        ({"uom": "169", "commodity": "1"}, "its unit is therm, which is no energy"),
        ({"uom": ""}, "its unit is not said, which is no energy"),
        ({"flowDirection": "4"}, "the net of use and feed-in"),
        ({"flowDirection": "20"}, "the total of use and feed-in"),
        ({"flowDirection": ""}, "the file does not say whether it is use or feed-in"),
        ({"accumulationBehaviour": "12"}, "it neither adds up nor is energy of intervals"),
        ({"powerOfTenMultiplier": "99"}, "its powerOfTenMultiplier is 99"),
        ({"powerOfTenMultiplier": "x"}, "its powerOfTenMultiplier is x"),
        ({"tou": "12"}, "its tariff is 12, and a meter has those from 1 to 9"),
    ],
)
def test_what_is_no_energy_to_count_is_left_out(tmp_path: Path, values: dict[str, str], why: str) -> None:
    other = [meter_reading("2", "8"), reading_type("8", **values), block(number="2")]
    assert chosen(tmp_path, *one(), *other) == [("m", ""), ("", why)]
    with pytest.raises(DataError, match=f"no energy that is used or fed in .*{why}"):
        chosen(tmp_path, *one(**values))


def test_gas_is_left_out_by_its_usage_point(tmp_path: Path) -> None:
    gas = [usage_point("R/1/UsagePoint/88", "1"), meter_reading(point="R/1/UsagePoint/88")]
    assert chosen(tmp_path, *one(), *gas, block(point="R/1/UsagePoint/88")) == [
        ("m", ""),
        ("", "it is not electricity"),
    ]


def test_the_same_energy_in_longer_intervals_is_left_out(tmp_path: Path) -> None:
    days = [meter_reading("2", "8"), reading_type("8", intervalLength="86400")]
    longer = ("", "the same energy in longer intervals")
    assert chosen(tmp_path, *days, block(number="2"), *one()) == [longer, ("m", "")]
    assert chosen(tmp_path, *one(), *days, block(number="2", first=86_400)) == [("m", ""), ("m", "")]
    undated = block(number="2").replace("interval>", "other>")
    assert chosen(tmp_path, *one(), *days, undated)[1] == longer


def test_parts_of_the_feed_in_beside_the_whole_are_left_out(tmp_path: Path) -> None:
    part = [meter_reading("2", "8"), reading_type("8", flowDirection="19", tou="1"), block(number="2")]
    found = chosen(tmp_path, *one(flowDirection="19"), *part)
    assert found == [("m:export", ""), ("", "a part of the whole feed-in, which the file has as well")]


def test_registers_beside_intervals_are_taken_when_that_is_said(tmp_path: Path) -> None:
    both = [*one(), meter_reading("2", "8"), reading_type("8", accumulationBehaviour="1"), block(number="2")]
    assert chosen(tmp_path, *both) == [("m", ""), ("", "the same energy as registers")]
    said = Said(meter="m", kind="register")
    assert chosen(tmp_path, *both, said=said) == [("", "the same energy in intervals"), ("m", "")]
    with pytest.raises(DataError, match="no registers, which --kind register contradicts"):
        chosen(tmp_path, *one(), said=said)


def test_what_the_file_does_not_say_is_asked_for(tmp_path: Path) -> None:
    for values, option, said in (
        ({"accumulationBehaviour": ""}, "--kind register or --kind interval", Said(meter="m", kind="interval")),
        ({"uom": "0"}, "its unit is not said", Said(meter="m", unit="kWh")),
    ):
        with pytest.raises(DataError, match=option):
            chosen(tmp_path, *one(**values))
        assert chosen(tmp_path, *one(**values), said=said) == [("m", "")]
    with pytest.raises(DataError, match=r"which meter it is of \(it names only UsagePoint 77\); give --meter ID"):
        chosen(tmp_path, *one(), said=Said())
    with pytest.raises(DataError, match="the file says Wh, which --unit kWh contradicts"):
        chosen(tmp_path, *one(), said=Said(meter="m", unit="kWh"))


def test_several_meters_bear_the_ids_of_the_file(tmp_path: Path) -> None:
    other = "R/1/UsagePoint/88"
    both = [*one(), usage_point(other), meter_reading(point=other), block(point=other)]
    assert chosen(tmp_path, *both, said=Said()) == [("77", ""), ("88", "")]
    with pytest.raises(DataError, match="the file has the meters 77, 88, which --meter m contradicts"):
        chosen(tmp_path, *both)
    with pytest.raises(DataError, match="UsagePoint '8!8': a meter id is"):
        chosen(tmp_path, *(each.replace("Point/88", "Point/8!8") for each in both), said=Said())


def test_entries_without_links_belong_to_those_before_them(tmp_path: Path) -> None:
    bare = [each.replace("/espi/R", "/x") for each in (usage_point(), meter_reading(kind_of=""))]
    types = [reading_type(), reading_type("8", flowDirection="19")]
    plain = block().replace("MeterReading/1/", "")
    assert chosen(tmp_path, *bare, *types, plain) == [("m", "")]
    assert chosen(tmp_path, *types[1:], plain) == [("m:export", "")]
    with pytest.raises(DataError, match="no ReadingType says what it measures"):
        chosen(tmp_path, plain)


def test_entries_that_stand_twice_are_of_one_series(tmp_path: Path) -> None:
    path = tmp_path / "twice.xml"
    path.write_text(feed(*one(), *one()))
    found = [item for item in read_feed(path, no_progress, readings=False) if isinstance(item, Entry)]
    catalogue = Catalogue(found, METER)
    catalogue.choose(path)
    assert [each.identifier for each in catalogue.of_blocks] == ["m", "m"]


def test_the_least_sure_quality_holds() -> None:
    codes = ("0", "17", "19", "7", "8", "9", "10", "13", "99", "0 8", "8 7", "")
    assert [quality_of(each.split(), 0) for each in codes] == [0, 0, 0, 2, 1, 1, 1, 1, 1, 1, 2, 0]
    assert quality_of([], 1) == 1
