"""A start: what it says of files that contradict one another."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine
from tests.clock import FakeClock

RULES = Rules(zone=SiteZone("Asia/Singapore"))
DAY = "identifier,timestamp,usage\nm,2025-03-11T10:00:00+08:00,1\nm,2025-03-11T11:00:00+08:00,2\n"


@pytest.mark.parametrize(
    ("day", "log", "told"),
    [
        (DAY, "m,2025-03-12T10:00:00+08:00,3\n", ""),
        (DAY, "m,2025-03-11T10:00:00+08:00,1\n", ""),  # the same once more: a day close was cut
        (DAY, "m,2025-03-11T10:00:00+08:00,7\n", "1 times .* first for m at 2025-03-11T10:00:00.08:00:"),
        (DAY.replace("11:00", "10:00"), "m,2025-03-12T10:00:00+08:00,3\n", "1 times .* for m at 2025-03-11T10:00:00"),
        (DAY, "m,2025-03-12T10:00:00+08:00,3\nm,2025-03-12T10:00:00+08:00,4\n", "m at 2025-03-12T10:00:00"),
    ],
)
def test_another_value_for_the_same_reading_is_told(tmp_path: Path, day: str, log: str, told: str) -> None:
    (tmp_path / "users.csv").write_text("identifier,address,region,sub_region,postcode,apartment_type\nm,,,,,\n")
    (tmp_path / "archive" / "2025").mkdir(parents=True)
    (tmp_path / "archive" / "2025" / "03_11.csv").write_text(day)
    (tmp_path / "log.txt").write_text(log)
    with closing(Engine.open(tmp_path, RULES, FakeClock("2025-03-12T12:00:00"))) as engine:
        found = [warning for warning in engine.warnings if "two values" in warning]
        assert len(found) == bool(told)
        if told:
            assert found[0].endswith("the first of each counts; metertui check names them")
            assert re.search(told, found[0])
