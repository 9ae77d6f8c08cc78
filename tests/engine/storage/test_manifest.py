"""The manifest: metertui keeps it true, it tells what anything else changed, and a crash costs it nothing."""

from __future__ import annotations

import errno
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.errors import DataError, StorageError
from metertui.engine.maintenance.check import check_folder
from metertui.engine.storage import day_close, durable
from metertui.engine.storage.day_files import Archive
from metertui.engine.storage.manifest import ManifestEntry, sha256_of
from metertui.engine.storage.reading_lines import Rows
from tests.clock import FakeClock

ZONE = SiteZone("Asia/Singapore")
FIRST, SECOND = date(2025, 3, 1), date(2025, 3, 2)


def rows(day: date, *whs: int, meter: str = "m") -> Rows:
    """A meter's readings from midnight on, an hour apart."""
    count = len(whs)
    times = ZONE.midnight(day) + np.arange(count, dtype=np.int64) * HOUR
    return Rows([meter], np.zeros(count, np.int32), times, np.array(whs, dtype=np.int64))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path, ZONE)
    for day, start in ((FIRST, 100), (SECOND, 200)):
        day_close.write_day_files(made, rows(day, start, start + 10, start + 20), ZONE)
    (tmp_path / "users.csv").write_text("identifier,address,region,sub_region,postcode,apartment_type\nm,,,,,\n")
    return made


def told(folder: Path) -> list[str]:
    problems = [
        problem for proof in check_folder(folder, Rules(zone=ZONE), lambda _: None) for problem in proof.problems
    ]
    return [problem.removeprefix(f"{folder}/archive/") for problem in problems]


def opened(folder: Path) -> Engine:
    return Engine.open(folder, Rules(zone=ZONE), FakeClock("2025-03-12T10:40:00"))


def test_it_has_the_checksum_of_each_day_file(archive: Archive, tmp_path: Path) -> None:
    paths = sorted((tmp_path / "archive/2025").iterdir())
    assert archive.manifest.path.read_text() == "file,sha256,edited\n" + "".join(
        f"2025/{path.name},{sha256_of(path.read_bytes())},\n" for path in paths
    )
    assert told(tmp_path) == []


def test_late_readings_and_starts_keep_it_true(archive: Archive, tmp_path: Path) -> None:
    day_close.write_day_files(archive, rows(FIRST, 5, 6, meter="n"), ZONE)
    opened(tmp_path).close()
    assert set(archive.manifest.read_entries()) == {"2025/03_01.csv", "2025/03_02.csv", "2025/03_12.csv"}
    assert told(tmp_path) == ["n has readings and no account"]


def test_a_day_that_was_edited_by_hand_is_reported_until_it_is_accepted(archive: Archive, tmp_path: Path) -> None:
    path = archive.path_of_day(FIRST)
    path.write_text(path.read_text().replace("0.11\n", "0.111\n"))
    edited = "2025/03_01.csv: edited by hand: it differs from what was written; --repair accepts it as it is"
    assert told(tmp_path) == [edited]
    day_close.write_day_files(archive, rows(FIRST, 100, 111, 120, 130), ZONE)  # which would hide it
    assert told(tmp_path) == [edited]
    opened(tmp_path).close()
    assert told(tmp_path) == [edited]
    archive.manifest.accept_files(["2025/03_01.csv"])
    assert told(tmp_path) == []


def test_a_day_that_is_damaged_is_distinguished(archive: Archive, tmp_path: Path) -> None:
    path = archive.path_of_day(FIRST)
    path.write_bytes(path.read_bytes()[:-30] + bytes(30))
    first, second = told(tmp_path)
    assert first.startswith("2025/03_01.csv:")
    assert second == "2025/03_01.csv: damaged: it differs from what was written and cannot be read"


def test_a_day_that_is_gone_is_reported(archive: Archive, tmp_path: Path) -> None:
    archive.path_of_day(FIRST).unlink()
    assert told(tmp_path) == ["2025/03_01.csv: missing; its readings are lost unless a backup has them"]
    engine = opened(tmp_path)
    assert "archive/2025/03_01.csv is missing; run metertui check for details" in engine.warnings
    engine.close()
    archive.manifest.accept_files(["2025/03_01.csv"])
    assert told(tmp_path) == []


def test_without_it_the_next_start_makes_it_again(archive: Archive, tmp_path: Path) -> None:
    before = archive.manifest.read_entries()
    archive.manifest.path.unlink()
    assert told(tmp_path) == []
    opened(tmp_path).close()
    assert before.items() <= archive.manifest.read_entries().items()


def test_one_that_is_broken_is_named(archive: Archive, tmp_path: Path) -> None:
    archive.manifest.path.write_text("file,sha256,edited\n2025/03_01.csv,123,\n")
    assert told(tmp_path)[0].startswith("manifest.csv:2: a line is file,sha256,edited;")
    with pytest.raises(DataError, match=r"manifest\.csv:2"):
        opened(tmp_path)


def test_a_change_that_is_cut_short_leaves_no_wrong_checksum(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = durable.Replacement.put_in_place

    def full(draft: durable.Replacement) -> None:
        if "03_02.csv" in draft.spare.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        put(draft)

    late = Rows(["n"], np.zeros(2, np.int32), ZONE.midnight(SECOND) + np.array([-HOUR, HOUR]), np.array([1, 2]))
    with monkeypatch.context() as patched:
        patched.setattr(durable.Replacement, "put_in_place", full)
        with pytest.raises(StorageError, match=r"cannot write 03_02\.csv: No space left"):
            day_close.write_day_files(archive, late, ZONE)
    lines = archive.manifest.read_entries()
    assert [lines[f"2025/03_0{n}.csv"] for n in (1, 2)] == [ManifestEntry(), ManifestEntry()]
    assert told(tmp_path) == ["n has readings and no account"]
    opened(tmp_path).close()
    assert all(line.sha256 for line in archive.manifest.read_entries().values())
