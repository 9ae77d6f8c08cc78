"""Workbooks of the old kind (.xls) for tests: BIFF8 records in a compound file, as small as they can be."""

from __future__ import annotations

import struct
from pathlib import Path

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_DATE_FORMATS = {0: 0, 1: 14, 2: 20}
"""Number formats by place: general, a day, a time of day."""


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _bof(of: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, of, 0x0DBB, 1996, 0, 6))


def _cell(row: int, column: int, value: str | float | bool | tuple[float, int]) -> bytes:
    """A text, a number, a truth value, or a number with the place of its format."""
    if isinstance(value, str):
        text = value.encode("utf-16-le")
        return _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(value), 1) + text)
    if isinstance(value, bool):
        return _record(0x0205, struct.pack("<HHHBB", row, column, 0, value, 0))
    number, form = value if isinstance(value, tuple) else (value, 0)
    return _record(0x0203, struct.pack("<HHHd", row, column, form, number))


def _stream(rows: list[list[str | float | bool | tuple[float, int]]]) -> bytes:
    cells = b"".join(_cell(at, place, value) for at, row in enumerate(rows) for place, value in enumerate(row))
    sheet = _bof(0x0010) + cells + _record(0x000A, b"")
    forms = b"".join(_record(0x00E0, struct.pack("<HH", 0, key) + bytes(16)) for key in _DATE_FORMATS.values())
    name = struct.pack("<IBBBB", 0, 0, 0, 4, 0) + b"Some"
    begin = len(_bof(5)) + len(forms) + len(_record(0x0085, name)) + 4
    return _bof(5) + forms + _record(0x0085, struct.pack("<I", begin) + name[4:]) + _record(0x000A, b"") + sheet


def write(path: Path, rows: list[list[str | float | bool | tuple[float, int]]]) -> None:
    """Write a workbook with one sheet, `Some`."""
    stream = _stream(rows)
    stream = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    count = len(stream) // _SECTOR
    chain = [_FAT, _END, *range(3, count + 2), _END]
    table = struct.pack(f"<{_SECTOR // 4}I", *chain, *[_FREE] * (_SECTOR // 4 - len(chain)))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le") if name else b""
        head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _FREE, _FREE, child)
        return head + bytes(36) + struct.pack("<III", start, size, 0)

    folder = (
        entry("Root Entry", 5, 1, _END, 0) + entry("Workbook", 2, _FREE, 2, len(stream)) + entry("", 0, _FREE, 0, 0) * 2
    )
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0) + struct.pack("<I", 0)
    path.write_bytes(header.ljust(_SECTOR, b"\xff") + table + folder + stream)
