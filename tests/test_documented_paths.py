"""The files and folders that the documentation names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ROOMS = r"(?:metertui|engine|headend|formats|server|text|screens|cli|tests|bench|docs|data)"
PATH = re.compile(rf"(?<![\w/.-])({ROOMS}/[\w./-]*\w(?:\.\w+)?)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_named_paths_exist(page: Path) -> None:
    named = PATH.findall(page.read_text(encoding="utf-8"))
    missing = [
        path for path in named
        if not any(found.exists() for found in (ROOT / path, ROOT / "metertui" / path, (ROOT / "metertui" / path).with_suffix(".py")))
    ]  # fmt: skip
    assert not missing
