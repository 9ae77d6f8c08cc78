"""The two files for people: one entry is one line, whatever was sent."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.zone import SiteZone
from metertui.engine.storage import audit_log
from metertui.engine.storage.audit_log import AuditLog, Refusal, RejectsLog, escaped

ZONE = SiteZone("Asia/Singapore")
AT = ZONE.parse("2025-03-12T10:40:00")


def refusal(line: str, peer: str = "127.0.0.1:5") -> Refusal:
    return Refusal(AT, peer, "syntax", "why", line)


def test_who_did_what_and_when(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.log")
    log.write(ZONE.iso(AT), "ann@utility.example", "modify", "524-935-527", "address=5 Łódź Rd")
    log.write_all([(ZONE.iso(AT), "bob", "login", "", ""), (ZONE.iso(AT), "bob", "close", "", "1 reading")])
    assert (tmp_path / "audit.log").read_text(encoding="utf-8") == (
        "2025-03-12T10:40:00+08:00\tann@utility.example\tmodify\t524-935-527\taddress=5 Łódź Rd\n"
        "2025-03-12T10:40:00+08:00\tbob\tlogin\t\t\n"
        "2025-03-12T10:40:00+08:00\tbob\tclose\t\t1 reading\n"
    )


def test_an_audit_entry_is_whole_and_one_line(tmp_path: Path) -> None:
    detail = "address=" + "x" * 900
    AuditLog(tmp_path / "audit.log").write("now", "a\tb\n", "=1+1", "\x1b[2J\\", detail)
    entry = (tmp_path / "audit.log").read_text(encoding="utf-8")
    assert entry == f"now\ta\\tb\\n\t\\x3d1+1\t\\x1b[2J\\\\\t{detail}\n"


@pytest.mark.parametrize("text", ["\ud800", "\u202e", "\u2028", "\x85", "\r\n"])
def test_what_has_no_shape_is_written_as_an_escape(tmp_path: Path, text: str) -> None:
    AuditLog(tmp_path / "audit.log").write("now", text, "login refused", "", "")
    written = (tmp_path / "audit.log").read_text(encoding="utf-8")
    assert written == f"now\t{text.encode('unicode_escape').decode()}\tlogin refused\t\t\n"


def test_a_refused_line_with_time_peer_and_code(tmp_path: Path) -> None:
    log = RejectsLog(tmp_path / "rejects.log", 1000)
    log.write([refusal("READ 1 x\ty"), refusal("@SUM(A1)", "[::1]:7")], ZONE)
    assert (tmp_path / "rejects.log").read_text() == (
        "2025-03-12T10:40:00+08:00\t127.0.0.1:5\tsyntax\tREAD 1 x\\ty\n"
        "2025-03-12T10:40:00+08:00\t[::1]:7\tsyntax\t\\x40SUM(A1)\n"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 197 + "..."),
        ("é" * 50, "\\xe9" * 50),
        ("é" * 51, "\\xe9" * 49 + "..."),
        ("x" * 196 + "北京", "x" * 196 + "..."),  # no half of an escape
        ("\\" * 101, "\\\\" * 98 + "..."),
        ("x" * 194 + "\\" + "x9" + "y" * 9, "x" * 194 + "\\\\x..."),  # that is no escape
        ("-" * 200, "\\x2d" + "-" * 193 + "..."),
    ],
)
def test_what_was_sent_is_cut_at_200_bytes(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.text(max_size=300))
def test_whatever_was_sent_is_short_plain_and_readable_back(text: str) -> None:
    shown = escaped(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 200
    assert not shown.startswith(("=", "+", "-", "@"))
    back = shown.removesuffix("...").encode().decode("unicode_escape")
    assert back == text or (text.startswith(back) and shown.endswith("..."))


def test_rejects_are_rotated_at_a_size(tmp_path: Path) -> None:
    log, old = RejectsLog(tmp_path / "rejects.log", 100), tmp_path / "rejects.log.1"
    for number in range(4):
        log.write([refusal(f"line {number}")], ZONE)  # 53 bytes
        assert old.exists() == (number >= 2)
    assert [line[-1] for line in old.read_text().splitlines()] == ["0", "1"]
    assert [line[-1] for line in (tmp_path / "rejects.log").read_text().splitlines()] == ["2", "3"]
    log.write([refusal("line 4")], ZONE)
    assert [line[-1] for line in old.read_text().splitlines()] == ["2", "3"]


@pytest.mark.parametrize("name", ["audit.log", "rejects.log"])
def test_a_disk_that_refuses_costs_the_line_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    (tmp_path / name).mkdir()  # what cannot be written to
    with caplog.at_level(logging.ERROR):
        if name == "audit.log":
            AuditLog(tmp_path / name).write("now", "ann", "login", "", "")
        else:
            RejectsLog(tmp_path / name, 10**6).write([refusal("x")], ZONE)
    assert f"cannot write {name}: Is a directory" in caplog.text


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.text("xyzé", max_size=12)), max_size=30),
    st.integers(1, 4),
    st.integers(1, 40),
    st.sampled_from(["", "A\t", "xy"]),
)
def test_the_trail_is_read_from_its_end_in_pages(
    entries: list[tuple[str, str]], count: int, block: int, text: str
) -> None:
    with TemporaryDirectory() as name, patch.object(audit_log, "_BLOCK", block):
        log = AuditLog(Path(name) / "audit.log")
        log.write_all(("2025", who, "did", "m", detail) for who, detail in entries)
        expected = [
            ["2025", who, "did", "m", detail]
            for who, detail in reversed(entries)
            if text.casefold().strip() in f"2025\t{who}\tdid\tm\t{detail}"
        ]
        found: list[list[str]] = []
        end: int | None = None
        while end != 0:
            page = log.before(end, text, count)
            assert page is not None
            assert len(page[0]) >= count or page[1] == 0
            found += page[0]
            end = page[1]
        assert found == expected
        assert log.before(None, text, count, lambda: True) is None or not entries
