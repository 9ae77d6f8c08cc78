"""Paths as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.screens.fields.typed_path import typed_path


def test_a_home_that_is_nobodys_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert typed_path(" ~/june.csv ") == tmp_path / "june.csv"
    assert typed_path("june.csv") == tmp_path / "june.csv"
    assert typed_path("~nobody-here/june.csv") == tmp_path / "~nobody-here" / "june.csv"
