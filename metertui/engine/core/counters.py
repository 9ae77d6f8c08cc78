"""What ingest counts about itself, and the frozen picture of it that the screens show."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from metertui.engine.storage import RefusedLine

CLOSE_STEPS: Final = ("sealing the log", "writing day files", "rebuilding the index", "swapping the index in")
"""What a day close does, step by step."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A stored reading as the live screen lists it. `time` in µs UTC, `wh` the register, `note` why it is suspect."""

    meter: str
    time: int
    wh: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """A finished day close: readings moved, day files written, seconds taken, when it ended (µs UTC), who asked."""

    readings: int
    files: int
    seconds: float
    ended: int
    by: str
    late: int | None = None
    """Readings of days that were over at the close before; None where none before is known."""
    late_files: int = 0
    """Day files that those went into."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A connection. `since` in µs UTC; how many lines it has sent and how many were refused; bytes not taken yet."""

    name: str
    """`host:port` at its end."""
    since: int
    requests: int
    refused: int
    waiting: int


@dataclass(slots=True)
class Counters:
    """Since the start of this process. Only the ingest path writes them; everything else reads."""

    accepted: int = 0
    """Readings stored by ingest, suspect ones among them."""
    duplicates: int = 0
    suspects: int = 0
    registered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Refused lines by wire error code."""
    batches: int = 0
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
    history: tuple[int, ...]
    """Readings accepted in each of the last 120 whole seconds, oldest first."""
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
    """Connections that wait for their turn."""
    p50: float | None
    """Seconds from arrival to answer, of the last minute; None where nothing was answered."""
    p99: float | None
    memory: int
    """Bytes that the process holds in memory."""
    day_state: str
    """`open`, or what the day close is doing, one of CLOSING."""
    progress: float | None
    """Share done of a running day close, 0 to 1; None while none runs."""
    last_close: Close | None
    storage_error: str
    """Why the disk refused last; empty once writing works again."""
    port_error: str
    """Why nobody is listened to any more; empty while the port is open."""
    arrivals: tuple[Arrival, ...]
    """The last readings, newest first."""
    refusals: tuple[RefusedLine, ...]
    """The last refusals, newest first."""
    following: str = ""
    """Where the folder is another process's and this one only reads it: a clause about who owns it."""
    follow_error: str = ""
    """Why this one is not up to date with the folder that it follows; empty where it is."""
    closing_by: str = ""
    """Who asked for the day close that is running; this and what follows is empty while none is."""
    closing_seconds: float = 0.0
    """For how long it has been running."""
    closing_readings: int = 0
    """Readings in the sealed log."""
    closing_files: int = 0
    """Day files that they go into; 0 until that is known."""
    closing_written: int = 0
    """Of those the ones that are written."""
    server_known: bool = True
    """Whether the figures of the server are known (clients, sync, what waits); a follower hears them from the owner."""
