"""A folder that a start made is taken away again, and no other."""

from __future__ import annotations

from pathlib import Path

from metertui.engine.core.engine import Engine
from metertui.engine.storage.folder_lock import FolderLock
from metertui.engine.storage.fresh_folder import FreshFolder
from tests.clock import FakeClock
from tests.desk import RULES


def started(folder: Path) -> FreshFolder:
    """Return the folder as it was before a start, after one."""
    fresh = FreshFolder(folder)
    Engine.open(folder, RULES, FakeClock()).close()
    return fresh


def test_what_a_start_made_is_taken_away_again(tmp_path: Path) -> None:
    missing, empty = tmp_path / "a" / "b", tmp_path / "c"
    empty.mkdir()
    for folder in (missing, empty):
        started(folder).remove_unused()
    assert list(tmp_path.rglob("*")) == [empty]


def test_a_folder_in_which_anything_else_stands_stays(tmp_path: Path) -> None:
    for name, text in (("settings.toml", ""), ("log.txt", "m,2025-01-01T00:00:00Z,1\n"), ("archive/2025/x.csv", "m")):
        folder = tmp_path / name.replace("/", "-")
        fresh = started(folder)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        before = sorted(folder.rglob("*"))
        fresh.remove_unused()
        assert sorted(folder.rglob("*")) == before
        path.unlink()
        FreshFolder(folder).remove_unused()  # it was there, and not empty, before this start
        assert folder.exists()


def test_a_folder_that_another_process_owns_by_now_stays(tmp_path: Path) -> None:
    fresh = started(tmp_path / "data")
    owner = FolderLock(tmp_path / "data")
    owner.acquire()
    fresh.remove_unused()
    owner.release()
    assert (tmp_path / "data" / "log.txt").exists()
