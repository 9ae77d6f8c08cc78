"""Mappings: small files that say what a kind of file does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metertui.engine.errors import DataError, MeterError
from metertui.formats.said import NOTHING_SAID, Said
from metertui.formats.said.mapping_files import (
    SHIPPED,
    FileMapping,
    all_in,
    check_name,
    load,
    matching,
    save,
    with_mapping,
)

SAID = Said(
    "interval", zone="Europe/Vienna", stamps="end", unit="Wh", date_order="dmy", columns={"time": "1", "kwh": "A"}
)


def mapping(name: str, *names: str) -> FileMapping:
    return FileMapping(name, "", names, SAID)


def test_a_mapping_comes_back_from_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    kept = FileMapping("quay", 'of "Quay"\\\n\x7f', ["Zählpunkt; [1]", "kWh\t"], SAID)
    assert all_in(folder) == []
    for about in ("another", kept.about):
        save(folder, replace(kept, about=about))
    assert all_in(folder) == [load(folder / "quay.toml")] == [kept]
    for name in ("", "a/b", "..", "a" * 33, "é"):
        with pytest.raises(MeterError, match="is no name of a mapping"):
            check_name(name)
    check_name("quay-2_B")


def test_the_mapping_that_names_the_most_columns_is_taken() -> None:
    few, more, other = mapping("few", "a"), mapping("more", "b", "a"), mapping("other", "a", "z")
    assert matching(["a", "b", "c"], [few, more, other]) is more
    assert matching(["a", "c"], [few, more, mapping("same", "c")]) is few
    assert matching(["A"], [few, more]) is None


def test_what_a_person_says_goes_before_the_mapping() -> None:
    assert with_mapping(NOTHING_SAID, mapping("m")) == SAID
    said = with_mapping(Said(meter="m", unit="kWh", columns={"time": "2"}, strict=True), mapping("m"))
    assert (said.meter, said.unit, said.columns, said.strict) == ("m", "kWh", {"time": "2"}, True)
    assert (said.zone, said.stamps) == ("Europe/Vienna", "end")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("names = [", "no TOML"),
        ("a = " + "[" * 5000, "no TOML"),
        ("a = " + "9" * 5000, "no TOML"),
        ("names = []", "no list 'names'"),
        ('names = "a"', "no list 'names'"),
        ("names = [1]", "no list 'names'"),
        ('names = ["a"]\n[says]\nmeter = "m"', "says meter = 'm', which is not known"),
        ('names = ["a"]\n[says]\nunit = "J"', "says unit = 'J', which is not known"),
        ('names = ["a"]\n[says]\nunit = 1', r"\[says\] of the mapping is no list of texts"),
        ('names = ["a"]\ncolumns = 1', r"\[columns\] of the mapping is no list of texts"),
        ('names = ["a"]\ncolor = 1', "has 'color', which is not known"),
        ("a" * 100_001, "too large"),
        ("\udcff", "no TOML"),
    ],
)
def test_what_is_no_mapping_is_an_error(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=why):
        load(path)


def test_the_shipped_mappings_are_whole() -> None:
    shipped = all_in(SHIPPED)
    assert len(shipped) >= 5
    for each in shipped:
        assert {*each.said.columns.values()} <= {*each.names}
        assert each.about
        assert matching(each.names, shipped) is each


def test_a_file_is_known_whatever_days_totals_and_ids_its_columns_name() -> None:
    kept = mapping("quay", "Zeit", "Last (30,9 kWh)", "AT999000123 von 01.02.2025 bis 02.02.2025")
    assert matching(["Zeit", "Last (1.234,567 kWh)", "DE888000777 von 3.4.25 bis 5.4.25"], [kept]) == kept
    assert matching(["Zeit", "Last (kWh)", "AT999000123 von 01.02.2025 bis 02.02.2025"], [kept]) is None
