"""The exceptions of the engine: their texts, and that they can be imported alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from metertui.engine import errors
from metertui.engine.errors import DataError, MeterError, Refused


@pytest.mark.parametrize(
    ("line", "text"),
    [(7, "/data/users.csv:7: the header lacks meter"), (None, "/data/users.csv: the header lacks meter")],
)
def test_a_data_error_names_file_and_line(line: int | None, text: str) -> None:
    error = DataError(Path("/data/users.csv"), line, "the header lacks meter")
    assert str(error) == text
    assert (error.line, error.reason) == (line, "the header lacks meter")


def test_a_refusal_has_a_code_and_a_reason() -> None:
    error = Refused("bad-reading", "a reading is digits")
    assert (error.code, error.why, str(error)) == ("bad-reading", "a reading is digits", "a reading is digits")


def test_every_exception_can_be_caught_as_one() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    assert len(kinds) > 5
    assert all(issubclass(each, MeterError) for each in kinds)


def test_catching_an_error_loads_no_numpy() -> None:
    code = "import sys, metertui.engine.errors; sys.exit('numpy' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MeterError("nothing"), "nothing"),
        (OSError(2, "No such file or directory", "/data/log.txt"), "/data/log.txt: No such file or directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("odd"), "odd"),
    ],
)
def test_an_error_of_the_system_names_its_file(error: Exception, text: str) -> None:
    assert errors.text_of(error) == text
