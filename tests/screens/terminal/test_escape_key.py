"""Keys that arrive at once are the keys that were pressed."""

from __future__ import annotations

import pytest
from textual.events import Key

from metertui.screens.terminal.escape_key import KeyParser


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
