"""Sessions: a login ends by itself after some time without a key press or click, and says so once."""

from __future__ import annotations

from metertui.screens.shell.sessions import Sessions
from tests.clock import FakeClock


def test_a_login_lasts_while_there_are_keys() -> None:
    clock = FakeClock()
    sessions = Sessions(clock, 60)
    sessions.begin("ada@example.com", "operator")
    for clock.seconds in (50, 100, 150):
        assert (sessions.email, sessions.role) == ("ada@example.com", "operator")
        sessions.touch()
    clock.seconds = 210
    assert sessions.role == "operator"


def test_an_idle_login_expires_and_says_so_once() -> None:
    clock = FakeClock()
    sessions = Sessions(clock, 120)
    sessions.begin("ada@example.com", "operator")
    clock.seconds = 120.5
    assert (sessions.email, sessions.role) == ("", "")
    sessions.touch()  # too late
    assert (
        sessions.take_expiry_notice() == "ada@example.com was logged out after 2 minutes without a key press or click."
    )
    assert sessions.take_expiry_notice() == ""


def test_logging_out_leaves_no_notice() -> None:
    sessions = Sessions(FakeClock(), 60)
    sessions.begin("ada@example.com", "operator")
    sessions.end()
    assert (sessions.role, sessions.take_expiry_notice()) == ("", "")


def test_a_session_lasts_while_it_is_used() -> None:
    clock = FakeClock()
    sessions = Sessions(clock, idle_seconds=60)
    assert (sessions.role, sessions.email) == ("", "")
    sessions.begin("ada@example.com", "operator")
    for _ in range(5):
        clock.advance(60)
        assert sessions.role == "operator"
        sessions.touch()
    clock.advance(61)
    assert (sessions.role, sessions.email) == ("", "")


def test_a_session_that_has_ended_is_not_woken() -> None:
    clock = FakeClock()
    sessions = Sessions(clock, idle_seconds=60)
    sessions.begin("ada@example.com", "operator")
    clock.advance(61)
    sessions.touch()
    assert sessions.role == ""
