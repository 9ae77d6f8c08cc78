"""Text logs: what comes from outside is one short, plain line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.storage.text_log import append_text, escape_and_cut, escape_unprintable


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
    assert escape_and_cut(text) == shown


@settings(max_examples=50)
@given(st.one_of(st.text(max_size=300), st.text("x\\é北=", min_size=40, max_size=120)))
def test_whatever_was_sent_is_short_plain_and_readable_back(text: str) -> None:
    shown = escape_and_cut(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 200
    assert not shown.startswith(("=", "+", "-", "@"))
    back = shown.removesuffix("...").encode().decode("unicode_escape")
    assert back == text or (text.startswith(back) and shown.endswith("..."))


@settings(max_examples=50)
@given(st.text(max_size=300))
def test_an_escaped_text_is_whole_and_on_one_line(text: str) -> None:
    shown = escape_unprintable(text)
    assert shown.isprintable()
    assert not shown.startswith(("=", "+", "-", "@"))
    if text.isprintable() and "\\" not in text and shown[:1] == text[:1]:
        assert shown == text


def test_text_is_appended(tmp_path: Path) -> None:
    append_text(tmp_path / "a.log", "Łódź\n")
    append_text(tmp_path / "a.log", "two\n")
    assert (tmp_path / "a.log").read_text(encoding="utf-8") == "Łódź\ntwo\n"
    assert (tmp_path / "a.log").stat().st_mode & 0o777 == 0o600


def test_a_line_behind_a_torn_one_is_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("one\ntor")
    append_text(tmp_path / "a.log", "two\n")
    assert (tmp_path / "a.log").read_text() == "one\ntor\ntwo\n"


def test_a_pipe_in_the_place_of_a_log_holds_nothing_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    os.mkfifo(tmp_path / "a.log")
    append_text(tmp_path / "a.log", "one\n")
    assert "cannot write a.log: this is a named pipe, not a file" in caplog.text
