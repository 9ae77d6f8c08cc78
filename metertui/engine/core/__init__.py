"""One data folder, opened: ingest, loading, day close, corrections."""

from __future__ import annotations

from metertui.engine.core import closes, corrections, listing, loading, one_meter
from metertui.engine.core.batch import Batch
from metertui.engine.core.corrections import Decision, Effect
from metertui.engine.core.counters import CLOSING, Arrival, Close, LiveSnapshot, Peer
from metertui.engine.core.engine import Engine
from metertui.engine.core.importing import COUNTS, Import, Misfit, Piece, Report, ended

__all__ = [
    "CLOSING",
    "COUNTS",
    "Arrival",
    "Batch",
    "Close",
    "Decision",
    "Effect",
    "Engine",
    "Import",
    "LiveSnapshot",
    "Misfit",
    "Peer",
    "Piece",
    "Report",
    "closes",
    "corrections",
    "ended",
    "listing",
    "loading",
    "one_meter",
]
