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
        """Log someone in."""
        self._email, self._role, self._lapsed = email, role, ""
        self._touched = self._clock.monotonic()

    def end(self) -> None:
        """Log out."""
        self._email = self._role = ""

    def touch(self) -> None:
        """Start the idle time again, after a key or a click."""
        if self.role:
            self._touched = self._clock.monotonic()

    @property
    def role(self) -> str:
        """Return the role of the one who is logged in; empty if nobody is."""
        if self._role and self._clock.monotonic() - self._touched > self._idle:
            self._lapsed = self._email
            self.end()
        return self._role

    def take_expiry_notice(self) -> str:
        """Return, once, a sentence about a login that expired; empty if none has."""
        _ = self.role  # reading the role ends a session that expired
        email, self._lapsed = self._lapsed, ""
        return (
            f"{email} was logged out after {self._idle / 60:g} minutes without a key press or click." if email else ""
        )

    @property
    def email(self) -> str:
        """Return the email of the one who is logged in; empty if nobody is."""
        return self._email if self.role else ""
