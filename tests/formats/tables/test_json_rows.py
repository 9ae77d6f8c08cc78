"""JSON as tables, read as a stream."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metertui.engine.errors import DataError
from metertui.formats.tables import json_rows
from metertui.formats.tables.json_rows import is_json, read_rows
from metertui.formats.tables.rows import Row, Typed


def rows(path: Path, content: Any) -> list[Row]:
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return [row for _, block in read_rows(path) for row in block]


def tables(path: Path, content: Any) -> dict[str, list[list[str]]]:
    """The names and cells of each array."""
    found: dict[str, list[list[str]]] = {}
    for row in rows(path, content):
        if row.number >= 0:
            found.setdefault(row.sheet, []).append(row.cells)
    return found


NESTED = {
    "site": {"id": "s-1", "unit": "Wh"},
    "meters": [
        {
            "kind": "use",
            "list": [{"at": "10:00", "grid": {"in": 1.50, "out": None}}, {"at": "10:15", "grid": {"in": 2}}],
        },
        {"kind": "pv", "list": [{"at": "10:00", "grid": {"in": 7}}], "note": "é"},
    ],
    "made": "today",
}
EXPECTED = {
    "meters[]": [["meters[].kind", "meters[].note"], ["use", ""], ["pv", "é"]],
    "meters[].list[]": [
        ["meters[].list[].at", "meters[].list[].grid.in", "meters[].list[].grid.out", "meters[].kind", "meters[].note"],
        ["10:00", "1.5", "", "use", ""],
        ["10:15", "2", "", "use", ""],
        ["10:00", "7", "", "pv", "é"],
    ],
}


def test_each_array_of_objects_is_a_table_with_named_columns(tmp_path: Path) -> None:
    found = rows(tmp_path / "a", NESTED)
    assert [(row.number, row.cells) for row in found if row.number < 0][:3] == [
        (-4, ["site.id", "s-1"]),
        (-3, ["site.unit", "Wh"]),
        (-2, ["made", "today"]),
    ]
    assert tables(tmp_path / "a", NESTED) == EXPECTED


@pytest.mark.parametrize("chunk", [1, 7, 60])
def test_a_large_value_is_entered_and_gives_the_same(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_rows, "_CHUNK", chunk)
    found = tables(tmp_path / "a", NESTED)
    assert found["meters[]"] == EXPECTED["meters[]"]
    names, *cells = found["meters[].list[]"]
    at = [names.index(name) for name in EXPECTED["meters[].list[]"][0][:4]]
    assert [[row[place] for place in at] for row in cells] == [row[:4] for row in EXPECTED["meters[].list[]"][1:]]


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    text = (
        b'[{"a": 0.1000000000000000055, "b": 1.5e3, "c": 25E-4, "d": -0, "e": 1e999999, "f": NaN, "g": true, "h": "5"}]'
    )
    [_, row] = rows(tmp_path / "a", text)
    assert row.cells == ["0.1000000000000000055", "1500", "0.0025", "-0", "1e999999", "NaN", "TRUE", "5"]
    assert [isinstance(cell, Typed) for cell in row.cells] == [True] * 4 + [False] * 2 + [True, False]
    assert rows(tmp_path / "a", b'[{"a": ' + b"9" * 6000 + b"}]")[1].cells == ["9" * 6000]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'[{"a": 1}, {"b": 2}]', {"[]": [["[].a", "[].b"], ["1", ""], ["", "2"]]}),
        (b'{"a": 1}\n{"a": 2}\n', {"[]": [["[].a"], ["1"], ["2"]]}),
        (b'{"v": [[1, "x"], [2, null]]}', {"v[]": [["v[][0]", "v[][1]"], ["1", "x"], ["2", ""]]}),
        (b'\xef\xbb\xbf[{"a": "\\u00e9"}]', {"[]": [["[].a"], ["é"]]}),
        ('[{"a": "é"}]'.encode("utf-16"), {"[]": [["[].a"], ["é"]]}),
        (
            b'{"e": {"unit": "Wh", "v": [{"a": 1}]}, "ev": {"unit": "kWh"}}',
            {"e.v[]": [["e.v[].a", "e.unit"], ["1", "Wh"]]},
        ),
        (b'{"l": [1, 2], "t": [{"a": 1}]}', {"t[]": [["t[].a"], ["1"]]}),
    ],
)
def test_other_shapes_of_the_same(tmp_path: Path, text: bytes, expected: dict[str, list[list[str]]]) -> None:
    assert is_json(text)
    assert tables(tmp_path / "a", text) == expected


@pytest.mark.parametrize("text", [b"[wr_def]\n", b"time,kwh\n", b"{time}\n", b"<feed>", b""])
def test_other_texts_are_no_json(text: bytes) -> None:
    assert not is_json(text)


@pytest.mark.parametrize("chunk", [5, 1 << 18])
@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("", "a value"),
        ("1}]", "a name"),
        ('"b": 1 "c"}]', "','"),
        ('"b": [1,}]', "a value"),
        ('"b": tru}]', "a value"),
        ('"b": 1}] more', "the end of the file"),
    ],
)
def test_what_stands_before_a_break_is_kept(
    tmp_path: Path, end: str, why: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_rows, "_CHUNK", chunk)
    *found, last = rows(tmp_path / "a", b'[{"a": 1},\n{"a": 2,' + end.encode())
    assert found[1].cells[0] == "1"
    assert last.fault is not None
    assert (last.fault.code, last.number) == ("syntax", len(found))
    assert last.fault.why.startswith(f"the JSON is broken or cut in line 2: {why} should stand where ")


def test_values_before_a_break_are_kept(tmp_path: Path) -> None:
    head, *found, last = rows(tmp_path / "a", b'{"e": {"unit": "Wh", "v": [{"a": 1}, {"a"')
    assert (head.cells, [row.cells for row in found]) == (["e.v[].a", "e.unit"], [["1", "Wh"]])
    assert last.fault is not None


def test_bytes_that_are_no_text_cost_their_element(tmp_path: Path) -> None:
    found = rows(tmp_path / "a", b'[{"a": "x\xff"}, {"a": "y"}, {"a": "\\ud800"}]')
    assert [row.fault.code if row.fault else "" for row in found] == ["", "bad-encoding", "", "bad-encoding"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'[{"a":' * 50 + b"1" + b"}]" * 50, "nested too deeply"),
        (json.dumps([{str(n): 0 for n in range(3000)}]).encode(), "too many names"),
        (b'{"a": 1}', "no array of objects"),
        (b"[1, 2]", "no array of objects"),
        (b'{"a', "broken or cut in line 1"),
        (b"[" + b'"' + b"a" * 3_000_000, "broken or cut in line 1"),
    ],
    ids=["arrays", "objects", "both", "names", "object", "numbers", "cut", "long"],
)
def test_what_is_no_table_is_an_error(tmp_path: Path, text: bytes, why: str) -> None:
    with pytest.raises(DataError, match=why):
        rows(tmp_path / "a", text)


def test_what_the_first_element_of_a_series_says_alone_holds_for_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "any"
    series = [{"name": name, "t": "2025-02-01T00:00", "u": "kWh", "v": "1.5"} for name in ("a", "b")]
    path.write_text(json.dumps([[first, {"v": "2"}, {"name": "c", "v": "3"}] for first in series]))
    rows = [row.cells for _, block in read_rows(path) for row in block]
    assert rows[1:4] == [["a", "2025-02-01T00:00", "kWh", "1.5"], ["a", "", "kWh", "2"], ["c", "", "kWh", "3"]]
    assert [row[0] for row in rows[4:]] == ["b", "b", "c"]
