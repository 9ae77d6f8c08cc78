"""Who is logged in."""

from __future__ import annotations

from metertui.engine.base import Clock


class Sessions:
    """The one login of this terminal. It ends after `idle_seconds` without a key or a click."""

    def __init__(self, clock: Clock, idle_seconds: float) -> None:
        self._clock = clock
        self._idle = idle_seconds
        self._touched = 0.0
        self._email = ""
        self._role = ""
        self._lapsed = ""

    def begin(self, email: str, role: str) -> None:
        """Someone has logged in."""
        self._email, self._role, self._lapsed = email, role, ""
        self._touched = self._clock.monotonic()

    def end(self) -> None:
        """Log out."""
        self._email = self._role = ""

    def touch(self) -> None:
        """Someone is there."""
        if self.role:
            self._touched = self._clock.monotonic()

    @property
    def role(self) -> str:
        """The role of who is logged in; empty for nobody."""
        if self._role and self._clock.monotonic() - self._touched > self._idle:
            self._lapsed = self._email
            self.end()
        return self._role

    def take_expiry_notice(self) -> str:
        """What is to be said, once, of a login that ended by itself; empty where none has."""
        _ = self.role  # it ends when it is asked for
        email, self._lapsed = self._lapsed, ""
        return f"{email} was logged out after {self._idle / 60:g} minutes without a key." if email else ""

    @property
    def email(self) -> str:
        """Who is logged in; empty for nobody."""
        return self._email if self.role else ""
