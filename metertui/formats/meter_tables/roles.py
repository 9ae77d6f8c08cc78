"""What the columns of a table are taken for, from their names, their contents and what a person says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from metertui.engine.errors import DataError
from metertui.formats.meter_tables.figure_columns import (
    FIGURES,
    Figures,
    choose_figures,
    figures_as_said,
    figures_of_slots,
    is_energy,
    is_identifier,
    is_meter_id,
    is_register,
    undecided_figures,
)
from metertui.formats.meter_tables.nem_streams import SUFFIX, are_streams
from metertui.formats.meter_tables.row_series import AS_THEY_SAY, RowSeries, series_of_streams
from metertui.formats.meter_tables.shape import TIMES, Shape, clean
from metertui.formats.meter_tables.statuses import status_of
from metertui.formats.meter_tables.times import TimeColumns, find_times
from metertui.formats.meter_tables.words import (
    NO_MEANING,
    ids_in,
    is_named,
    meaning_of,
    meter_rank,
    plain,
    unit_of,
)
from metertui.formats.said import TIME_ROLES, Asking, Need, NotSaid, Said, signature

CHANNEL: Final = re.compile(r"[a-z0-9_]{1,16}")
_SMALL: Final = re.compile(r"0*[0-9]")
"""The number of a series."""
_OWN: Final = "identifier"
"""How our own files name the column of meters: what stands there is one, even if it is a word such as `pv`."""
_OTHER_ROLES: Final = ("meter", "unit", "quality", "status", "channel", "series")
HEADER: Final = "header"
"""What a person says in place of a column of meters, where their ids are the names of the columns of figures."""


@dataclass(frozen=True)
class Roles:
    """What columns are taken for."""

    times: TimeColumns
    figures: list[Figures]
    meter: int | None = None
    unit: int | None = None
    channel: int | None = None
    """The column whose text says which series a row is of."""
    series: RowSeries = AS_THEY_SAY
    """What registers these are."""
    unknown: Sequence[int] = ()
    """Columns named as if they said which series a row is of, whose texts say nothing."""
    slots: Sequence[int] = ()
    """The columns of the parts of a day, where a row is a day."""
    left_out: Mapping[int, str] = field(default_factory=dict)
    """Columns with figures that are not taken, and why."""
    needs: Sequence[Need] = ()
    """What a person must say of the columns; columns of figures that are not decided have no channel."""

    times_are_a_guess: bool = False

    @property
    def are_decided(self) -> bool:
        """Return whether the columns of figures are known."""
        return bool(self.figures) and all(each.channel for each in self.figures)


def split_columns(shapes: Iterable[Shape], columns: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what a person says of columns, and what of series of rows, by channel: no column has their names."""
    names = [name for shape in shapes for name in shape.names]
    known = {*names, *map(plain, names), *(each for each in map(signature, names) if "#" in each)}

    def is_column(role: str, name: str) -> bool:
        said = {name, plain(name), signature(name)}
        no_channel = role in (*TIME_ROLES, *_OTHER_ROLES, *FIGURES) or CHANNEL.fullmatch(role) is None
        return no_channel or bool(said & known) or (name.isdigit() and 1 <= int(name) <= len(names))

    parts: tuple[dict[str, str], dict[str, str]] = {}, {}
    for role, name in columns.items():
        parts[not is_column(role, name)][role] = name
    return parts


def find_roles(path: Path, shape: Shape, said: Said) -> list[Roles]:
    """Return what the columns of a table are taken for, for each of the series that stand side by side in it.

    What the table does not tell and a person must stands in their needs; a series with needs is none of the table where
    there are others. Raises DataError for what is said that is not there.
    """
    columns, series = split_columns([shape], said.columns)
    told, header_meters = _told(path, shape, columns)
    groups = _groups(path, shape) if not told else [range(len(shape.names))]
    found, failure = [], None
    for places in groups:
        try:
            found.append(_roles(path, shape, places, told, header_meters, said.unit, series))
        except DataError as error:
            failure = error
    if not found:
        assert failure is not None
        raise failure
    return [each for each in found if not each.needs] or found[:1]


def _told(path: Path, shape: Shape, columns: Mapping[str, str]) -> tuple[dict[str, int], bool]:
    """Return the columns that a person names by what they are taken for, and whether meters are names of columns."""
    told = {}
    for role, name in columns.items():
        if role == "meter" and name == HEADER:
            continue
        known = role in TIME_ROLES or role in _OTHER_ROLES or CHANNEL.fullmatch(role) is not None
        if not known and not is_register(role):
            raise DataError(
                path,
                None,
                f"--columns: '{role}' is neither time, start, end, kwh, meter, unit, quality nor a channel, "
                "nor METER:CHANNEL",
            )
        told[role] = column_of(path, shape, name)
    figures = [role for role in told if role not in (*TIME_ROLES, *_OTHER_ROLES)]
    if any(map(is_register, figures)):
        if "meter" in told:
            why = "a column names the meter of each row, so no other can be of one meter"
            raise DataError(path, None, f"--columns: {why}")
        if not all(map(is_register, figures)):
            raise DataError(path, None, "--columns: say METER:CHANNEL of each column of figures, or of none")
    return told, columns.get("meter") == HEADER


