"""Delays after failed logins."""

from __future__ import annotations

from metertui.headend.login_delays import _MOST, LoginDelays


def test_each_further_failure_takes_twice_as_long_and_a_good_login_none() -> None:
    delays, now, waited = LoginDelays(), 100.0, []
    for _ in range(10):
        assert delays.seconds_left("Ada@x", now) == 0
        delays.note_attempt("ada@X", now, failed=True)
        waited.append(delays.seconds_left("ada@x", now))
        now += waited[-1]
    assert waited == [0, 0, 2, 4, 8, 16, 32, 60, 60, 60]
    delays.note_attempt("ada@x", now, failed=True)
    assert delays.seconds_left("ada@x", now + 59.5) == 1
    assert delays.seconds_left("bob@x", now) == 0, "others are not held up"
    delays.note_attempt("ada@x", now + 60, failed=False)
    delays.note_attempt("ada@x", now + 61, failed=True)
    assert delays.seconds_left("ada@x", now + 61) == 0


def test_names_that_nobody_has_take_bounded_memory() -> None:
    delays = LoginDelays()
    for _ in range(3):
        for number in range(_MOST + 10):
            delays.note_attempt(f"{number}@x", 0.0, failed=True)
    assert len(delays._failures) == _MOST
