"""What the files of an import say of accounts: who has which meter, and with which attributes in time.

A file says that a meter has moved where its rows change, not where they go on as before. What is stored of an account
stands before what a file says of the same instant, or says again: a reading that is stored already states nothing about
a time of which the attributes are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile, pairwise
from operator import itemgetter
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.accounts import Account, AccountBook, Change, account_history
from metertui.engine.attributes import DeviceFields
from metertui.engine.base import Int64Array, SiteZone
from metertui.engine.columns import Group, run_edges

Moves = Sequence[tuple[int, Group]]
"""Attributes in time: (effective from µs UTC, group), ascending."""
NO_STATEMENT: Final = -1
"""In place of a group where a file has no attributes."""
_NEVER: Final = 1 << 62
"""Later than any reading, µs UTC."""


class Statements(NamedTuple):
    """The stored and new readings of some files, with what the files state of their meters; n readings."""

    ids: Sequence[str]
    """Meter ids by code."""
    groups: Sequence[Group]
    meter: NDArray[np.int32]
    """Meter codes, int32[n]."""
    time: Int64Array
    """µs UTC, int64[n]."""
    group: NDArray[np.int32]
    """Positions in `groups`, or NO_STATEMENT; int32[n]."""
    new: NDArray[np.bool_]
    """Which readings are not stored yet, bool[n]."""


def planned_accounts(book: AccountBook, stated: Statements, now: int) -> tuple[list[Account], dict[str, Moves]]:
    """Return the accounts and moves to put into `book`, as of `now` (µs UTC)."""
    order = np.lexsort((stated.time, stated.meter))
    meter, time = stated.meter[order], stated.time[order]
    group, new = stated.group[order], stated.new[order]
    edges = run_edges(meter)
    changes = changed_rows(meter, group)
    bounds = np.searchsorted(changes, edges)
    accounts: list[Account] = []
    moves: dict[str, Moves] = {}
    for start, (low, high) in zip(edges[:-1].tolist(), pairwise(bounds.tolist()), strict=True):
        account = book.get(stated.ids[meter[start]])
        known = [] if account is None else known_moves(account, book.moves_of(account.meter), now)
        since = known[0][0] if known else _NEVER
        rows = changes[low:high]
        rows = rows[new[rows] | (time[rows] < since)]
        said = without_repeats([(int(time[row]), stated.groups[group[row]]) for row in rows.tolist()])
        if account is not None and not said:
            continue
        course = without_repeats([*said, *known])
        before = account or Account(stated.ids[meter[start]], registered=int(time[start]))
        after = replace(before, **course[-1][1]._asdict()) if course else before
        if after != account:
            accounts.append(after)
        before_moves = list(book.moves_of(after.meter))
        if course != before_moves and (before_moves or len(course) > 1):
            moves[after.meter] = course
    return accounts, moves


class PowerChange(NamedTuple):
    """What an import makes of the most power of a meter, as its account says it, kW."""

    since: int
    """µs UTC."""
    before: str
    """Empty if the account said nothing."""
    after: str

    def audited(self, zone: SiteZone) -> str:
        """Return it for `audit.log`, as that of an account that a person modifies."""
        return f"max_kw={self.after} (before: {self.before or 'nothing'}) from {zone.iso(self.since)}"


def with_max_kw(
    book: AccountBook, accounts: Sequence[Account], moves: Mapping[str, Moves], first: Mapping[str, int], max_kw: str
) -> tuple[Change, dict[str, PowerChange]]:
    """Return planned accounts and moves with the most power (kW) that a person says of meters, and what it was.

    It holds from the `first` of what is imported of each on (µs UTC), until the account says another one.
    """
    changed = {account.meter: account for account in accounts}
    powers: dict[str, PowerChange] = {}
    all_moves, devices = dict(moves), dict[str, Sequence[tuple[int, DeviceFields]]]()
    for meter, since in first.items():
        known = book.get(meter)
        account = changed.get(meter) or known
        if account is None:
            continue
        if known is None:
            changed[meter] = replace(account, device=account.device._replace(max_kw=max_kw))
            powers[meter] = PowerChange(since, "", max_kw)
            continue
        begun = known.registered or 0
        course = list(book.devices_of(meter)) or [(begun, known.device)]
        held = [device for at, device in course if at <= since] or [course[0][1]]
        if held[-1].max_kw == max_kw:
            continue
        powers[meter] = PowerChange(since, held[-1].max_kw, max_kw)
        said = account_history.with_move(course, since, held[-1], held[-1]._replace(max_kw=max_kw))
        of_group = all_moves.get(meter) or book.moves_of(meter) or [(begun, account.group)]
        all_moves[meter], said = account_history.aligned(of_group, said)
        devices[meter] = said if len(said) > 1 else []
        changed[meter] = replace(account, device=said[-1][1])
    return Change(list(changed.values()), all_moves, devices), powers


def changed_rows(meter: NDArray[np.int32], group: NDArray[np.int32]) -> Int64Array:
    """Return the rows that state other attributes than the row before of their meter, ascending.

    The rows are in order of meter and time.
    """
    stated = np.flatnonzero(group != NO_STATEMENT)
    changed = np.ones(len(stated), dtype=bool)
    changed[1:] = np.diff(meter[stated]).astype(bool) | np.diff(group[stated]).astype(bool)
    return np.asarray(stated[changed], dtype=np.int64)


def known_moves(account: Account, moves: Moves, now: int) -> list[tuple[int, Group]]:
    """Return an account's attributes in time; without a date they are from its registration or `now` (µs UTC).

    A time at the beginning in which it had none at all is not known: what a file says of it is new.
    """
    if moves:
        return list(dropwhile(lambda move: move[1] == Group(), moves))
    if account.group == Group():
        return []
    return [(now if account.registered is None else account.registered, account.group)]


def without_repeats(stated: Moves) -> list[tuple[int, Group]]:
    """Return attributes in order of time, without those that repeat the ones before them.

    Of several at one instant the last one counts.
    """
    course: list[tuple[int, Group]] = []
    for since, group in sorted(dict(stated).items(), key=itemgetter(0)):
        if not course or course[-1][1] != group:
            course.append((since, group))
    return course
