"""Who is logged in."""

from __future__ import annotations

from metertui.engine.rules import Clock


class Sessions:
    """The one login of this terminal. It ends after `idle_seconds` without a key or a click."""

    def __init__(self, clock: Clock, idle_seconds: float) -> None:
        self._clock = clock
        self._idle = idle_seconds
        self._touched = 0.0
        self._email = ""
        self._role = ""

    def begin(self, email: str, role: str) -> None:
        """Someone has logged in."""
        self._email, self._role = email, role
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
            self.end()
        return self._role

    @property
    def email(self) -> str:
        """Who is logged in; empty for nobody."""
        return self._email if self.role else ""
