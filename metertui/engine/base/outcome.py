"""What became of one request to store something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kind` says what happened; `code` is the wire's error code if it was refused; `text` the why, in a sentence."""

    kind: Literal["ok", "duplicate", "suspect", "refused"]
    code: str = ""
    text: str = ""

    @property
    def stored(self) -> bool:
        """Whether the request, or an equal one before it, is in the data folder."""
        return self.kind != "refused"


OK: Final = Outcome("ok")
DUPLICATE: Final = Outcome("duplicate")


def suspect(why: str) -> Outcome:
    """Stored, but not counted until it is explained."""
    return Outcome("suspect", text=why)


def refused(code: str, why: str) -> Outcome:
    """Not stored; `code` is one of the wire's error codes."""
    return Outcome("refused", code, why)
