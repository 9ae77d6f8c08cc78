"""The files and folders that the documentation names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ROOMS = r"(?:metertui|engine|headend|formats|server|text|screens|cli|tests|bench|docs|data)"
PATH = re.compile(rf"(?<![\w/.-])({ROOMS}/[\w./-]*\w(?:\.\w+)?)")


def exists(path: str) -> bool:
    """Say whether a path, from the root or the package, is that of a file, a folder or a module."""
    return any(place.exists() or place.with_suffix(".py").exists() for place in (ROOT / path, ROOT / "metertui" / path))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_named_paths_exist(page: Path) -> None:
    assert [path for path in PATH.findall(page.read_text(encoding="utf-8")) if not exists(path)] == []


def test_a_path_that_moved_is_noticed() -> None:
    assert PATH.findall("see `engine/vee/gone.py` and engine/vee.") == ["engine/vee/gone.py", "engine/vee"]
    assert (exists("engine/vee/gone.py"), exists("engine/vee")) == (False, True)
