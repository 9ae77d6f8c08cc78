"""Files of register reads, for tests that expect nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from metertui.engine.base.progress import Progress, no_progress
from metertui.engine.base.zone import SiteZone
from metertui.engine.core import FilePiece
from metertui.formats import Form, readers


def read_pieces(
    path: Path, zone: SiteZone, form: Form | None = None, progress: Progress = no_progress
) -> Iterator[FilePiece]:
    """Yield the readings of a file as `readers.read_any` does."""
    for piece in readers.read_any(path, zone, form, progress):
        assert isinstance(piece, FilePiece)
        yield piece
