"""The audit log: one entry is one line, and pages are read from its end."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.zone import SiteZone
from metertui.engine.storage import audit_log
from metertui.engine.storage.audit_log import AuditLog, local_user_name

ZONE = SiteZone("Asia/Singapore")
AT = ZONE.parse("2025-03-12T10:40:00")


def test_who_did_what_and_when(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.log")
    log.write_entry(ZONE.iso(AT), "ann@utility.example", "modify", "524-935-527", "address=5 Łódź Rd")
    log.write_entries([(ZONE.iso(AT), "bob", "login", "", ""), (ZONE.iso(AT), "bob", "close", "", "1 reading")])
    assert (tmp_path / "audit.log").read_text(encoding="utf-8") == (
        "2025-03-12T10:40:00+08:00\tann@utility.example\tmodify\t524-935-527\taddress=5 Łódź Rd\n"
        "2025-03-12T10:40:00+08:00\tbob\tlogin\t\t\n"
        "2025-03-12T10:40:00+08:00\tbob\tclose\t\t1 reading\n"
    )


def test_an_audit_entry_is_whole_and_one_line(tmp_path: Path) -> None:
    detail = "address=" + "x" * 900
    AuditLog(tmp_path / "audit.log").write_entry("now", "a\tb\n", "=1+1", "\x1b[2J\\", detail)
    entry = (tmp_path / "audit.log").read_text(encoding="utf-8")
    assert entry == f"now\ta\\tb\\n\t\\x3d1+1\t\\x1b[2J\\\\\t{detail}\n"


@pytest.mark.parametrize("text", ["\ud800", "\u202e", "\u2028", "\x85", "\r\n"])
def test_what_has_no_shape_is_written_as_an_escape(tmp_path: Path, text: str) -> None:
    AuditLog(tmp_path / "audit.log").write_entry("now", text, "login refused", "", "")
    written = (tmp_path / "audit.log").read_text(encoding="utf-8")
    assert written == f"now\t{text.encode('unicode_escape').decode()}\tlogin refused\t\t\n"


def test_a_full_disk_costs_the_entry_and_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "audit.log").mkdir()  # a directory cannot be written to
    with caplog.at_level(logging.ERROR):
        AuditLog(tmp_path / "audit.log").write_entry("now", "ann", "login", "", "")
    assert "cannot write audit.log: Is a directory" in caplog.text


def test_a_user_of_this_machine_has_a_name_or_a_number() -> None:
    assert local_user_name(os.getuid()).endswith(" @ local")
    assert local_user_name(2**31 - 7) == "user 2147483641 @ local"


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.text("xyzé", max_size=12)), max_size=30),
    st.integers(1, 4),
    st.integers(1, 40),
    st.sampled_from(["", "A\t", "xy"]),
)
def test_the_log_is_read_from_its_end_in_pages(
    entries: list[tuple[str, str]], count: int, block: int, text: str
) -> None:
    with TemporaryDirectory() as name, patch.object(audit_log, "_BLOCK", block):
        log = AuditLog(Path(name) / "audit.log")
        log.write_entries(("2025", who, "did", "m", detail) for who, detail in entries)
        expected = [
            ["2025", who, "did", "m", detail]
            for who, detail in reversed(entries)
            if text.casefold().strip() in f"2025\t{who}\tdid\tm\t{detail}"
        ]
        found: list[list[str]] = []
        end: int | None = None
        while end != 0:
            page = log.entries_before(end, text, count)
            assert page is not None
            assert len(page[0]) >= count or page[1] == 0
            found += page[0]
            end = page[1]
        assert found == expected
        assert log.entries_before(None, text, count, lambda: True) is None or not entries
