"""What commands read: files, pipes and standard input."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from metertui.cli.inputs import as_file
from metertui.engine.errors import MeterError


def test_a_file_is_read_where_it_is(tmp_path: Path) -> None:
    for path in (tmp_path / "file", tmp_path, tmp_path / "missing", Path("/dev/null")):
        with as_file(str(path)) as found:
            assert found == path


def test_standard_input_is_kept_while_it_is_read_and_named_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xffraw")))
    with as_file("-") as found:
        assert found.read_bytes() == b"\xffraw"
    assert not found.exists()
    with pytest.raises(MeterError, match=r"^standard input:1: broken$"), as_file("-") as found:
        raise MeterError(f"{found}:1: broken")
