"""Wrong usage of a command: exit code 2, and one sentence on stderr."""

from __future__ import annotations

import pytest

from metertui.cli.errors import UsageError
from metertui.engine.errors import MeterError
from tests.cli.conftest import Command


def test_wrong_usage_is_no_failure_of_the_engine() -> None:
    assert not issubclass(UsageError, MeterError)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("simulate", "--meters", "1"), "give --from and --to, or --live, to say which readings to send"),
        (("query", "--from", "2025-01-01", "--to", "2025-01-31", "--limit", "-1"), "--limit must be at least 0"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(metertui: Command, words: tuple[str, ...], why: str) -> None:
    result = metertui(*words)
    assert (result.code, result.out, result.err) == (2, "", f"metertui: {why}\n")
