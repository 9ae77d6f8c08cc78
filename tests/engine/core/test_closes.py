"""Day closes are found again in the audit trail."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.core import closes
from metertui.engine.core.counters import Close
from metertui.engine.storage.audit_log import AuditLog

ZONE = SiteZone("Asia/Singapore")
ENDED = ZONE.parse("2025-03-12T00:00:01+08:00")


def written(audit: AuditLog, close: Close) -> None:
    audit.write_entry(ZONE.iso(close.ended), close.by, closes.ACTION, "", closes.format_close(close))


@pytest.mark.parametrize(
    "close",
    [Close(0, 0, 0.0, ENDED, "midnight"), Close(48_000, 3, 1.25, ENDED, "127.0.0.1:50123", 7, 2)],
)
def test_what_is_written_of_a_close_is_read_again(tmp_path: Path, close: Close) -> None:
    audit = AuditLog(tmp_path / "audit.log")
    assert closes.find_last_close(audit, ZONE) is None  # no file yet
    written(audit, Close(1, 1, 0.5, ENDED - 86_400_000_000, "midnight"))
    written(audit, close)
    audit.write_entry(ZONE.iso(ENDED), "ada", "login", "", "operator")
    assert closes.find_last_close(audit, ZONE) == close


@pytest.mark.parametrize("text", ["3 readings into 2 day files in 0.10 s!", "something else", ""])
def test_what_reads_like_none_is_passed_over(tmp_path: Path, text: str) -> None:
    audit = AuditLog(tmp_path / "audit.log")
    audit.write_entry(ZONE.iso(ENDED), "ada", "note", "", "\tclose\t")
    assert closes.find_last_close(audit, ZONE) is None
    before = Close(3, 2, 0.1, ENDED, "ada")
    written(audit, before)
    audit.write_entry(ZONE.iso(ENDED), "ada", closes.ACTION, "", text)
    audit.write_entry("no time", "ada", closes.ACTION, "", closes.format_close(before))
    assert closes.find_last_close(audit, ZONE) == before


def test_a_trail_without_end_is_looked_through_from_its_end_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metertui.engine.storage.audit_log._BLOCK", 1 << 10)
    audit = AuditLog(tmp_path / "audit.log")
    written(audit, Close(3, 2, 0.1, ENDED, "ada"))
    audit.write_entries((ZONE.iso(ENDED), "ada", "login", "", "x" * 40) for _ in range(1200))
    assert closes.find_last_close(audit, ZONE) is None
