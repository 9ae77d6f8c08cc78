"""The forms of the electricity trade, told apart by how a file begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Final, Literal

from metertui.engine.base import Progress, SiteZone, no_progress
from metertui.engine.core import FilePiece
from metertui.engine.intervals import IntervalPiece
from metertui.formats import green_button, nem12, nem13
from metertui.formats.nem_records import form_of
from metertui.formats.said import Said, Taken

TradeForm = Literal["nem12", "nem13", "espi"]
TRADE_FORMS: Final[Mapping[TradeForm, str]] = {
    "nem12": "a first record 100,NEM12",
    "nem13": "a first record 100,NEM13",
    "espi": "the XML of Green Button",
}
"""What a file of each form begins with."""
_READERS: Final[Mapping[TradeForm, ModuleType]] = {"nem12": nem12, "nem13": nem13, "espi": green_button}


def detect_trade_form(head: bytes) -> TradeForm | None:
    """Return the form of a file that begins like this, or None."""
    match form_of(head):
        case "NEM12":
            return "nem12"
        case "NEM13":
            return "nem13"
        case _:
            return "espi" if green_button.is_form(head) else None


def read_pieces(
    path: Path,
    form: TradeForm,
    said: Said,
    zone: SiteZone,
    progress: Progress = no_progress,
    tell: Callable[[Taken], object] = str,
) -> Iterator[FilePiece | IntervalPiece]:
    """Yield the readings or intervals of a file, and what is neither; `tell` what the file is taken for.

    Raises DataError if it contradicts what is said or neither suffices; OSError.
    """
    yield from _READERS[form].read_pieces(path, said, zone, progress, tell)
