"""Files that appear when they are complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import MeterError
from metertui.formats import complete_file


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with complete_file(path) as spare:
        spare.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    with pytest.raises(UnicodeEncodeError), complete_file(path) as spare:
        spare.write_text("½", encoding="ascii")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_written_to_as_it_is() -> None:
    with complete_file(Path("/dev/null")) as spare:
        spare.write_text("away with it")
    assert Path("/dev/null").is_char_device()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "out.csv"
    with pytest.raises(MeterError, match=r"^cannot write .*/out\.csv: No such file"), complete_file(path) as spare:
        spare.write_text("new")
