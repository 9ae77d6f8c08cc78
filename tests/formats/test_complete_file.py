"""Files that appear when they are complete, and where none is written."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from metertui.engine.errors import MeterError
from metertui.formats import as_text, complete_file, is_stream, resolve_output


def write(path: Path, data: bytes = b"new") -> None:
    with complete_file(path) as file:
        file.write(data)


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with complete_file(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_text() == "new"
    with pytest.raises(TypeError), complete_file(path) as file:
        file.writelines([b"half", "½"])  # type: ignore[list-item]
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_replaced_file_keeps_its_mode_and_a_new_one_has_that_of_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    before = os.umask(0o027)
    try:
        write(path)
        assert path.stat().st_mode & 0o777 == 0o640
        for mode in (0o600, 0o666):
            path.chmod(mode)
            write(path, b"newer")
            assert path.stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)


def test_a_link_stays_and_what_it_points_to_is_written(tmp_path: Path) -> None:
    real, link, dangling = tmp_path / "real.csv", tmp_path / "link.csv", tmp_path / "dangling.csv"
    real.write_text("old")
    link.symlink_to(real)
    dangling.symlink_to("later.csv")
    write(link)
    write(dangling)
    assert (link.is_symlink(), dangling.is_symlink()) == (True, True)
    assert real.read_text() == (tmp_path / "later.csv").read_text() == "new"
    round_about = tmp_path / "round.csv"
    round_about.symlink_to(round_about)
    with pytest.raises(MeterError, match=r"^cannot write .*/round\.csv: "):
        write(round_about)


def test_a_link_that_someone_planted_for_the_temporary_file_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "guessed")
    victim, planted = tmp_path / "victim", tmp_path / ".metertui-guessed.new"
    victim.write_text("precious")
    planted.symlink_to(victim)
    with pytest.raises(MeterError, match="File exists"):
        write(tmp_path / "out.csv")
    assert (victim.read_text(), planted.is_symlink()) == ("precious", True)


def test_temporary_names_cannot_be_guessed(tmp_path: Path) -> None:
    seen: set[str] = set()
    for _ in range(2):
        with complete_file(tmp_path / "out.csv"):
            seen.update(path.name for path in tmp_path.iterdir() if path.name != "out.csv")
    assert len(seen) == 2
    assert all(len(name) > 32 for name in seen)


@pytest.mark.parametrize("marker", ["log.txt", "users.csv"])
@pytest.mark.parametrize("name", ["users.csv", "log.txt", "new.csv", "archive/2025/01_01.csv", "archive/new.csv"])
def test_nothing_is_written_into_a_data_folder(tmp_path: Path, marker: str, name: str) -> None:
    data, link, folder = tmp_path / "data", tmp_path / "link.csv", tmp_path / "folder"
    (data / "archive" / "2025").mkdir(parents=True)
    (data / marker).write_text("precious")
    link.symlink_to(data / name)
    folder.symlink_to((data / name).parent)
    before = sorted(data.rglob("*"))
    for path in (data / name, link, folder / Path(name).name, data / ".." / "data" / name):
        with pytest.raises(
            MeterError, match=f"^cannot write .*: {data} is a data folder, as it holds {marker}; choose another"
        ):
            write(path)
    assert sorted(data.rglob("*")) == before
    assert (data / marker).read_text() == "precious"


def test_beside_a_data_folder_is_outside_of_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "log.txt").touch()
    assert resolve_output(tmp_path / "data.csv") == tmp_path / "data.csv"
    with pytest.raises(MeterError, match="is a data folder"):
        resolve_output(tmp_path / "data")


def test_devices_and_pipes_are_written_to_as_they_are(tmp_path: Path) -> None:
    pipe, link, came = tmp_path / "pipe", tmp_path / "link", []
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()))
        reader.start()
        write(path)
        reader.join()
    assert came == [b"new", b"new"]
    write(Path("/dev/null"))
    assert (Path("/dev/null").is_char_device(), pipe.is_fifo(), link.is_symlink()) == (True, True, True)
    with pytest.raises(MeterError, match=r"^cannot write /dev/full: No space left on device"):
        write(Path("/dev/full"))
    assert not is_stream(tmp_path)


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_a_dash_is_standard_output(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw))
    print("before")
    write(Path(name), b"\xff")
    print("after", flush=True)
    assert raw.getvalue() == b"before\n\xffafter\n"


def test_a_pipe_that_nobody_reads_any_more_is_no_failure_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8", closefd=True) as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        with pytest.raises(BrokenPipeError):
            write(Path("-"))
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)  # what is left goes there when it is closed


def test_what_replaces_a_private_file_is_private_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.touch(0o600)
    with complete_file(path):
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}


def test_text_is_utf_8_with_a_mark_if_asked_and_the_file_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with complete_file(path) as file:
        with as_text(file, bom=True) as text:
            text.write("中部, é\n")
        file.write(b"end")
    assert path.read_bytes() == "\ufeff中部, é\nend".encode()


@pytest.mark.parametrize(("name", "why"), [("missing/out.csv", "No such file"), ("folder", "Is a directory")])
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(MeterError, match=f"^cannot write .*/{name}: {why}"):
        write(tmp_path / name)
    assert os.listdir(tmp_path) == ["folder"]
