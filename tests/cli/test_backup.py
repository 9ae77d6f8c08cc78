"""A backup and its restoring by command."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command


def test_backup_is_restored_to_the_same_answers_and_never_overwrites(steady: Command, tmp_path: Path) -> None:
    kept, again = str(tmp_path / "kept.tar.zst"), str(tmp_path / "again")
    assert f"copied to {kept}" in steady("backup", kept).out
    restored = steady("restore", kept, "--data", again)
    assert f"metertui check --data {again}" in restored.out
    question = ("usage", "m-1", "--from", "2025-02-01", "--to", "2025-02-28", "--format", "json")
    assert steady(*question, "--data", again).json == steady(*question).json
    assert steady("backup", kept).code == 1
    assert steady("restore", kept, "--data", again).code == 1
