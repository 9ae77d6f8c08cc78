"""Attributes of accounts, and what they say of the meters themselves, in time, as `accounts_history.csv` states them.

The columns about the meters themselves are there where any account has one.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from metertui.engine.accounts.account import with_device_fields
from metertui.engine.attributes import ATTRIBUTES, DEVICE_FIELDS, FIRST_FIELDS, NO_DEVICE, DeviceFields, Group
from metertui.engine.base import SiteZone, check_meter_id
from metertui.engine.errors import DataError, Refused
from metertui.engine.storage import CsvTable, encode_rows

HISTORY_KNOWN: Final = ("identifier", "effective_from", *(name for name in ATTRIBUTES if name in FIRST_FIELDS))
HISTORY_LATER: Final = (*(name for name in ATTRIBUTES if name not in FIRST_FIELDS), *DEVICE_FIELDS)
_HEADER: Final = ("identifier", "effective_from", *ATTRIBUTES)
_Value = TypeVar("_Value", Group, DeviceFields)

Moves = Mapping[str, Sequence[tuple[int, Group]]]
"""Attributes in time by meter: (effective from µs UTC, group) in order."""

Devices = Mapping[str, Sequence[tuple[int, DeviceFields]]]
"""What accounts say of the meters themselves in time, in the same way."""


class Courses(NamedTuple):
    """Both."""

    moves: dict[str, list[tuple[int, Group]]]
    devices: dict[str, list[tuple[int, DeviceFields]]]


def read_courses(path: Path, zone: SiteZone, data: bytes | None = None) -> Courses:
    """Return what a file says, by meter and in order of time. Raises DataError, OSError.

    `data` is read instead of the file.
    """
    stated: dict[str, list[tuple[int, Group, DeviceFields]]] = {}
    table = CsvTable(path, HISTORY_KNOWN, HISTORY_LATER, data=data)
    names = table.names
    pick = itemgetter(*(names.index(name) if name in names else -1 for name in (*_HEADER, *DEVICE_FIELDS)))
    for line, cells in table.rows():
        cells.append("")  # of a column that is not there
        meter, effective_from, *texts = pick(cells)
        try:
            check_meter_id(meter)
            since = zone.parse(effective_from)
            said = dict(zip(DEVICE_FIELDS, texts[len(ATTRIBUTES) :], strict=True))
            device = with_device_fields(NO_DEVICE, said) if any(said.values()) else NO_DEVICE
        except Refused as error:
            raise DataError(path, line, error.why) from error
        group = Group(*map(sys.intern, texts[: len(ATTRIBUTES)]))
        stated.setdefault(meter, []).append((since, group, device))
    found = Courses({}, {})
    for meter, rows in stated.items():
        rows.sort(key=itemgetter(0))
        moves, devices = [(since, group) for since, group, _ in rows], [(since, device) for since, _, device in rows]
        if any(device != NO_DEVICE for _, device in devices):
            moves, found.devices[meter] = aligned(moves, devices)
        found.moves[meter] = moves
    return found


def aligned(
    moves: Sequence[tuple[int, Group]], devices: Sequence[tuple[int, DeviceFields]]
) -> tuple[list[tuple[int, Group]], list[tuple[int, DeviceFields]]]:
    """Return both of a meter as the file has them: from one instant on, each where it changes."""
    first = min(moves[0][0], devices[0][0])
    return _changes([(first, moves[0][1]), *moves[1:]]), _changes([(first, devices[0][1]), *devices[1:]])


def _changes(course: list[tuple[int, _Value]]) -> list[tuple[int, _Value]]:
    found = course[:1]
    found += [later for earlier, later in pairwise(course) if later[1] != earlier[1]]
    return found


def is_unfinished(course: Sequence[tuple[int, _Value]], now: _Value) -> bool:
    """Return whether the last change is half of one: the account in `users.csv` is not so `now`, but as before."""
    return len(course) > 1 and course[-1][1] != now == course[-2][1]


def with_move(
    moves: Sequence[tuple[int, _Value]], since: int, before: _Value, after: _Value
) -> list[tuple[int, _Value]]:
    """Return moves with another at `since`, before the last: the attributes in which `before` and `after` differ.

    Each holds until it changed the next time. What was before `since` stays, for all earlier time.
    """
    earlier = bisect_right(moves, since, key=itemgetter(0))
    # The first of the moves holds for all earlier time too, and there is no instant before 0.
    found: list[tuple[int, _Value]] = list(moves[:earlier]) or [(0, moves[0][1])]
    held = found[-1][1]
    changed = {name: value for name, value in after._asdict().items() if value != getattr(before, name)}
    later = [(since, held)]
    later += moves[earlier:]
    for at, group in later:
        changed = {name: value for name, value in changed.items() if getattr(group, name) == getattr(held, name)}
        if found[-1][0] == at:
            found.pop()
        found.append((at, group._replace(**changed)))
    return _changes(found)


def with_field(course: Sequence[tuple[int, _Value]], name: str, value: str, since: int) -> list[tuple[int, _Value]]:
    """Return what holds in time, with another value of one field from `since` on, until that changed the next time.

    The value that it has now, from later than its last change on, is that change at another date: what was before holds
    until then. Other fields stay as they are.
    """
    changes: list[tuple[int, str]] = changes_of(course, name)
    first = getattr(course[0][1], name)
    if changes and changes[-1][0] < since and changes[-1][1] == value:
        changes[-1] = since, value
    else:
        changes = [each for each in changes if each[0] != since]
        place = bisect_right(changes, since, key=itemgetter(0))
        changes.insert(place, (since, value))
    begun = course[0][0] if since >= course[0][0] else 0
    found: list[tuple[int, _Value]] = []
    for at in sorted({begun, *(at for at, _ in course), *(at for at, _ in changes)}):
        _, held = ([each for each in course if each[0] <= at] or course[:1])[-1]
        of_field = [said for since_then, said in changes if since_then <= at]
        found.append((at, held._replace(**{name: (of_field or [first])[-1]})))
    return _changes(found)


def changes_of(course: Sequence[tuple[int, _Value]], name: str) -> list[tuple[int, str]]:
    """Return from when on (µs UTC) a field had another value than before, with these."""
    pairs = pairwise((at, str(getattr(value, name))) for at, value in course)
    return [later for earlier, later in pairs if later[1] != earlier[1]]


def courses_as_csv(moves: Moves, devices: Devices, zone: SiteZone) -> bytes:
    """Return the content of the file: a row wherever one of both changes. Who has devices has moves, see `aligned`."""
    return encode_rows(_rows(moves, devices, zone))


def _rows(moves: Moves, devices: Devices, zone: SiteZone) -> Iterator[Sequence[str]]:
    more = DEVICE_FIELDS if devices else ()
    yield (*_HEADER, *more)
    nothing = NO_DEVICE[: len(more)]
    for meter, groups in moves.items():
        said = devices.get(meter)
        if said is None:
            yield from ((meter, zone.iso(since), *group, *nothing) for since, group in groups)
            continue
        for since, group, device in in_time(groups, said):
            yield meter, zone.iso(since), *group, *device


def in_time(
    moves: Sequence[tuple[int, Group]], devices: Sequence[tuple[int, DeviceFields]]
) -> list[tuple[int, Group, DeviceFields]]:
    """Return what an account said, from each instant (µs UTC) on; without `devices` it says nothing of the meter."""
    said = devices or [(since, NO_DEVICE) for since, _ in moves[:1]]
    instants = sorted({since for since, _ in (*moves, *said)})
    return [(since, _held(moves, since), _held(said, since)) for since in instants]


def _held(course: Sequence[tuple[int, _Value]], instant: int) -> _Value:
    """Return what holds at an instant (µs UTC). The first value holds for all earlier time too."""
    return ([value for since, value in course if since <= instant] or [course[0][1]])[-1]
