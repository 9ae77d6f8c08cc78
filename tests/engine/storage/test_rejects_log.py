"""The rejects log: one refused line is one line, and the file is rotated."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.storage.rejects_log import RefusedLine, RejectsLog

ZONE = SiteZone("Asia/Singapore")
AT = ZONE.parse("2025-03-12T10:40:00")


def refused(line: str, peer: str = "127.0.0.1:5") -> RefusedLine:
    return RefusedLine(AT, peer, "syntax", "why", line)


def test_a_refused_line_with_time_peer_and_code(tmp_path: Path) -> None:
    log = RejectsLog(tmp_path / "rejects.log", 1000)
    log.write_lines([refused("READ 1 x\ty"), refused("@SUM(A1)", "[::1]:7")], ZONE)
    assert (tmp_path / "rejects.log").read_text() == (
        "2025-03-12T10:40:00+08:00\t127.0.0.1:5\tsyntax\tREAD 1 x\\ty\n"
        "2025-03-12T10:40:00+08:00\t[::1]:7\tsyntax\t\\x40SUM(A1)\n"
    )


def test_rejects_are_rotated_at_a_size(tmp_path: Path) -> None:
    log, old = RejectsLog(tmp_path / "rejects.log", 100), tmp_path / "rejects.log.1"
    for number in range(4):
        log.write_lines([refused(f"line {number}")], ZONE)  # 53 bytes
        assert old.exists() == (number >= 2)
    assert [line[-1] for line in old.read_text().splitlines()] == ["0", "1"]
    assert [line[-1] for line in (tmp_path / "rejects.log").read_text().splitlines()] == ["2", "3"]
    log.write_lines([refused("line 4")], ZONE)
    assert [line[-1] for line in old.read_text().splitlines()] == ["2", "3"]


def test_a_full_disk_costs_the_line_and_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "rejects.log").mkdir()  # a directory cannot be written to
    with caplog.at_level(logging.ERROR):
        RejectsLog(tmp_path / "rejects.log", 10**6).write_lines([refused("x")], ZONE)
    assert "cannot write rejects.log: Is a directory" in caplog.text
