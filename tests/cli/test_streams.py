"""Standard output and error that are closed, full, or have few characters."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from metertui.cli import streams
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("words", "buffered"),
    [
        ("users list", True),
        ("users list", False),
        ("users list --format json", True),
        ("users list --format json", False),
        ("--help", True),
        ("--help", False),
        ("--version", True),
        ("--version", False),
    ],
)
def test_a_full_standard_output_is_one_line(
    metertui: Command, data: Path, monkeypatch: pytest.MonkeyPatch, words: str, buffered: bool
) -> None:
    data.mkdir()
    raw = open("/dev/full", "wb", buffering=-1 if buffered else 0)  # noqa: SIM115
    with io.TextIOWrapper(raw, encoding="utf-8", write_through=not buffered) as full:
        monkeypatch.setattr("sys.stdout", full)
        result = metertui(*words.split())
    assert (result.code, result.err) == (1, "metertui: cannot write to standard output: No space left on device\n")


def test_a_full_standard_error_changes_no_exit_code(metertui: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stderr", full)
        assert metertui("users", "list").code == 1
        assert streams.drop_broken() == ["cannot write to standard error: No space left on device"]


def test_closed_streams_are_opened_before_a_file_takes_their_place_and_reported() -> None:
    """In a process of its own: the numbers of its descriptors are what matters."""
    code = (
        "import os, sys; [os.close(n) for n in (0, 1)]; sys.stdin = sys.stdout = None;"
        "from metertui.cli.main import run; code = run(['--version']);"
        "assert run(['import', '-']) == 1;"
        "print(os.open('/dev/null', os.O_RDONLY), code, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.PIPE, text=True)
    error, read, last = done.stderr.splitlines()
    assert error == "metertui: cannot write to standard output: Bad file descriptor"
    assert read == "metertui: cannot read standard input: Bad file descriptor"
    descriptor, exit_code = map(int, last.split())
    assert descriptor > 2
    assert exit_code == 1


def test_what_a_locale_lacks_is_escaped_for_people_and_utf_8_for_programs(
    metertui: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert metertui("users", "register", "m-1", "--region", "中部 …").code == 0

    def said(*words: str) -> bytes:
        raw = io.BytesIO()
        with monkeypatch.context() as patched:
            patched.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
            assert metertui("users", "show", "m-1", *words).code == 0
            return raw.getvalue()

    assert rb"region          \u4e2d\u90e8 \u2026" in said()
    assert "中部 …".encode() in said("--format", "csv")
    assert json.loads(said("--format", "json"))["region"] == "中部 …"
