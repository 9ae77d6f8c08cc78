"""Whether a column of use beside columns of its tariffs holds all of the use, as the figures of the first rows show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from metertui.engine.errors import Refused
from metertui.formats.meter_tables.energies import energy_reader
from metertui.formats.meter_tables.figure_columns import TARIFFS, Figures
from metertui.formats.meter_tables.shape import MISSING, Shape, clean
from metertui.formats.meter_tables.words import is_whole_of, without_units
from metertui.formats.said import quoted, unclear
from metertui.formats.tables import DecimalMark

_ROUNDING: Final = 100
"""Figures may be rounded so that a whole differs from the sum of its parts by a hundredth."""
_FEW: Final = 20
"""One row in so many may be wrong."""


def check_whole_use(path: Path, shape: Shape, figures: Sequence[Figures], marks: Mapping[int, DecimalMark]) -> None:
    """Raise NotSaid for a column of use beside tariffs that is not their sum, and is not named as all of the use.

    It may be one tariff more, such as a shoulder or a controlled load: then the use is all of them.
    """
    for whole in figures:
        parts = [each for each in figures if each.channel in TARIFFS and each.meter == whole.meter]
        if whole.channel != "use" or not parts:
            continue
        name, *others = (shape.names[each.place] for each in (whole, *parts))
        named = is_whole_of(without_units(name), others)
        rows = _energies(shape, [whole, *parts], marks)
        if sum(_is_another(energy, sum(rest), named=named) for energy, *rest in rows) * _FEW > len(rows):
            told = ",".join(f"{each.channel}={name}" for each, name in zip(parts, others, strict=True))
            why = f"column '{name}' is not the sum of {quoted(others)}, and may be one tariff more or all of the use"
            raise unclear(path, "columns", why, f"--columns {told},t3={name} or --columns use={name}")


def _is_another(whole: int, parts: int, *, named: bool) -> bool:
    """Return whether an energy is not that of its parts; where it is `named` as a whole, parts may be missing."""
    apart = whole - parts
    return (abs(apart) if not named else -apart) * _ROUNDING > max(whole, parts)


def _energies(shape: Shape, columns: Sequence[Figures], marks: Mapping[int, DecimalMark]) -> list[list[int]]:
    """Return the figures of the first rows that have one in each of some columns, each in one unit (µWh of a Wh)."""
    readers = [energy_reader(marks[each.place], each.unit or "Wh") for each in columns]
    found = []
    for row in shape.rows:
        if row.fault is not None or len(row.cells) <= max(each.place for each in columns):
            continue
        texts = [clean(row.cells[each.place]) for each in columns]
        with suppress(Refused):
            if texts[0].lower() not in MISSING:
                every = zip(readers, texts, strict=True)
                found.append([0 if text.lower() in MISSING else read(text) for read, text in every])
    return found
