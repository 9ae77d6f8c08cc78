"""The counters of ingest, and the frozen snapshot of them that the screens show."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from metertui.engine.base import ACTUAL
from metertui.engine.storage import RefusedLine

CLOSE_STEPS: Final = ("sealing the log", "writing day files", "rebuilding the index", "swapping the index in")
"""The steps of a day close, in order."""


class Arrival(NamedTuple):
    """A stored reading as the live screen lists it. `time` in µs UTC, `wh` the register, `note` why it is suspect."""

    meter: str
    time: int
    wh: int
    note: str = ""
    quality: int = ACTUAL


@dataclass(frozen=True, slots=True)
class Close:
    """A finished day close: readings moved, day files written, seconds taken, end (µs UTC), who asked for it."""

    readings: int
    files: int
    seconds: float
    ended: int
    by: str
    late: int | None = None
    """Late readings: of days before the last close; None if no earlier close is known."""
    late_files: int = 0
    """Day files that the late readings went into."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A connection: open since (µs UTC), lines received, lines refused, bytes not processed yet."""

    name: str
    """`host:port` of the client."""
    since: int
    requests: int
    refused: int
    waiting: int


@dataclass(slots=True)
class Counters:
    """Counters since the start of this process. Only ingest writes them; everything else reads."""

    accepted: int = 0
    """Readings stored by ingest, suspect ones included."""
    duplicates: int = 0
    suspects: int = 0
    registered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Refused lines by wire error code."""
    sync_seconds: float = 0.0
    """How long the last write and sync of a batch took."""
    arrivals: deque[Arrival] = field(default_factory=lambda: deque(maxlen=200))
    refusals: deque[RefusedLine] = field(default_factory=lambda: deque(maxlen=200))


@dataclass(frozen=True, slots=True)
class LiveSnapshot:
    """The live screen's whole input, taken four times a second."""

    at: int
    """µs UTC."""
    folder: str
    address: str
    """`host:port` that the server listens on; empty before it does."""
    uptime: float
    """Seconds."""
    rate: float
    """Readings accepted a second, over the last two seconds."""
    accepted: int
    duplicates: int
    suspects: int
    registered: int
    refused: dict[str, int]
    stored: int
    """All readings in the engine, archive included."""
    in_log: int
    """Readings since the last day close."""
    log_bytes: int
    accounts: int
    meters: int
    connections: int
    connections_total: int
    sync_ms: float
    batch: int
    """Requests in the last batch."""
    waiting: int
    """Bytes received and not yet taken into a batch."""
    queue: int
    """Connections that wait for the commit loop."""
    p50: float | None
    """Seconds from arrival to reply in the last minute; None if there was no reply."""
    p99: float | None
    memory: int
    """Bytes that the process holds in memory."""
    day_state: str
    """`open`, or the step of the running day close, one of CLOSE_STEPS."""
    progress: float | None
    """Share done of the running day close, 0 to 1; None if none is running."""
    last_close: Close | None
    storage_error: str
    """Why the disk refused the last write; empty once writing works again."""
    port_error: str
    """Why the port was closed; empty while it is open."""
    arrivals: tuple[Arrival, ...]
    """The last readings, newest first."""
    refusals: tuple[RefusedLine, ...]
    """The last refusals, newest first."""
    following: str = ""
    """A clause about the owner of the folder if this process only reads it; else empty."""
    follow_error: str = ""
    """Why a follower is not up to date with its folder; empty if it is."""
    closing_by: str = ""
    """Who asked for the running day close; empty, like the fields below, if none is running."""
    closing_seconds: float = 0.0
    """How long it has been running."""
    closing_readings: int = 0
    """Readings in the sealed log."""
    closing_files: int = 0
    """Day files to write; 0 until that is known."""
    closing_written: int = 0
    """Day files written so far."""
    server_known: bool = True
    """Whether the figures of the server (clients, sync, queues) are known; a follower gets them from the owner."""
