"""Folders with a file for each local day."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.errors import DataError
from metertui.engine.storage.day_folder import DayFolder, day_of_file, places_by_day

ZONE = SiteZone("Europe/London")
DAY = date(2025, 3, 30)  # of 23 hours
NEXT = date(2025, 3, 31)


def test_files_and_their_folders_are_private_and_in_the_manifest(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path / "days")
    with folder.changing_days([DAY, NEXT]):
        folder.replace_day(NEXT, [b"a", b"b"])
        assert not folder.manifest.read_entries()
    path = folder.path_of_day(NEXT)
    assert path == tmp_path / "days" / "2025" / "03_31.csv"
    assert path.read_bytes() == b"ab"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent, path.parent.parent)] == [
        0o600,
        0o700,
        0o700,
    ]
    assert list(folder.manifest.read_entries()) == ["2025/03_31.csv"]
    assert folder.stored_days() == [NEXT]


def test_instants_are_in_the_day_that_they_begin() -> None:
    midnight = ZONE.midnight(NEXT)
    time = np.array([midnight, midnight - 1, midnight + 24 * HOUR, midnight - 23 * HOUR])
    found = {day: places.tolist() for day, places in places_by_day(time, ZONE)}
    assert found == {DAY: [1, 3], NEXT: [0], date(2025, 4, 1): [2]}


def test_a_day_file_is_known_by_its_name() -> None:
    assert day_of_file(Path("archive/2025/03_30.csv")) == DAY
    assert day_of_file(Path("archive/2025/notes.csv")) is None
    with pytest.raises(DataError, match="not a day of the calendar"):
        day_of_file(Path("archive/2025/02_30.csv"))
