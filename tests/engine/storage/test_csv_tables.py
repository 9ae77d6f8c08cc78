"""Tables as spreadsheets leave them."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import DataError
from metertui.engine.storage.csv_tables import CsvTable

NEEDED = ("name", "place")


def table(path: Path, data: bytes, *, unsynced: int = 0) -> CsvTable:
    path.write_bytes(data)
    return CsvTable(path, NEEDED, ("note",), unsynced=unsynced)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "things.csv"


@pytest.mark.parametrize(
    "data",
    [
        b"name,place\nx,y\nz,\n",
        b"\xef\xbb\xbfname,place\nx,y\nz,\n",
        b"name,place\r\nx,y\r\nz,\r\n",
        b"name,place\rx,y\rz,\r",
        b"name,place\nx,y\nz,",
        b" NAME,Place \nx,y\nz,\n",
        b'"name","place"\n"x","y"\n"z",""\n',
        b"\n\nname,place\n\nx,y\n  \n,\nz,\n\n",
    ],
    ids=["plain", "mark", "crlf", "cr", "no end", "header in another case", "quoted", "blank lines"],
)
def test_what_spreadsheets_do_to_a_file_changes_nothing(path: Path, data: bytes) -> None:
    found = table(path, data)
    assert found.names == ["name", "place"]
    assert [cells for _, cells in found.rows()] == [["x", "y"], ["z", ""]]


def test_a_row_is_known_by_the_line_that_it_begins_on(path: Path) -> None:
    found = table(path, b'name,place\n\n"a ""b""\nc","d,e"\nf,g\n')
    assert list(found.rows()) == [(3, ['a "b"\nc', "d,e"]), (5, ["f", "g"])]


def test_columns_of_others_keep_their_names_as_they_are_written(path: Path) -> None:
    assert table(path, b"Name,My Remarks,PLACE,NOTE\n").names == ["name", "My Remarks", "place", "note"]


@pytest.mark.parametrize("data", [None, b"", b"\xef\xbb\xbf", b"\n\n"])
def test_a_file_that_is_missing_or_empty_has_no_rows(path: Path, data: bytes | None) -> None:
    found = CsvTable(path, NEEDED) if data is None else table(path, data)
    assert (found.names, list(found.rows())) == (["name", "place"], [])


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"name\nx\n", 1, "the header lacks place"),
        (b"\nname|place\n", 2, "the header lacks name, place"),
        (b"\nname;place\nx;y\n", 2, "semicolons separate the columns, not commas; save it as CSV with commas"),
        (b"name\tplace\nx\ty\n", 1, "tabs separate the columns, not commas; save it as CSV with commas"),
        (b"name,place,Name\n", 1, "the header has name twice"),
        (b"name,place\nx,y\nx\n\nx,y\n", 3, "1 fields where the header has 2"),
        (b"name,place\nx,y\nx,y,z\n", 3, "3 fields where the header has 2"),
        (b'name,place\nx,y\n"x,y\nx,y\nx,y\n', 3, "this is not valid CSV: unexpected end of data"),
        (b'name,place\n"x"y,z\n', 2, "this is not valid CSV: ',' expected after '\"'"),
        (
            b"name,place\nx," + b"y" * 140_000 + b"\n",
            2,
            "this is not valid CSV: field larger than field limit (131072)",
        ),
        (b"name,place\r\nx,y\r\ncaf\xe9,y\r\nx,y\r\n", 3, "this is not UTF-8 text; save it as CSV UTF-8"),
        ("name,place\n".encode("utf-16"), 1, "this is not UTF-8 text; save it as CSV UTF-8"),
    ],
)
@pytest.mark.parametrize("unsynced", [0, 1 << 20])
def test_what_is_broken_is_named_by_file_line_and_reason(
    path: Path, data: bytes, line: int, reason: str, unsynced: int
) -> None:
    with pytest.raises(DataError) as caught:
        list(table(path, data, unsynced=unsynced).rows())
    assert str(caught.value) == f"{path}:{line}: {reason}"


@pytest.mark.parametrize("tail", [b"x", b'"x', b'x,"y', b"caf\xc3", b"\xc3", b"\x00\x00\x00"])
def test_a_torn_last_line_is_dropped_and_reported_where_it_may_be(path: Path, tail: bytes) -> None:
    data = b"\xef\xbb\xbfname,place\nx,y\n" + tail
    found = table(path, data, unsynced=1 << 20)
    assert [cells for _, cells in found.rows()] == [["x", "y"]]
    assert found.damage is not None
    assert (
        found.damage.warning
        == f"things.csv: a torn last line of {len(tail)} bytes was dropped; it had not been answered"
    )
    found.damage.mend()
    assert path.read_bytes() == data.removesuffix(tail)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"things\.csv:3: "):
        list(table(path, data).rows())


def test_a_torn_last_line_of_a_file_with_old_line_ends_costs_that_line_alone(path: Path) -> None:
    found = table(path, b"name,place\rx,y\rz", unsynced=1 << 20)
    assert [cells for _, cells in found.rows()] == [["x", "y"]]
    assert found.damage is not None
    found.damage.mend()
    assert path.read_bytes() == b"name,place\rx,y\r"


def test_rows_of_which_sectors_never_came_to_the_disk_are_dropped_and_set_aside(path: Path) -> None:
    rows = b"".join(b"name-%03d,place\n" % n for n in range(100))
    data = b"name,place\n" + rows
    data = data[:512] + bytes(512) + data[1024:]
    found = table(path, data, unsynced=1 << 20)
    kept = [line for line in data.splitlines(keepends=True) if b"\0" not in line]
    assert [",".join(cells).encode() + b"\n" for _, cells in found.rows()] == kept[1:]
    assert found.damage is not None
    assert "of the last batch, which had not been answered" in found.damage.warning
    found.damage.mend()
    assert path.read_bytes() == b"".join(kept)
    assert path.with_name("things.csv.rejected").read_bytes() == data[data.rfind(b"\n", 0, 512) + 1 :]
    with pytest.raises(DataError):  # not the last batch: it had been synced
        list(table(path, data, unsynced=512).rows())


def test_a_torn_header_is_that_of_an_empty_table(path: Path) -> None:
    found = table(path, b"name,pl", unsynced=1 << 20)
    assert (found.names, list(found.rows())) == (["name", "place"], [])
    assert found.damage is not None
    found.damage.mend()
    assert path.read_bytes() == b""


def test_an_unclosed_quote_does_not_pass_for_a_torn_last_line(path: Path) -> None:
    with pytest.raises(DataError, match=r"things\.csv:2: "):
        list(table(path, b'name,place\n"x,y\nx,y\nx,y', unsynced=1 << 20).rows())


def test_a_last_row_over_two_lines_needs_no_newline(path: Path) -> None:
    found = table(path, b'name,place\n"x\ny",z', unsynced=1 << 20)
    assert [cells for _, cells in found.rows()] == [["x\ny", "z"]]
    assert found.damage is None
