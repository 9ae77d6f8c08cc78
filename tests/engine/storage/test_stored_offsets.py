"""The offsets in the files of a folder, compared with a zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.storage.stored_offsets import differing_offset, has_readings

BERLIN = SiteZone("Europe/Berlin")


def day_file(folder: Path, *timestamps: str) -> Path:
    path = folder / "archive" / "2025" / "03_30.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(["identifier,timestamp,usage\n", *(f"m-1,{each},5\n" for each in timestamps)]))
    return path


def test_a_folder_without_readings_fits_every_zone(tmp_path: Path) -> None:
    day_file(tmp_path)
    (tmp_path / "log.txt").touch()
    assert not has_readings(tmp_path)
    assert differing_offset(tmp_path, BERLIN) is None


def test_offsets_may_change_with_the_clock(tmp_path: Path) -> None:
    path = day_file(tmp_path, "2025-03-30T01:30:00+01:00", "2025-03-30T03:30:00+02:00")
    assert has_readings(tmp_path)
    assert differing_offset(tmp_path, BERLIN) is None
    said = differing_offset(tmp_path, SiteZone("UTC"))
    assert said == f"{path} has the reading of 2025-03-30T01:30:00+01:00, where UTC has +00:00"


@pytest.mark.parametrize("name", ["log.txt", "log.sealed.txt"])
def test_both_ends_of_a_log_are_looked_at(tmp_path: Path, name: str) -> None:
    lines = ["m-1,2025-03-12T10:00:00+01:00,5\n"] * 1000 + ["m-1,2025-03-12T10:00:00+08:00,5\n"]
    (tmp_path / name).write_text("".join(lines))
    assert "+08:00, where Europe/Berlin has +01:00" in (differing_offset(tmp_path, BERLIN) or "")


@pytest.mark.parametrize("text", ["2025-03-12T10:00:00", "nonsense", "2025-13-12T10:00:00+08:00"])
def test_what_says_nothing_of_a_zone_is_left_to_who_reads_it(tmp_path: Path, text: str) -> None:
    day_file(tmp_path, text)
    assert differing_offset(tmp_path, BERLIN) is None
