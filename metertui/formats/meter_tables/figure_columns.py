"""Which columns of a table hold energy, of which register, and which are left out.

A name that says nothing is not taken, and what may be use or feed-in is asked for: nothing is half guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from metertui.engine.base import check_identifier, check_meter_id
from metertui.engine.errors import Refused
from metertui.formats.meter_tables.shape import Shape
from metertui.formats.meter_tables.words import (
    NO_MEANING,
    POWER_UNITS,
    Meaning,
    ids_in,
    is_named,
    meaning_of,
    plain,
    without_units,
)
from metertui.formats.said import NotSaid, not_said, several, unclear

_ID_DIGITS: Final = 5
"""From so many digits on, the name of a column is the id of a meter."""
_POINT_LENGTH: Final = 16
"""Codes in other texts are shorter than those of metering points, which are 18 to 33 characters long."""


@dataclass(frozen=True)
class Figures:
    """A column of figures that is taken."""

    place: int
    channel: str
    unit: str
    register: bool = False
    """Whether its name says that it holds registers."""
    says_energy: bool = False
    """Whether its name says that it is what was used in a time."""
    directed: bool = False
    """Whether its name says use, feed-in or production."""
    meter: str = ""
    """The meter that its name, or a text above it, names."""
    status: int | None = None
    """The column with the quality of its figures."""
    sign: int = 0
    """1 or -1 where only its positive or negative figures are of the channel, as another has the others."""


FIGURES: Final = ("kwh", "energy", "value")
"""What a person may call a column of figures without its channel."""
NO_FIGURES: Final = Figures(-1, "", "")
TARIFFS: Final = frozenset(f"t{number}" for number in range(1, 10))
"""The channels whose sum is the use."""


def is_energy(shape: Shape, place: int) -> bool:
    meaning = _meaning(shape, place)
    return meaning.energy and not meaning.not_energy


def _meaning(shape: Shape, place: int) -> Meaning:
    """Return what the name of a column and the texts above it say of its figures."""
    meaning = meaning_of(shape.names[place]) if shape.named else NO_MEANING
    for text in reversed(shape.context[place]):
        meaning = meaning.filled(meaning_of(text))
    if meaning.direction in ("", "consumed") and not meaning.not_energy:
        meaning = replace(meaning, direction=_direction_before(shape) or meaning.direction)
    return meaning


def _direction_before(shape: Shape) -> str:
    """Return the direction that the rows before a table, or its sheet, state for all of it; use needs no word."""
    for texts in (*shape.before, [shape.sheet]):
        named, value = " ".join(texts[:1]), " ".join(texts[-1:])
        direction = meaning_of(value).direction
        if is_named("direction", named) and direction in ("export", "production", "doubtful"):
            return direction
        if len(texts) == 1 and direction in ("export", "production") and "export" not in plain(value):
            return "doubtful"
    return ""


def figures_as_said(shape: Shape, said: Mapping[str, int]) -> list[Figures]:
    """Return columns of figures as a person says them, by channel; `kwh` is in the direction of the column's name.

    A column that is both use and feed-in holds the latter negative.
    """
    figures = [_said_column(shape, role, at) for role, at in said.items()]
    places = [each.place for each in figures]
    return [
        replace(each, sign=-1 if each.channel in ("export", "production") else 1)
        if places.count(each.place) > 1
        else each
        for each in figures
    ]


def _said_column(shape: Shape, role: str, place: int) -> Figures:
    meaning = _meaning(shape, place)
    channel, meter = role, _id_above(shape, place)
    if is_register(role):
        meter, channel = role.split(":")
    if role in FIGURES:
        channel = channel_of(meaning) if meaning.direction in ("export", "production") else "use"
    says, directed = meaning.direction == "consumed", meaning.direction != ""
    return Figures(place, channel, meaning.unit, meaning.register, says, directed, meter)


def is_register(role: str) -> bool:
    """Return whether a person says of which meter a column is: `METER:CHANNEL`, also of the use."""
    return ":" in role and is_identifier(role)


def is_identifier(text: str) -> bool:
    """Return whether a text can be a meter or one of its registers, `METER:CHANNEL`."""
    try:
        return bool(check_identifier(text))
    except Refused:
        return False


def channel_of(meaning: Meaning) -> str:
    """Return the channel of a register by what its name says."""
    number = meaning.tariff
    match meaning.direction:
        case "export":
            return f"e{number}" if number else "export"
        case "production":
            return "production"
        case _:
            return f"t{number}" if number else "use"


def _id_above(shape: Shape, place: int) -> str:
    for text in (shape.names[place] if shape.named else "", *reversed(shape.context[place])):
        found = ids_in(text)
        if found and len(found[0]) >= _POINT_LENGTH:
            return found[0]
    return ""


def figures_of_slots(shape: Shape, place: int) -> Figures:
    """Return the figures of the parts of a day, where a row is a day; `place` is one of their columns."""
    meaning = NO_MEANING
    for text in reversed(shape.context[place]):
        meaning = meaning.filled(meaning_of(text))
    return Figures(-1, channel_of(meaning), meaning.unit, says_energy=True, directed=True)


def choose_figures(
    path: Path, shape: Shape, candidates: Sequence[int], header_meters: bool, by_row: bool, unit: str
) -> tuple[list[Figures], dict[int, str]]:
    """Return the columns of figures to take, and those to leave out with the reason. Raises NotSaid."""
    meanings = {at: _meaning(shape, at) for at in candidates}
    if unit in POWER_UNITS:
        meanings = {at: _as_energy(each) for at, each in meanings.items()}
    left_out = {at: each.not_energy for at, each in meanings.items() if each.not_energy}
    taken = [at for at in candidates if at not in left_out]
    if header_meters:
        return [_of_meter(shape, at) for at in taken if is_meter_id(shape.names[at])], left_out
    meters = [at for at in taken if shape.named and _is_meter_name(shape.names[at])]
    if meters:
        return [_of_meter(shape, at) for at in meters], left_out
    known = [at for at in taken if meanings[at].energy or (meanings[at].total and len(taken) == 1)]
    doubtful = [at for at in known if meanings[at].direction == "doubtful"]
    if doubtful:
        name = shape.names[doubtful[0]]
        give = f"--columns use={name} or export={name}"
        raise unclear(path, "columns", f"column '{name}' may be use or feed-in", give)
    directed = [at for at in known if meanings[at].direction not in ("", "net")]
    for at in [*taken]:
        meaning = meanings[at]
        if meaning.direction == "net" and directed and (meaning.energy or (meaning.total and len(taken) == 1)):
            left_out[at] = "net of the others"
        elif meaning.total and not meaning.register and not meaning.direction and directed:
            left_out[at] = "a total of others"
        elif (
            meaning.total
            and meaning.direction == "export"
            and any(meanings[each].direction == "export" and meanings[each].tariff for each in known)
        ):
            left_out[at] = "the total of its tariffs"
    known = [at for at in known if at not in left_out]
    stems: dict[tuple[str, ...], int] = {}
    for at in [*known]:
        stem = tuple(plain(without_units(text)) for text in (shape.names[at], *shape.context[at]))
        if meanings[stems.setdefault(stem, at)].unit != meanings[at].unit:
            left_out[at] = "the same energy in another unit"
            known.remove(at)
    if not known:
        raise _no_energy(path, shape, meanings, left_out)
    if any(meanings[at].direction == "net" for at in known):
        name = next(shape.names[at] for at in known if meanings[at].direction == "net")
        give = f"--columns kwh=NAME, or kwh={name}"
        raise unclear(path, "columns", f"column '{name}' is use less feed-in, not either", give)
    used = {meanings[at].register for at in known if meanings[at].direction == "use"}
    figures = [_taken(shape, at, meanings[at], meanings[at].register in used) for at in known]
    _check_apart(path, shape, figures, by_row)
    return figures, left_out


def undecided_figures(shape: Shape, candidates: Sequence[int]) -> tuple[list[Figures], dict[int, str]]:
    """Return the columns of figures of which a person must say what they are, and those to leave out with the reason.

    They have no channel.
    """
    meanings = {at: _meaning(shape, at) for at in candidates}
    left_out = {at: each.not_energy for at, each in meanings.items() if each.not_energy}
    asked = [at for at in candidates if at not in left_out] or [*candidates]
    figures = [
        Figures(at, "", each.unit, each.register, each.direction == "consumed", each.direction != "")
        for at, each in meanings.items()
        if at in asked
    ]
    return figures, {at: why for at, why in left_out.items() if at not in asked}


def _as_energy(meaning: Meaning) -> Meaning:
    """Return what a name says where a person takes the power that it speaks of as the mean of each interval."""
    return replace(meaning, not_energy="", energy=True) if meaning.not_energy == "power" else meaning


def is_power(path: Path, name: str, unit: str = "") -> NotSaid:
    """Return the error for a column of power, in a `unit` if one is named, that nobody takes for energy."""
    give = f"--unit {unit or 'kW'} if it is the mean of each interval"
    return unclear(path, "unit", f"column '{name}' is power, not energy", give)


def _no_energy(path: Path, shape: Shape, meanings: Mapping[int, Meaning], left_out: Mapping[int, str]) -> NotSaid:
    names = ", ".join(f"'{name}'" for name in shape.names[:12])
    if set(left_out.values()) == {"power"}:
        at = next(iter(left_out))
        return is_power(path, shape.names[at], meanings[at].unit)
    return not_said(path, "columns", f"none of {names} is known to be energy")


def _taken(shape: Shape, place: int, meaning: Meaning, beside_use: bool) -> Figures:
    channel = channel_of(meaning)
    if meaning.direction == "consumed" and beside_use:
        channel = "consumed"
    says, directed = meaning.direction == "consumed", meaning.direction != ""
    return Figures(place, channel, meaning.unit, meaning.register, says, directed, _id_above(shape, place))


def _check_apart(path: Path, shape: Shape, figures: Sequence[Figures], by_row: bool) -> None:
    """Raise NotSaid for columns that would be the same register."""
    same: dict[tuple[bool, str, str], list[str]] = {}
    for each in figures:
        if not by_row or each.channel == "use":
            same.setdefault((each.register, each.meter, each.channel), []).append(shape.names[each.place])
    for (_, _, channel), names in same.items():
        if len(names) > 1:
            raise NotSaid(path, [several("columns", channel, names)])


def is_meter_id(text: str) -> bool:
    """Return whether a text can be the id of a meter."""
    try:
        return bool(check_meter_id(text))
    except Refused:
        return False


def _is_meter_name(name: str) -> bool:
    """Return whether the name of a column of figures is surely the id of a meter."""
    return is_meter_id(name) and sum(map(str.isdigit, name)) >= _ID_DIGITS and meaning_of(name) == NO_MEANING


def _of_meter(shape: Shape, place: int) -> Figures:
    meaning = NO_MEANING
    for text in reversed(shape.context[place]):
        meaning = meaning.filled(meaning_of(text))
    return Figures(place, channel_of(meaning), meaning.unit, meaning.register, meter=shape.names[place])
