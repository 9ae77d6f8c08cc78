"""Every table among the samples, with what a person says beside it: each day of each register to 1e-6 kWh."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.core.importing import FilePiece
from metertui.engine.intervals.rows import UWH_PER_KWH, IntervalPiece
from metertui.formats.meter_tables.reading import MeterTable, open_meter_table
from metertui.formats.said import Said
from tests.formats.samples import SHAPES, expected, needs_samples

SAID: dict[str, dict[str, Any]] = {
    "metern_daily.csv": {"columns": {"time": "1", "kwh": "2"}, "unit": "Wh"},
    "netznoe.csv": {"stamps": "end"},
    "salzburg.csv": {"stamps": "start"},
    "energie_manager.csv": {"unit": "kWh"},
    "slimmemeterportal.xlsx": {"stamps": "end", "unit": "kWh"},
    "kaernten_netz.csv": {"stamps": "start"},
    "stromnetz_graz.csv": {"unit": "kWh"},
    "shelly_em3_phaseA.csv": {"stamps": "start", "zone": ""},
    "engie.csv": {"stamps": "start", "unit": "kWh"},
    "enphase_report.csv": {"stamps": "start", "date_order": "mdy"},
    "enel_matrix.csv": {"unit": "kWh", "date_order": "dmy"},
}
OTHERS = [
    "wienernetze.csv",
    "homewizard_15min.csv",
    "energienetze_steiermark.csv",
    "sma_daily.csv",
    "fluvius_kwartiertotalen.csv",
    "eneco.xlsx",
    "clam_strom.csv",
    "hall_kufstein.xlsx",
    "tinetz.csv",
    "h02_mixed_delimiters.csv",
    "h03_cut_row.csv",
    "h04_two_meters.csv",
    "h05_overlap_a.csv",
    "h05_overlap_b.csv",
    "h06_corrected_1_first.csv",
    "h06_corrected_2_later.csv",
    "h07_gaps.csv",
    "h08_duplicates.csv",
    "h09_negative.csv",
]


def opened(path: Path, name: str, **more: Any) -> tuple[MeterTable, SiteZone]:
    about = expected(name)
    zone = SiteZone(about["zone"])
    meter = "m1" if about["say_beside_the_file"]["meter"].startswith("yes") else ""
    table = open_meter_table(path, Said(**{"zone": zone.name, "meter": meter} | SAID.get(name, {}) | more), zone)
    assert table is not None
    return table, zone


def totals(table: MeterTable, zone: SiteZone) -> dict[str, tuple[float, int, dict[str, float]]]:
    """Return energy (kWh), count and energy by local day of each register; of equal intervals the first counts."""
    spans: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
    reads: dict[str, dict[int, int]] = defaultdict(dict)
    for piece in table.pieces():
        rows = piece.rows
        if isinstance(piece, IntervalPiece):
            columns = (piece.rows.code, piece.rows.start, piece.rows.end, piece.rows.energy)
            for code, start, end, energy in zip(*(each.tolist() for each in columns), strict=True):
                spans[rows.ids[code]].setdefault((start, end), energy)
        elif isinstance(piece, FilePiece):
            for code, time, wh in zip(
                piece.rows.code.tolist(), piece.rows.time.tolist(), piece.rows.wh.tolist(), strict=True
            ):
                reads[rows.ids[code]][time] = wh
    found = {}
    for register, of in spans.items():
        days: dict[str, int] = defaultdict(int)
        for (start, _), energy in of.items():
            days[zone.day(start).isoformat()] += energy
        by_day = {day: energy / UWH_PER_KWH for day, energy in days.items()}
        found[register] = sum(of.values()) / UWH_PER_KWH, len(of), by_day
    for register, registers in reads.items():
        found[register] = (registers[max(registers)] - registers[min(registers)]) / 1000, len(registers) - 1, {}
    return found


@needs_samples
@pytest.mark.parametrize("name", [*SAID, *OTHERS])
def test_each_day_of_each_register_is_that_of_the_file(name: str) -> None:
    found = totals(*opened(SHAPES / name, name))
    for channel in expected(name)["channels"]:
        alike = [
            register
            for register, (total, count, days) in found.items()
            if total == pytest.approx(channel["total_kwh"], abs=1.5e-6)
            and count == channel["intervals"]
            and (not days or days == pytest.approx(channel["kwh_by_local_day"], abs=1.5e-6))
        ]
        assert alike, (channel["channel"], found)
        del found[alike[0]]
    assert not found


@needs_samples
@pytest.mark.parametrize("name", ["clam_strom.csv", "wienernetze.csv", "fluvius_kwartiertotalen.csv", "engie.csv"])
def test_columns_may_be_moved_renamed_and_apart_by_another_mark(name: str, tmp_path: Path) -> None:
    text = (SHAPES / name).read_bytes().decode("cp1252" if name == "clam_strom.csv" else "utf-8-sig")
    rows = list(csv.reader(text.splitlines(), delimiter="," if name == "engie.csv" else ";"))
    out = io.StringIO()
    csv.writer(out, delimiter="|").writerows(row[::-1] for row in rows)
    path = tmp_path / "moved.csv"
    path.write_text(out.getvalue(), encoding="utf-16")
    assert totals(*opened(path, name)) == totals(*opened(SHAPES / name, name))
    if name == "clam_strom.csv":
        renamed = out.getvalue().replace(rows[0][2], "Spalte").replace(rows[0][3], "Stand")
        path.write_text(renamed, encoding="utf-8")
        columns = {"start": "Start", "end": "Ende", "kwh": "Spalte"}
        assert totals(*opened(path, name, columns=columns, unit="kWh")) == totals(*opened(SHAPES / name, name))
