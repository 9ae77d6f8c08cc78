"""The way from screen to screen with a meter in hand, which escape goes back."""

from __future__ import annotations

from typing import Final

MOST: Final = 12
"""Steps that are remembered; whoever has gone further starts anew with an F key."""


class Trail:
    """The screens, by their name in PLACES, that someone has come through to the one in view."""

    def __init__(self) -> None:
        self._places: list[str] = []

    def leave(self, place: str) -> None:
        """Remember a screen that is left for another one."""
        self._places = [*self._places, place][-MOST:]

    def back(self) -> str:
        """Return the screen before, and forget it; "" if there is none."""
        return self._places.pop() if self._places else ""

    def clear(self) -> None:
        """Forget the way: a screen was opened by its own key."""
        self._places.clear()

    @property
    def places(self) -> tuple[str, ...]:
        """Return the screens on the way, the first one first."""
        return tuple(self._places)
