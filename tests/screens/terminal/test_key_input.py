"""Keys that arrive at once are the keys that were pressed, and nothing that a terminal sends ends the input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.events import Key, Resize

from metertui.screens.terminal.key_input import KeyParser, lenient_decoder


@pytest.mark.parametrize(
    ("pieces", "keys"),
    [
        (["\x1b\r"], ["escape", "enter"]),
        (["\x1b", "\r"], ["escape", "enter"]),
        (["a\x1b2b"], ["a", "escape", "2", "b"]),
        (["\x1b[A\x1b/", "x"], ["up", "escape", "slash", "x"]),
        (["\x1b\x1bOR"], ["escape", "f3"]),
        (["\x1b\x1b\t"], ["escape", "escape", "tab"]),
        (["\x1b"], []),  # it may be the begin of more
        (["\x1bOR\x1b[21~"], ["f3", "f10"]),
        (["\x1b[1", ";5C"], ["ctrl+right"]),
        (["\x1bb\x1bf"], ["ctrl+left", "ctrl+right"]),
    ],
)
def test_escape_is_a_key_of_its_own(pieces: list[str], keys: list[str]) -> None:
    inlet = KeyParser()
    pressed = [event for piece in pieces for event in inlet.feed(piece)]
    assert [event.key for event in pressed if isinstance(event, Key)] == keys


def test_an_escape_that_nothing_follows_is_one_in_the_end() -> None:
    inlet = KeyParser()
    assert not [*inlet.feed("\x1b")]
    inlet._timeout_time = 0.0  # the time for more has passed
    assert [event.key for event in inlet.tick() if isinstance(event, Key)] == ["escape"]
    assert [event.key for event in inlet.feed("2") if isinstance(event, Key)] == ["2"]


def pressed(data: bytes) -> list[str]:
    """The keys that a terminal's bytes are, and an `x` behind them once the time for more has passed."""
    decode, inlet = lenient_decoder("utf-8")().decode, KeyParser()
    keys = [*inlet.feed(decode(data) or " ")]
    if inlet._timeout_time is not None:
        inlet._timeout_time = 0.0
    keys += [*inlet.tick(), *inlet.feed(decode(b"x"))]
    return [event.key for event in keys if isinstance(event, Key)]


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"caf\xe9s", ["c", "a", "f", "replacement_character", "s"]),
        (b"\xff", ["replacement_character"]),
        (b"\x9b15~", ["replacement_character", "1", "5", "tilde"]),
        (b"\x1b[97;5:1u", []),
        (b"\x1b[97:65u", []),
        (b"\x1b[99999999u", []),
        (b"\x1b[55296u", []),
        (b"\x1b[97;1;55296u", []),
        (b"\x1b[97;5u", ["ctrl+a"]),
        (b"a\x1b[99999999ub", ["a", "b"]),
        ("é幸".encode(), ["é", "幸"]),
    ],
)
def test_odd_bytes_are_replaced_and_what_cannot_be_read_is_dropped(data: bytes, keys: list[str]) -> None:
    assert pressed(data) == [*keys, "x"]


_PIECES = st.sampled_from(
    [b"\x1b", b"[", b"<", b";", b":", b"9", b"55296", b"u", b"~", b"M", b"t", b"R", b"\xe9", b"48"]
)


@given(st.lists(_PIECES | st.binary(max_size=3), max_size=20).map(b"".join))
@settings(max_examples=200)
def test_whatever_a_terminal_sends_keys_go_on(data: bytes) -> None:
    assert pressed(data + b" " * 40)[-1] == "x"


@pytest.mark.parametrize(("size", "kept"), [("40;120", True), ("0;0", False), ("40;9999", False), ("99999;120", False)])
def test_only_a_size_that_a_terminal_can_have_is_believed(size: str, kept: bool) -> None:
    reports = [event for event in KeyParser().feed(f"\x1b[48;{size};800;1200t") if isinstance(event, Resize)]
    assert bool(reports) == kept


def test_a_parser_that_fails_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    inlet = KeyParser()
    with monkeypatch.context() as patched:
        patched.setattr(KeyParser, "parse_mouse_code", lambda *_: 1 / 0)
        assert [*inlet.feed("\x1b[<0;1;1M")] == []
    assert [event.key for event in inlet.feed("a\x1b[A") if isinstance(event, Key)] == ["a", "up"]
