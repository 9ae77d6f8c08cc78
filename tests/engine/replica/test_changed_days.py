"""Changed day files are found by their manifest, each once, and again where they could not be read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from metertui.engine.errors import DataError
from metertui.engine.replica.changed_days import ChangedDays
from metertui.engine.storage import DayFolder

ONE, TWO = date(2025, 3, 1), date(2025, 3, 2)


def write(files: DayFolder, text: str, *days: date) -> None:
    with files.changing_days(days):
        for day in days:
            files.replace_day(day, [text.encode()])


def test_a_change_is_found_once_and_again_where_it_could_not_be_read(tmp_path: Path) -> None:
    files, new = DayFolder(tmp_path), [True]
    changed = ChangedDays(files, lambda _: new[0])
    assert changed.find(pending=False) == frozenset()
    write(files, "a", ONE, TWO)
    assert changed.find(pending=False) == {ONE, TWO}
    assert changed.find(pending=False) == frozenset()
    write(files, "b", TWO)
    new[0] = False
    assert changed.find(pending=False) == frozenset()
    assert changed.find(pending=True) == {TWO}
    changed.mark_unread(frozenset({ONE}))
    assert changed.find(pending=False) == {ONE}
    changed.mark_all_unread()
    assert changed.find(pending=False) == {ONE, TWO}
    files.manifest.path.unlink()
    new[0] = True
    assert changed.find(pending=False) == {ONE, TWO}


def test_a_file_that_is_being_written_is_found_when_it_is_written(tmp_path: Path) -> None:
    files = DayFolder(tmp_path)
    write(files, "a", ONE)
    changed = ChangedDays(files, lambda _: True)
    assert changed.find(pending=True) == {ONE}
    with files.changing_days([ONE]):
        files.replace_day(ONE, [b"b"])
        assert changed.find(pending=False) == frozenset()
    assert changed.find(pending=False) == {ONE}


def test_a_broken_manifest_is_read_again(tmp_path: Path) -> None:
    files = DayFolder(tmp_path)
    write(files, "a", ONE)
    text = files.manifest.path.read_bytes()
    files.manifest.path.write_text("nonsense")
    looks = iter([True, False, False])
    changed = ChangedDays(files, lambda _: next(looks))
    with pytest.raises(DataError):
        changed.find(pending=False)
    files.manifest.path.write_bytes(text)
    assert changed.find(pending=False) == {ONE}
    assert changed.find(pending=False) == frozenset()
