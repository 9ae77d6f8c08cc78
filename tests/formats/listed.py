"""Intervals and register reads as a test can compare them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from metertui.engine.base.registers import format_kwh
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.importing import FilePiece
from metertui.engine.intervals.lines import format_energy
from metertui.engine.intervals.rows import IntervalPiece
from metertui.formats.said.options import Said
from metertui.formats.said.taken import Taken


def listed(pieces: Iterable[IntervalPiece | FilePiece], zone: SiteZone) -> list[tuple[str, str, str, str, str]]:
    """Return (identifier, start, end, kWh, quality) of each interval, in order."""
    return [
        (piece.rows.ids[code], zone.iso(start), zone.iso(end), format_energy(energy), ["", "E", "S"][quality])
        for piece in pieces
        if isinstance(piece, IntervalPiece)
        for code, start, end, energy, quality in zip(
            piece.rows.code.tolist(),
            piece.rows.start.tolist(),
            piece.rows.end.tolist(),
            piece.rows.energy.tolist(),
            piece.rows.quality.tolist(),
            strict=True,
        )
    ]


def refusals(pieces: Iterable[IntervalPiece | FilePiece]) -> list[str]:
    """Return `line code reason` of each refused line."""
    return [f"{bad.line} {bad.code} {bad.why}" for piece in pieces for bad in piece.refused]


def listed_registers(pieces: Iterable[IntervalPiece | FilePiece], zone: SiteZone) -> list[tuple[str, str, str]]:
    """Return (identifier, time, kWh) of each register read, in order of the file."""
    return [
        (piece.rows.ids[code], zone.iso(time), format_kwh(wh))
        for piece in pieces
        if isinstance(piece, FilePiece)
        for code, time, wh in zip(
            piece.rows.code.tolist(), piece.rows.time.tolist(), piece.rows.wh.tolist(), strict=True
        )
    ]


def taken_for(pieces_of: Callable[..., Iterable[IntervalPiece | FilePiece]], path: Path, said: Said) -> Taken:
    """Return what a reader takes a file for."""
    told: list[Taken] = []
    for _ in pieces_of(path, said, SiteZone("UTC"), tell=told.append):
        pass
    [taken] = told
    return taken
