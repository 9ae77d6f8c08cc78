"""The archive: one file for each local day, and the manifest beside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.errors import DataError
from metertui.engine.storage.day_files import Archive, split_by_day
from metertui.engine.storage.reading_lines import Rows

ZONE = SiteZone("Europe/London")
DAY = date(2025, 3, 30)  # of 23 hours
NEXT = date(2025, 3, 31)


def rows(*readings: tuple[str, int, int]) -> Rows:
    """Return readings of meter id, instant (µs UTC) and register (Wh)."""
    ids = sorted({meter for meter, _, _ in readings})
    code = np.array([ids.index(meter) for meter, _, _ in readings], dtype=np.int32)
    time, wh = (np.array([each[i] for each in readings], dtype=np.int64) for i in (1, 2))
    return Rows(ids, code, time, wh)


def listed(found: Rows) -> list[tuple[str, int, int]]:
    codes, times, whs = found.code.tolist(), found.time.tolist(), found.wh.tolist()
    return [(found.ids[code], time, wh) for code, time, wh in zip(codes, times, whs, strict=True)]


def test_readings_are_split_at_local_midnights() -> None:
    midnight = ZONE.midnight(NEXT)
    parts = list(split_by_day(rows(("b", midnight, 3), ("a", midnight - 1, 1), ("b", midnight - HOUR, 2)), ZONE))
    assert [day for day, _ in parts] == [DAY, NEXT]
    assert listed(parts[0][1]) == [("a", midnight - 1, 1), ("b", midnight - HOUR, 2)]
    assert parts[1][1].ids == ["b"]


def test_merging_counts_what_is_new_and_keeps_every_value_in_order_of_arrival(tmp_path: Path) -> None:
    archive, noon = Archive(tmp_path, ZONE), ZONE.midnight(DAY) + 11 * HOUR
    assert archive.merge_day(DAY, rows(("m", noon, 1000), ("k", noon, 5))) == 2
    late = rows(("m", noon, 9999), ("m", noon + HOUR, 1500), ("m", noon, 7), ("m", noon, 1000), ("m", noon, 7))
    assert archive.merge_day(DAY, late) == 3
    values = [("m", noon, 1000), ("m", noon, 9999), ("m", noon, 7)]
    assert listed(archive.read_day(DAY)) == [("k", noon, 5), *values, ("m", noon + HOUR, 1500)]
    assert archive.merge_day(DAY, late) == 0
    assert archive.path_of_day(DAY) == tmp_path / "archive" / "2025" / "03_30.csv"


def test_every_change_is_in_the_manifest(tmp_path: Path) -> None:
    archive = Archive(tmp_path, ZONE)
    archive.ensure_day(NEXT)
    archive.merge_day(DAY, rows(("m", ZONE.midnight(DAY), 1)))
    entries = archive.manifest.read_entries()
    assert sorted(entries) == ["2025/03_30.csv", "2025/03_31.csv"]
    assert all(entries[archive.name_of_day(day)].matches(archive.path_of_day(day).read_bytes()) for day in (DAY, NEXT))
    archive.path_of_day(NEXT).unlink()
    assert archive.complete_manifest() == ["2025/03_31.csv"]


def test_all_days_are_read_in_order_with_their_progress(tmp_path: Path) -> None:
    archive, shares = Archive(tmp_path, ZONE), list[float]()
    for day in (NEXT, DAY):
        archive.ensure_day(day)
    assert archive.stored_days() == [DAY, NEXT]
    assert [len(each) for each in archive.read_all_days(shares.append)] == [0, 0]
    assert shares == [0.5, 1]


def test_a_day_without_a_file_has_no_readings(tmp_path: Path) -> None:
    assert len(Archive(tmp_path, ZONE).read_day(DAY)) == 0


def test_a_file_without_its_last_newline_is_incomplete(tmp_path: Path) -> None:
    archive = Archive(tmp_path, ZONE)
    with pytest.raises(DataError, match=r"03_30\.csv:2: the last line is incomplete"):
        archive.parse_day(b"identifier,timestamp,usage\nm,2025-03-30T12:00", archive.path_of_day(DAY))