def column_of(path: Path, shape: Shape, name: str) -> int:
    """Return the column of a name or number. Raises DataError."""
    same = [at for at, each in enumerate(shape.names) if each == name]
    alike = same or [at for at, each in enumerate(shape.names) if plain(each) == plain(name)]
    if alike:
        return alike[0]
    alike = [at for at, each in enumerate(shape.names) if signature(each) == signature(name)]
    if len(alike) == 1 and "#" in signature(name):
        return alike[0]
    if name.isdigit() and 1 <= int(name) <= len(shape.names):
        return int(name) - 1
    names = ", ".join(shape.names[:12])
    raise DataError(path, None, f"--columns: no column is '{name}'; there are {len(shape.names)}: {names}")


def _is_one(path: Path, shape: Shape) -> bool:
    """Return whether all times of a table go together, such as the two ends of an interval."""
    try:
        find_times(path, shape, range(len(shape.names)), {})
    except DataError:
        return False
    return True


def _groups(path: Path, shape: Shape) -> Sequence[Sequence[int]]:
    """Return the columns of each of the series that stand side by side."""
    names = [plain(name) for name in shape.names]
    count = len(names)
    for size in range(2, count // 2 + 1):
        if count % size == 0 and shape.named and names[size:] == names[:-size]:
            return [range(at, at + size) for at in range(0, count, size)]
    if _is_one(path, shape):
        return [range(count)]
    groups: list[list[int]] = [[]]
    for at, kind in enumerate(shape.kinds):
        if kind in TIMES and any(shape.kinds[each] == "figure" and is_energy(shape, each) for each in groups[-1]):
            groups.append([])
        groups[-1].append(at)
    whole = [any(shape.kinds[at] in TIMES for at in each) for each in groups]
    full = [any(shape.kinds[at] == "figure" and is_energy(shape, at) for at in each) for each in groups]
    return groups if all(whole) and all(full) else [range(count)]


def values(shape: Shape, place: int, most: int = 200) -> list[str]:
    """Return the different texts of a column in the first rows."""
    found: dict[str, None] = {}
    least = min(shape.width, len(shape.names))
    for row in shape.rows:
        if place < len(row.cells) >= least and row.cells[place] and not row.fault:
            found.setdefault(clean(row.cells[place]))
            if len(found) == most:
                break
    return list(found)


def _roles(
    path: Path,
    shape: Shape,
    places: Sequence[int],
    told: Mapping[str, int],
    header_meters: bool,
    asked: str,
    said_series: Mapping[str, str],
) -> Roles:
    asking, guess = Asking(), False
    untold = [at for at in places if at not in told.values()]
    try:
        times = find_times(path, shape, untold, told)
    except NotSaid as error:
        asking.add(error.needs)
        guess = True
        times = TimeColumns("one", tuple(at for at in untold if shape.kinds[at] in TIMES)[:1])
        if not times.start:
            raise
    free = [at for at in places if at not in times.places and (shape.kinds[at] not in TIMES or at in told.values())]
    none = header_meters or any(map(is_register, told))
    meter = told.get("meter", None if none else _meter_column(shape, free))
    free = [at for at in free if at != meter]
    unit = told.get("unit", _first(at for at in free if _is_unit_column(shape, at)))
    statuses = [told[role] for role in ("quality", "status") if role in told]
    statuses = statuses or [at for at in free if at != unit and _is_status_column(shape, at)]
    series = told.get("channel", told.get("series"))
    texts = [at for at in free if shape.kinds[at] == "text" and at not in (unit, *statuses)]
    if series is None:
        series = _first(at for at in texts if _is_channel_column(shape, at) or _is_stream_column(shape, at))
    for name in said_series.values() if series is None else ():
        column_of(path, shape, name)
    by_text = RowSeries({name: role for role, name in said_series.items()})
    is_told = "channel" in told or "series" in told
    if series is not None and not said_series and _is_stream_column(shape, series, told=is_told):
        by_text = series_of_streams(values(shape, series))
    said = {role: at for role, at in told.items() if role not in (*TIME_ROLES, *_OTHER_ROLES)}
    unknown = [at for at in free if at not in (unit, *statuses) and _may_be_channel_column(shape, at)]
    unknown = unknown if series is None and not said else []
    if len(shape.slots) and not said:
        inside = [at for at in shape.slots if at in places and at not in times.places]
        parts = replace(figures_of_slots(shape, inside[0]), status=_status_of_column(statuses, inside[-1]))
        return Roles(times, [parts], meter, unit, series, by_text, unknown, inside)
    if said:
        figures = figures_as_said(shape, said)
        left_out: dict[int, str] = {}
    else:
        candidates = [at for at in free if shape.kinds[at] in ("figure", "date", "epoch") and at not in statuses]
        by_row = series is not None
        try:
            figures, left_out = choose_figures(path, shape, candidates, header_meters, by_row, asked)
        except NotSaid as error:
            asking.add(error.needs)
            figures, left_out = undecided_figures(shape, candidates)
    figures = [replace(each, status=_status_of_column(statuses, each.place)) for each in figures]
    return Roles(times, figures, meter, unit, series, by_text, unknown, (), left_out, tuple(asking.needs), guess)


def _first(places: Iterable[int]) -> int | None:
    return next(iter(places), None)


def _meter_column(shape: Shape, free: Sequence[int]) -> int | None:
    """Return the column of meter ids: that of metering points first, or the only one whose texts are nothing else."""
    ranked = [(rank, -at) for at in free if shape.named and (rank := meter_rank(shape.names[at]))]
    for _, place in sorted(ranked, reverse=True):
        is_own = holds_registers(shape, -place) and all(map(is_identifier, values(shape, -place)))
        if is_own or _holds_ids(shape, -place):
            return -place
    coded = [
        at for at in free if shape.kinds[at] == "text" and all(ids_in(text) == [text] for text in values(shape, at))
    ]
    return coded[0] if len(coded) == 1 else None


def holds_registers(shape: Shape, place: int | None) -> bool:
    """Return whether a column may name registers, `METER:CHANNEL`, as in our own files."""
    return place is not None and shape.named and plain(shape.names[place]) == _OWN


def _holds_ids(shape: Shape, place: int) -> bool:
    found = values(shape, place)
    ids = sum(is_meter_id(text) and meaning_of(text) == NO_MEANING for text in found)
    energy = shape.kinds[place] == "figure" and any("." in text or "," in text for text in found)
    return ids * 2 >= len(found) > 0 and not energy


def _is_unit_column(shape: Shape, place: int) -> bool:
    found = values(shape, place) if shape.kinds[place] == "text" else []
    return (
        bool(found)
        and all(unit_of(text) or meaning_of(text).not_energy != "" for text in found)
        and all(len(text) < 8 for text in found)
        and any(unit_of(text) for text in found)
    )


def _is_status_column(shape: Shape, place: int) -> bool:
    if shape.named and is_named("status", shape.names[place]) and not _holds_decimals(shape, place):
        return True
    found = values(shape, place) if shape.kinds[place] == "text" else []
    return bool(found) and all(status_of(text).known for text in found)


def _holds_decimals(shape: Shape, place: int) -> bool:
    return shape.kinds[place] == "figure" and any("." in text or "," in text for text in values(shape, place))


def _is_channel_column(shape: Shape, place: int) -> bool:
    """Return whether the texts of a column say which series a row is of: all speak of energy, gas and the like."""
    found = values(shape, place)
    said = [meaning_of(text) for text in found]
    speaks = [bool(each.direction or each.tariff or each.energy or each.not_energy) for each in said]
    named = shape.named and is_named("channel", shape.names[place])
    told = any(each.direction or each.tariff or each.not_energy for each in said)
    return bool(found) and ((named and any(speaks)) or (all(speaks) and told)) and (told or len(found) > 1)


def _may_be_channel_column(shape: Shape, place: int) -> bool:
    """Return whether a column is named as if it said which series a row is of, and holds texts or small numbers."""
    named = shape.named and is_named("channel", shape.names[place])
    numbers = shape.kinds[place] == "figure" and all(map(_SMALL.fullmatch, values(shape, place)))
    return named and (shape.kinds[place] == "text" or numbers)


def _is_stream_column(shape: Shape, place: int, *, told: bool = False) -> bool:
    """Return whether the texts of a column are suffixes of the Australian market: `E1`, `B1`.

    By its name it may begin with a stream that is no energy. Of one that is `told` to say the series, the name does not
    matter.
    """
    found = values(shape, place)
    named = shape.named and re.search("suffix|stream", plain(shape.names[place])) is not None
    return (named and bool(found) and all(map(SUFFIX.fullmatch, found))) or (told and are_streams(found))


def _status_of_column(statuses: list[int], place: int) -> int | None:
    """Return the column with the quality of a figure: the next one on its right, or the only one."""
    if len(statuses) > 1:
        return next((at for at in statuses if at > place), statuses[-1])
    return statuses[0] if statuses else None
