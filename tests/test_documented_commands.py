"""Every command that the README and the pages of the documentation show runs on the sample folder."""

from __future__ import annotations

import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from metertui.cli.main import parse
from tests.cli.conftest import Command, data, metertui

__all__ = ["data", "metertui"]

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUNNING = {"serve:serve", "demo:demo", "simulate:simulate", "screens:screens"}
"""Programs that go on, or need one that does; their words are parsed alone."""
PLACES = {"/srv/metertui": "town", "/srv/again": "again", "/mnt/backup/": ""}
"""Paths of a server, and what stands for them here."""


def commands(page: Path) -> list[list[str]]:
    """Return the words after `metertui` of each command in a block of code, synopses apart."""
    shown = re.findall(r"^    (?:\.venv/bin/)?metertui\b(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    for path, here in PLACES.items():
        shown = [line.replace(path, here) for line in shown]
    return [shlex.split(line, comments=True) for line in shown if "[" not in line]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_commands_of_a_page_run(
    page: Path, metertui: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "town")
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    for name in ("history.csv", "proposed-tariff.csv"):
        shutil.copy(ROOT / "data" / name, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METERTUI_DATA", "town")
    for words in commands(page):
        if parse(words).run in RUNNING:
            continue
        monkeypatch.setattr("sys.stdin", io.StringIO("a long enough pass phrase\n"))
        result = metertui(*words)
        assert result.code == 0, f"{shlex.join(words)}: {result.err}"


def test_the_tour_has_commands() -> None:
    assert len(commands(PAGES[0])) > 12
