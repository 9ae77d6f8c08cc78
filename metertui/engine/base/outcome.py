"""The outcome of a request to store something, and the lines of files that were not stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome: `code` is the error code of the protocol for a refused request, `text` the reason in a sentence."""

    kind: Literal["ok", "duplicate", "suspect", "refused"]
    code: str = ""
    text: str = ""

    @property
    def stored(self) -> bool:
        """Return whether the data folder contains the request, or an equal earlier one."""
        return self.kind != "refused"


OK: Final = Outcome("ok")
DUPLICATE: Final = Outcome("duplicate")


def suspect(why: str) -> Outcome:
    """Return the outcome of a reading that is stored but not counted yet."""
    return Outcome("suspect", text=why)


def refused(code: str, why: str) -> Outcome:
    """Return the outcome of a request that was not stored; `code` is an error code of the protocol."""
    return Outcome("refused", code, why)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is refused or suspect. `code` is an error code of the wire or `suspect`, `text` the line itself."""

    source: str
    line: int
    code: str
    why: str
    text: str
