"""Files of intervals as a data folder has them."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.intervals.lines import format_energy
from metertui.formats import blocks, interval_csv
from metertui.formats.interval_csv import read_intervals

ZONE = SiteZone("Asia/Singapore")
H10, H11, H12 = (f"2025-03-12T{hour}:00:00+08:00" for hour in (10, 11, 12))


def read(data: str) -> tuple[list[tuple[int, str, str, str]], list[tuple[int, str]]]:
    """Return (line, meter, start, kWh) of the intervals, and (line, code) of the refused lines."""
    taken, refused = [], []
    for piece in read_intervals(io.BytesIO(data.encode()), Path("x.csv"), ZONE):
        rows = piece.rows
        for line, code, start, energy in zip(
            piece.line.tolist(), rows.code.tolist(), rows.start.tolist(), rows.energy.tolist(), strict=True
        ):
            taken.append((line, rows.ids[code], ZONE.iso(start), format_energy(energy)))
        refused += [(bad.line, bad.code) for bad in piece.refused]
    return taken, sorted(refused)


def test_each_line_is_an_interval_and_a_broken_one_costs_itself_alone() -> None:
    lines = f"m,{H10},{H11},0.5,\nm,{H11},{H12},0.25,E\n"
    assert read(lines) == ([(2, "m", H10, "0.5"), (3, "m", H11, "0.25")], [])
    assert read(f"m,{H10},{H11},0.5,\n\nm,{H11},{H12},-1,\nm,{H11},{H12},0.25,E") == (
        [(2, "m", H10, "0.5"), (5, "m", H11, "0.25")],
        [(4, "bad-reading")],
    )


@pytest.mark.parametrize("size", [60, 120, 4_000_000])
def test_of_the_values_of_an_interval_the_last_one_holds(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interval_csv, "read_blocks", partial(blocks.read_blocks, size=size))
    lines = f"m,{H10},{H11},0.5,\nm,{H10},{H11},0.75,\nm,{H11},{H12},1,\nm,{H11},{H12},,\n"
    assert read(lines) == ([(3, "m", H10, "0.75")], [(2, "conflict"), (4, "conflict"), (5, "conflict")])
