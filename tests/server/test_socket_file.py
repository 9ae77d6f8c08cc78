"""The file of the control socket: who may connect, and paths of any length."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from metertui.server import socket_file


@pytest.mark.parametrize("folder", [Path("short"), Path("deep") / ("x" * 100) / ("y" * 100)])
def test_only_the_owner_of_the_folder_may_connect_however_long_its_path(tmp_path: Path, folder: Path) -> None:
    where = tmp_path / folder
    where.mkdir(parents=True)
    (where / ".control").write_text("what a killed process left")
    with socket_file.bind(where) as bound:
        assert stat.S_IMODE((where / ".control").stat().st_mode) == 0o600
        with pytest.raises(ConnectionRefusedError):
            socket_file.connect(where)
        bound.listen()
        with socket_file.connect(where):
            bound.accept()[0].close()
    socket_file.bind(where).close()  # what is left is replaced
    socket_file.remove(where)
    with pytest.raises(FileNotFoundError):
        socket_file.connect(where)


def test_an_owner_whose_queue_is_full_is_not_waited_for(tmp_path: Path) -> None:
    with socket_file.bind(tmp_path) as bound:
        bound.listen(0)
        with socket_file.connect(tmp_path), pytest.raises(BlockingIOError):
            socket_file.connect(tmp_path)
