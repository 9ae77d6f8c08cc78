"""When what is shown is due to be shown again."""

from __future__ import annotations

from metertui.screens.shell.following import AGAIN_SECONDS, Following


def test_a_view_is_due_once_for_each_change_and_not_too_often() -> None:
    following = Following()
    following.note("a")
    assert not following.is_due("a", 10)
    assert following.is_due("b", 10)
    assert not following.is_due("b", 10 + AGAIN_SECONDS)
    assert not following.is_due("c", 10 + AGAIN_SECONDS / 2)
    assert following.is_due("c", 10 + AGAIN_SECONDS)
    following.note("d")
    assert not following.is_due("d", 20)
