"""Samples that stand beside the project where it is built, and what they hold; nothing of them is in the project."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.core.importing import FilePiece
from metertui.engine.intervals.rows import UWH_PER_KWH, IntervalPiece

SAMPLES: Final = Path(__file__).parents[3] / "shared" / "samples"
SHAPES: Final = SAMPLES / "shapes"
needs_samples = pytest.mark.skipif(not SHAPES.is_dir(), reason="the samples are not here")


def expected(name: str) -> dict[str, Any]:
    """Return what is expected of a file in SHAPES."""
    entries: list[dict[str, Any]] = json.loads((SHAPES / "expected.json").read_text(encoding="utf-8"))
    return next(entry for entry in entries if entry["file"] == name)


def expected_days(channel: dict[str, Any]) -> dict[str, Fraction]:
    """Return the kWh of a channel by local day."""
    return {day: Fraction(str(kwh)) for day, kwh in channel["kwh_by_local_day"].items()}


def days(pieces: Iterable[IntervalPiece | FilePiece], zone: SiteZone) -> dict[str, dict[str, Fraction]]:
    """Return the kWh of each register by the local day in which an interval begins."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for piece in pieces:
        assert isinstance(piece, IntervalPiece)
        rows = piece.rows
        for code, start, energy in zip(rows.code.tolist(), rows.start.tolist(), rows.energy.tolist(), strict=True):
            found[rows.ids[code]][zone.day(start).isoformat()] += energy
    return {
        register: {day: Fraction(energy, UWH_PER_KWH) for day, energy in of_days.items()}
        for register, of_days in found.items()
    }
