"""Made-up meters: their history as a file, and the summary of what was sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.cli import simulate
from metertui.cli.errors import UsageError
from metertui.engine.base.zone import HOUR, MINUTE, SECOND
from metertui.simulator import Tally
from tests.cli.conftest import Command


@pytest.mark.parametrize(("text", "us"), [("10s", 10 * SECOND), ("30m", 30 * MINUTE), ("1h", HOUR)])
def test_interval_has_a_unit(text: str, us: int) -> None:
    assert simulate._parse_interval(text) == us


@pytest.mark.parametrize("text", ["0m", "30", "1d", "-5s", "1.5h"])
def test_interval_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not an interval such as"):
        simulate._parse_interval(text)


def test_summary_says_who_was_registered_only_if_someone_was() -> None:
    tally = Tally()
    tally.sent = tally.ok = 5
    assert simulate.summary(tally).startswith("sent 5, OK 5, duplicate 0, suspect 0, ERR 0")
    tally.registered = 2
    assert simulate.summary(tally).startswith("registered 2, sent 5")


def test_generated_history_is_the_same_for_equal_seeds(metertui: Command, tmp_path: Path) -> None:
    words = ["generate", "--meters", "2", "--from", "2025-01-01", "--to", "2025-01-01", "--seed"]
    for name, seed in (("a.log", "1"), ("b.log", "1"), ("c.log", "2")):
        assert metertui(*words, seed, "-o", str(tmp_path / name)).code == 0
    first, same, other = ((tmp_path / name).read_bytes() for name in ("a.log", "b.log", "c.log"))
    assert first == same != other
    assert first.count(b"\n") == 2 * 48
