"""Attributes of accounts in time, as `accounts_history.csv` states them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Final

from metertui.engine.accounts.account import Account
from metertui.engine.attributes import ATTRIBUTES, FIRST_FIELDS, Group
from metertui.engine.base import SiteZone, check_meter_id
from metertui.engine.errors import DataError, Refused
from metertui.engine.storage import CsvTable, encode_rows

HISTORY_KNOWN: Final = ("identifier", "effective_from", *(name for name in ATTRIBUTES if name in FIRST_FIELDS))
HISTORY_LATER: Final = tuple(name for name in ATTRIBUTES if name not in FIRST_FIELDS)
_HEADER: Final = ("identifier", "effective_from", *ATTRIBUTES)

Moves = Mapping[str, Sequence[tuple[int, Group]]]
"""Attributes in time by meter: (effective from µs UTC, group) in order."""


def read_moves(path: Path, zone: SiteZone, data: bytes | None = None) -> dict[str, list[tuple[int, Group]]]:
    """Return the attributes in time of a file, by meter and in order of time. Raises DataError, OSError.

    `data` is read instead of the file.
    """
    stated: dict[str, list[tuple[int, Group]]] = {}
    table = CsvTable(path, HISTORY_KNOWN, HISTORY_LATER, data=data)
    names = table.names
    pick = itemgetter(*(names.index(name) if name in names else -1 for name in _HEADER))
    for line, cells in table.rows():
        cells.append("")  # of a column that is not there
        meter, effective_from, *group = pick(cells)
        try:
            check_meter_id(meter)
            since = zone.parse(effective_from)
        except Refused as error:
            raise DataError(path, line, error.why) from error
        stated.setdefault(meter, []).append((since, Group(*map(sys.intern, group))))
    for moves in stated.values():
        moves.sort(key=itemgetter(0))
    return stated


def is_unfinished(moves: Sequence[tuple[int, Group]], account: Account | None) -> bool:
    """Return whether the last move is half a change: the account in `users.csv` does not confirm it."""
    return account is not None and len(moves) > 1 and moves[-1][1] != account.group == moves[-2][1]


def with_move(moves: Sequence[tuple[int, Group]], since: int, before: Group, after: Group) -> list[tuple[int, Group]]:
    """Return moves with another at `since`, before the last: the attributes in which `before` and `after` differ.

    Each holds until it changed the next time. What was before `since` stays, for all earlier time.
    """
    place = sum(at <= since for at, _ in moves)
    # The first of the moves holds for all earlier time too, and there is no instant before 0.
    found = list(moves[:place]) or [(0, moves[0][1])]
    held = found[-1][1]
    changed = {name: value for name, value in after._asdict().items() if value != getattr(before, name)}
    for at, group in [(since, held), *moves[place:]]:
        changed = {name: value for name, value in changed.items() if getattr(group, name) == getattr(held, name)}
        if found[-1][0] == at:
            found.pop()
        found.append((at, group._replace(**changed)))
    return [move for place, move in enumerate(found) if not place or move[1] != found[place - 1][1]]


def moves_as_csv(moves: Moves, zone: SiteZone) -> bytes:
    """Return the content of the file for `moves`."""
    rows = ((meter, zone.iso(since), *group) for meter, of_meter in moves.items() for since, group in of_meter)
    return encode_rows(chain([_HEADER], rows))
