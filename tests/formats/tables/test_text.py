"""Tables as text: encodings, delimiters, preambles and broken lines."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from metertui.engine.errors import DataError, MeterError
from metertui.formats.tables import text
from metertui.formats.tables.text import TextForm, detect_encoding, find_form, read_rows


def is_header(cells: list[str]) -> bool:
    return cells == ["Zähler", "kWh"]


def rows(path: Path, form: TextForm) -> list[list[str]]:
    return [row.cells for _, block in read_rows(path, form) for row in block]


@pytest.mark.parametrize(
    ("encoding", "delimiter"), list(product(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"], text.DELIMITERS))
)
def test_encoding_and_delimiter_are_found_by_the_header(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "some"
    lines = ["Bericht, Müller; 2025", "", f'"Zähler"{delimiter}kWh', f'm-1{delimiter}"a{delimiter}""b"""']
    path.write_bytes("\r\n".join(lines).encode(encoding))
    form = find_form(path, is_header)
    assert form is not None
    assert (form.delimiter, form.first) == (delimiter, 1)
    assert rows(path, form)[2:] == [["Zähler", "kWh"], ["m-1", f'a{delimiter}"b"']]


def test_a_file_may_name_its_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "some"
    path.write_text("sep=#\nZähler#kWh\nm-1#5\n")
    form = find_form(path, is_header)
    assert form == TextForm("utf-8", "#", 2)
    assert rows(path, form) == [["Zähler", "kWh"], ["m-1", "5"]]
    path.write_text("sep=;\nZähler,kWh\n")
    assert find_form(path, is_header) is None


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"plain", "utf-8"),
        ("Zähler".encode(), "utf-8"),
        (b"Z\xe4hler", "cp1252"),
        (b"Z\xe4hler \x81", "latin-1"),
        ("Zähler ".encode() + b"\xff", "utf-8"),  # broken, not another encoding
    ],
)
def test_text_that_is_not_utf_8_is_of_the_last_resort(tmp_path: Path, data: bytes, encoding: str) -> None:
    path = tmp_path / "some"
    path.write_bytes(data)
    assert detect_encoding(path) == encoding


def test_a_character_on_the_edge_of_two_blocks_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_BLOCK_BYTES", 2)
    path = tmp_path / "some"
    path.write_bytes("aäb".encode())
    assert detect_encoding(path) == "utf-8"


def test_a_broken_line_is_broken_alone(tmp_path: Path) -> None:
    path = tmp_path / "some"
    path.write_bytes("Zähler;kWh\n".encode() + b'm;"1\nm\xff;2\nm;3\n')
    form = find_form(path, is_header)
    assert form is not None
    found = [row for _, block in read_rows(path, form) for row in block]
    assert [(row.number, row.fault.code) for row in found if row.fault] == [(2, "syntax"), (3, "bad-encoding")]
    assert found[-1].cells == ["m", "3"]


def test_what_is_no_text_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "some"
    path.write_bytes(b"\x89PNG\0\0")
    with pytest.raises(MeterError, match="neither text nor a workbook"):
        find_form(path, is_header)
    monkeypatch.setattr(text, "_MAX_LINE", 10)
    path.write_text("a;b\n" + 20 * "x")
    with pytest.raises(DataError, match=":2: the line is too long"):
        find_form(path, is_header)


def test_a_line_of_too_many_cells_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "some"
    path.write_text("a\n" + ";1" * 20_000)
    with pytest.raises(DataError, match="some:2: the line has 20001 cells: this is no table of readings"):
        text.guess_form(path)
