"""Paths as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.screens.company import paths
from metertui.screens.company.paths import complete, no_file


def test_a_path_goes_on_as_far_as_there_is_one_way(tmp_path: Path) -> None:
    (tmp_path / "portal").mkdir()
    for name in ("june-1.csv", "june-2.csv", ".hidden"):
        (tmp_path / name).touch()
    assert complete(f"{tmp_path}/j") == (f"{tmp_path}/june-", ["june-1.csv", "june-2.csv"])
    assert complete(f"{tmp_path}/june-2") == (f"{tmp_path}/june-2.csv", ["june-2.csv"])
    assert complete(f"{tmp_path}/po").text == f"{tmp_path}/portal/"
    assert complete(f"{tmp_path}/").names == ["june-1.csv", "june-2.csv", "portal/"]
    assert complete(f"{tmp_path}/.h").names == [".hidden"]
    for nothing in (f"{tmp_path}/x", f"{tmp_path}/none/x", f"{tmp_path}/portal/", "\0", "~nobody-here/x"):
        assert complete(nothing) == (nothing, [])


def test_a_folder_of_too_many_files_offers_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_MOST", 3)
    for name in "abc":
        (tmp_path / f"june-{name}").touch()
    assert complete(f"{tmp_path}/j").text == f"{tmp_path}/june-"
    (tmp_path / "july").touch()
    assert complete(f"{tmp_path}/j") == (f"{tmp_path}/j", [])


def test_a_path_may_begin_at_home_or_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "june.csv").touch()
    assert [complete(typed).text for typed in ("~", "~/j", "j")] == ["~/", "~/june.csv", "june.csv"]
    assert no_file("~/june.csv") == ""
    assert no_file("~/july.csv") == f"There is no file {tmp_path}/july.csv"
    assert no_file(str(tmp_path)) == f"{tmp_path} is not a file"
    assert no_file("a" * 5000).startswith("aaa")
