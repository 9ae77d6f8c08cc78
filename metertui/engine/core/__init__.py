"""One data folder, opened: ingest, loading, day close, corrections."""

from __future__ import annotations

from metertui.engine.core import closes, corrections, listing, loading, one_meter
from metertui.engine.core.batch import Batch
from metertui.engine.core.corrections import WORDS_ONLY, Effect
from metertui.engine.core.counters import CLOSE_STEPS, Arrival, Close, LiveSnapshot, Peer
from metertui.engine.core.decision_check import NOT_SAID, Decision
from metertui.engine.core.decision_plan import DecisionPlan
from metertui.engine.core.digits_check import check_digits
from metertui.engine.core.engine import Engine
from metertui.engine.core.file_figures import FileFigures
from metertui.engine.core.file_rows import FileRow
from metertui.engine.core.import_report import COUNTS, ImportReport
from metertui.engine.core.importing import FilePiece, Import, deactivation_times
from metertui.engine.core.ingest import Ingest
from metertui.engine.core.read_import import NewReads
from metertui.engine.core.sent_reads import SentReads

__all__ = [
    "CLOSE_STEPS",
    "COUNTS",
    "NOT_SAID",
    "WORDS_ONLY",
    "Arrival",
    "Batch",
    "Close",
    "Decision",
    "DecisionPlan",
    "Effect",
    "Engine",
    "FileFigures",
    "FilePiece",
    "FileRow",
    "Import",
    "ImportReport",
    "Ingest",
    "LiveSnapshot",
    "NewReads",
    "Peer",
    "SentReads",
    "check_digits",
    "closes",
    "corrections",
    "deactivation_times",
    "listing",
    "loading",
    "one_meter",
]
