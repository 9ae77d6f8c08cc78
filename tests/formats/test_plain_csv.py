"""Lines `identifier,timestamp,usage`: parsed in a block or one by one, with the same result."""

from __future__ import annotations

import io
from pathlib import Path

from metertui.engine.base.zone import SiteZone
from metertui.formats import plain_csv

ZONE = SiteZone("Asia/Singapore")
LINES = b"007,2025-02-19T00:30:00,144.5\r\n524-935-527,2025-02-19T01:00:00,145\n007,2025-02-19T01:00:00,144.75\n"


def parse(data: bytes, first: int = 1) -> tuple[list[tuple[int, str, str, int]], list[tuple[int, str]]]:
    """Return (line, meter, time, Wh) of the readings, and (line, code) of the refused lines."""
    readings, refused = [], []
    for piece in plain_csv.read_pieces(io.BytesIO(data), Path("x.csv"), ZONE, first):
        rows = piece.rows
        for line, code, time, wh in zip(
            piece.line.tolist(), rows.code, rows.time.tolist(), rows.wh.tolist(), strict=True
        ):
            readings.append((line, rows.ids[code], ZONE.iso(time), wh))
        refused += [(bad.line, bad.code) for bad in piece.refused]
    return readings, refused


def test_a_line_is_a_reading_in_the_site_zone() -> None:
    assert parse(LINES, first=2) == (
        [
            (2, "007", "2025-02-19T00:30:00+08:00", 144_500),
            (3, "524-935-527", "2025-02-19T01:00:00+08:00", 145_000),
            (4, "007", "2025-02-19T01:00:00+08:00", 144_750),
        ],
        [],
    )


def test_lines_beside_a_broken_one_are_read_as_without_it() -> None:
    whole, _ = parse(LINES)
    assert parse(LINES + b"m 1,2025-02-19T00:30:00,1\nm1,2025-02-19T00:30:00\n\n") == (
        whole,
        [(4, "bad-meter-id"), (5, "syntax")],
    )


def test_a_file_without_readings_has_none() -> None:
    assert parse(b"") == ([], [])
    assert parse(b"\n \n") == ([], [])
