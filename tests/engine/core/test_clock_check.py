"""A clock that contradicts what a folder has is told; an old history is none of its business."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from metertui.engine.base.zone import DAY, MINUTE, SiteZone
from metertui.engine.core.clock_check import last_noted, warn_of_clock
from metertui.engine.storage.audit_log import AuditLog

UTC = SiteZone("UTC")
NOW = UTC.parse("2026-11-30T10:00")


def told(readings: list[int], noted: list[int | None]) -> list[str]:
    times = [np.array(readings[:1], dtype=np.int64), np.array(readings[1:], dtype=np.int64)]
    return warn_of_clock(times, noted, NOW, 10 * MINUTE, UTC)


@pytest.mark.parametrize(
    ("readings", "noted"),
    [
        ([], []),
        ([], [None, NOW]),
        ([NOW - 5000 * DAY], []),  # a history that nothing was ever done with
        ([NOW - 5000 * DAY], [None, NOW - DAY]),  # a history that was imported yesterday
        ([NOW - 366 * DAY], [NOW - 900 * DAY]),
        ([NOW + 10 * MINUTE], [NOW - DAY]),
    ],
)
def test_a_clock_that_agrees_is_not_reported(readings: list[int], noted: list[int | None]) -> None:
    assert told(readings, noted) == []


@pytest.mark.parametrize(
    ("readings", "noted"),
    [([NOW - 367 * DAY], [NOW - 900 * DAY]), ([NOW - 900 * DAY], [None, NOW - 367 * DAY]), ([], [NOW - 367 * DAY])],
)
def test_a_clock_far_ahead_is_reported_with_the_last_entry(readings: list[int], noted: list[int | None]) -> None:
    (warning,) = told(readings, noted)
    assert warning.startswith(
        "this machine's clock says 2026-11-30T10:00:00+00:00, 367 days after the last entry of this folder, "
        "of 2025-11-28T10:00:00+00:00: check the clock"
    )


def test_a_clock_behind_is_reported_with_the_newest_reading() -> None:
    late = [NOW + 20 * MINUTE, NOW, NOW + 30 * MINUTE]
    assert told(late, [NOW - 900 * DAY]) == [
        "2 readings are later than this machine's clock, the newest at 2026-11-30T10:30:00+00:00: check the clock"
    ]


def test_the_newest_entry_of_the_audit_log_counts(tmp_path: Path) -> None:
    audit = AuditLog(tmp_path / "audit.log")
    assert last_noted(audit, UTC) is None
    for at in ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"):
        audit.write_entry(at, "test", "close", "", "")
    assert last_noted(audit, UTC) == UTC.parse("2026-02-01T00:00")
    audit.write_entry("yesterday", "test", "close", "", "")
    assert last_noted(audit, UTC) is None
