"""What is new in a file that another process writes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.storage import file_tail
from metertui.engine.storage.file_tail import FileTail, TailUpdate

lines = st.lists(st.sampled_from([b"a\n", b"b,1\n", b"b,2\n", b'"c"\n', b"\n"]), max_size=8).map(b"".join)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def test_lines_are_seen_once_and_whole(path: Path) -> None:
    seen = FileTail(path, 100)
    assert seen.poll() == TailUpdate()  # there is none yet
    path.write_bytes(b"1\n2\n3")
    assert seen.poll() == TailUpdate(b"", b"1\n2\n")
    assert seen.poll() == TailUpdate()
    with path.open("ab") as file:
        file.write(b"3\n4\n")
    assert seen.poll() == TailUpdate(b"33\n4\n")
    assert seen.size == path.stat().st_size
    assert seen.first_line() == b"1\n"
    seen.close()


def test_what_a_file_was_given_before_it_lost_its_name_is_not_missed(path: Path) -> None:
    path.write_bytes(b"1\n")
    seen = FileTail(path, 100)
    assert seen.reread() == b"1\n"
    with path.open("ab") as file:
        file.write(b"2\n")
        path.rename(path.with_name("sealed"))
        assert seen.poll() == TailUpdate(b"")  # between two names; what is not yet on its way comes later
        file.write(b"3\n")
    path.write_bytes(b"4\n")
    path.with_name("sealed").unlink()
    assert seen.poll() == TailUpdate(b"2\n3\n", b"4\n")
    seen.close()


@pytest.mark.parametrize("after", [b"1\n", b"1\nX\n3\n4\n", b""])
def test_what_was_taken_back_is_noticed(path: Path, after: bytes) -> None:
    path.write_bytes(b"1\n2\n3\n")
    seen = FileTail(path, 4)
    seen.skip_to_end()
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.write(fd, after)
    os.close(fd)
    assert seen.poll().cut
    assert seen.poll().cut  # until it is read again
    assert seen.reread() == after
    assert seen.poll() == TailUpdate()
    seen.close()


def test_a_hole_that_a_power_cut_left_is_not_gone_beyond(path: Path) -> None:
    path.write_bytes(b"1\n2\0\0\n3\n")
    seen = FileTail(path, 100)
    assert seen.reread() == b"1\n"
    path.write_bytes(b"1\n3\n")
    assert seen.poll().data == b"3\n"
    seen.close()


@given(lines, lines, lines, lines)
@settings(max_examples=60)
def test_the_difference_of_two_tables_is_between_what_both_begin_and_end_with(
    begin: bytes, old: bytes, new: bytes, end: bytes
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_tail, "_PIECE", 3)
        path = Path(folder) / "file"
        path.write_bytes(begin + old + end)
        seen = FileTail(path, 100)
        seen.skip_to_end()
        path.with_name("new").write_bytes(begin + new + end)
        path.with_name("new").rename(path)
        assert seen.is_replaced()
        middle = seen.follow_replacement()
        assert not seen.is_replaced()
        assert seen.poll() == TailUpdate()
        seen.close()
        before, after = begin + old + end, begin + new + end
        if middle is None:
            assert b'"' in before + after or not begin
            return
        first = before[: before.find(b"\n") + 1]
        assert after.startswith(first), "the header is among what both begin with"
        assert any(
            before[:at] + middle[0] + rest == before and before[:at] + middle[1] + rest == after
            for at in range(1, len(before) + 1)
            if before[at - 1 : at] == b"\n"
            for rest in [before[at + len(middle[0]) :]]
        )
        assert len(middle[0]) <= len(old) + 4, "no more than a line beside what differs"


def test_of_a_log_that_nobody_cuts_only_the_last_byte_is_kept_and_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"before\n" * 1000)
    seen = FileTail(path, 0)
    seen.skip_to_end()
    count, pread = 0, os.pread

    def counted(fd: int, size: int, start: int) -> bytes:
        nonlocal count
        data = pread(fd, size, start)
        count += len(data)
        return data

    monkeypatch.setattr(os, "pread", counted)
    for _ in range(50):
        with path.open("ab") as file:
            file.write(b"a line\n")
        assert seen.poll() == TailUpdate(b"a line\n")
        assert len(seen._last) == 1
    assert count == 50 * len(b"a line\n" + b"\n")
    seen.close()
