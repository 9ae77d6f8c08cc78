"""Files that are their owner's alone, whatever the umask, and what stands in their place."""

from __future__ import annotations

import ast
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import metertui
from metertui.engine.base import SiteZone
from metertui.engine.billing import bill_ledger
from metertui.engine.intervals import store
from metertui.engine.reports import saved_reports
from metertui.engine.storage import Archive, manifest, private_files
from metertui.formats import MAPPINGS
from metertui.server import socket_file


@pytest.fixture(params=[0, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("umask")
def test_what_is_made_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    private_files.make_folder(folder)
    os.close(private_files.open_file(folder / "log.txt", os.O_WRONLY | os.O_CREAT))
    assert (mode(folder), mode(folder / "log.txt")) == (0o700, 0o600)


def test_what_exists_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o750)
    private_files.make_folder(tmp_path / "data")
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(0o640)
    os.close(private_files.open_file(tmp_path / "file", os.O_WRONLY | os.O_CREAT))
    assert (mode(tmp_path / "data"), mode(tmp_path / "file")) == (0o750, 0o640)


def test_what_stands_in_the_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "socket"))
        for name, kind in [("pipe", "a named pipe"), ("folder", "a folder"), ("socket", "a socket")]:
            for touch in (
                private_files.read_file,
                private_files.open_for_reading,
                lambda path: private_files.open_file(path, os.O_RDWR | os.O_APPEND),
                lambda path: private_files.open_file(path, os.O_RDONLY),
            ):
                with pytest.raises(OSError, match=r"not a file|Is a directory|No such device") as error:
                    touch(tmp_path / name)
                assert error.value.filename == str(tmp_path / name), kind


def old_folder(folder: Path) -> Path:
    """A folder as an earlier version left it."""
    (folder / "archive" / "2025").mkdir(parents=True)
    names = (".lock", "log.txt", "users.csv", "users.csv.rejected", ".users.csv.new", "archive/2025/03_01.csv")
    for name in (*names, "archive/manifest.csv", "metertui.log"):
        (folder / name).touch()
        (folder / name).chmod(0o644)
    for path in (folder, folder / "archive", folder / "archive" / "2025"):
        path.chmod(0o755)
    return folder


def test_what_an_earlier_version_left_open_is_narrowed_once_and_reported(tmp_path: Path) -> None:
    folder = old_folder(tmp_path / "data")
    assert private_files.narrow_folder(folder) == (
        f"8 files and 3 folders in {folder} could be opened by other users and are now private"
    )
    assert {mode(path) for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert {mode(path) for path in (folder, *folder.rglob("*")) if path.is_dir()} == {0o700}
    assert private_files.narrow_folder(folder) == ""


@pytest.mark.parametrize("why", ["made by hand", "shared with something else"])
def test_a_folder_that_metertui_did_not_make_is_named_and_stays(tmp_path: Path, why: str) -> None:
    folder = old_folder(tmp_path / "data")
    if why == "made by hand":
        (folder / ".lock").chmod(0o600)
    else:
        (folder / "notes.txt").touch()
        (folder / "notes.txt").chmod(0o644)
    told = private_files.narrow_folder(folder)
    assert told.startswith(f"the folder {folder} can be opened by other users, and metertui did not create it")
    assert (mode(folder), mode(folder / "users.csv"), mode(folder / "archive")) == (0o755, 0o600, 0o700)
    if why != "made by hand":
        assert mode(folder / "notes.txt") == 0o644
    assert private_files.narrow_folder(folder).startswith(f"the folder {folder} can be opened by other users")


def test_a_link_is_not_followed_when_modes_are_narrowed(tmp_path: Path) -> None:
    folder = old_folder(tmp_path / "data")
    (tmp_path / "elsewhere").touch()
    (tmp_path / "elsewhere").chmod(0o644)
    (folder / "audit.log").symlink_to(tmp_path / "elsewhere")
    private_files.narrow_folder(folder)
    assert mode(tmp_path / "elsewhere") == 0o644


def test_the_names_of_the_data_folder_are_those_that_its_modules_give() -> None:
    name = re.compile(r"[a-z_]+(\.[a-z]+)?\.(txt|csv|log|toml)")
    root = Path(metertui.__file__).parent
    given = {
        node.value
        for path in root.rglob("*.py")
        if path.name != "private_files.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and name.fullmatch(node.value)
    }
    in_archive = {manifest.NAME}
    rotated, locks = {"rejects.log.1", "metertui.log.1"}, {private_files.LOCK, socket_file.NAME}
    assert given - in_archive | rotated | locks == private_files._FILES
    assert {
        Archive(Path(), SiteZone("UTC")).folder.name,
        bill_ledger.FOLDER,
        store.FOLDER,
        MAPPINGS,
        saved_reports.FOLDER,
    } == private_files._FOLDERS
