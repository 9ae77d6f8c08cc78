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
RUNNING = {"serve:serve", "starting:demo", "simulate:simulate", "starting:screens"}
"""Programs that go on, or need one that does; their words are parsed alone."""
PLACES = {"/srv/metertui": "town", "/srv/again": "again", "/mnt/backup/": ""}
"""Paths of a server, and what stands for them here."""


STEP = re.compile(r"^    (?:\.venv/bin/)?((?:metertui|cp|export)\b.*)$|`(metertui demo --keep [^`]+)`", re.MULTILINE)
"""What someone who goes through a page types: the lines of a block of code, and the command that needs a new folder."""


def steps(page: Path) -> list[list[str]]:
    """Return the words of each command of a page, in order, synopses apart."""
    shown = [block or inline for block, inline in STEP.findall(page.read_text(encoding="utf-8"))]
    for path, here in PLACES.items():
        shown = [line.replace(path, here) for line in shown]
    return [shlex.split(line, comments=True) for line in shown if "[" not in line]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_commands_of_a_page_run_in_order_in_one_folder(
    page: Path, metertui: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    for name in ("history.csv", "portal-export.csv", "proposed-tariff.csv"):
        shutil.copy(ROOT / "data" / name, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    typed = steps(page)
    if not any(words[0] == "cp" for words in typed):  # a page for those who have a folder
        shutil.copytree(ROOT / "data" / "sample", tmp_path / "town")
        monkeypatch.setenv("METERTUI_DATA", "town")
    for words in typed:
        match words:
            case ["cp", "-r", source, target, "&&", "chmod", "700", private] if target == private:
                shutil.copytree(source, target)
                Path(target).chmod(0o700)
            case ["export", setting]:
                monkeypatch.setenv(*setting.split("="))
            case ["metertui", "demo", "--keep", folder]:
                assert not Path(folder).exists(), f"{folder} is there already: demo --keep takes a new folder"
            case ["metertui", *rest] if parse(rest).run in RUNNING:
                continue
            case ["metertui", *rest]:
                monkeypatch.setattr("sys.stdin", io.StringIO("a long enough pass phrase\n"))
                result = metertui(*rest)
                assert result.code == 0, f"{shlex.join(words)}: {result.err}"
            case _:
                pytest.fail(f"{shlex.join(words)} is no command that this test knows")


def test_the_tour_has_commands() -> None:
    assert len(steps(PAGES[0])) > 14
