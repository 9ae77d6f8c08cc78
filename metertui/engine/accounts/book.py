"""The accounts of a data folder: the fields registered for each meter, now and in time, and their changes."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from metertui.engine.accounts.account import Account, with_fields
from metertui.engine.accounts.account_files import AccountFiles, Stand
from metertui.engine.accounts.account_history import (
    Devices,
    Moves,
    aligned,
    changes_of,
    in_time,
    is_unfinished,
    with_field,
    with_move,
)
from metertui.engine.accounts.search import AccountFinder
from metertui.engine.attributes import ACCOUNT_FIELDS, ATTRIBUTES, DEVICE_FIELDS, DeviceFields
from metertui.engine.base import SiteZone, check_meter_id
from metertui.engine.columns import Group
from metertui.engine.errors import MeterError, Refused, StorageError
from metertui.engine.storage import durable
from metertui.engine.vee import Edit, EditLog


@dataclass(frozen=True, slots=True)
class Change:
    """Accounts after a change, and what changed in time: attributes, and what is said of the meters themselves."""

    accounts: Sequence[Account]
    moves: Moves
    devices: Devices = field(default_factory=dict)
    """Each of a meter that has moves; one without any takes all away."""


class Entry(NamedTuple):
    """An account with its attributes, and what it says of the meter itself, in time."""

    account: Account
    moves: list[tuple[int, Group]]
    devices: list[tuple[int, DeviceFields]]


@dataclass(frozen=True, slots=True)
class Standing:
    """How many accounts there are between two batches, and the file that holds just these."""

    count: int
    file: Stand


@dataclass(frozen=True, slots=True)
class Draft:
    """A change on disk, in files beside those that it will replace."""

    change: Change
    standing: Standing
    users: durable.Replacement
    history: durable.Replacement | None

    def drop(self) -> None:
        """Remove the draft."""
        self.users.discard()
        if self.history is not None:
            self.history.discard()


class AccountBook:
    """The accounts of a data folder. O(1) by meter; by text see search.py. Changes are on disk when they return."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self._files = AccountFiles(folder, zone)
        self._zone = zone
        self._accounts: dict[str, Account] = {}
        self.finder = AccountFinder(self.get)
        """The accounts by number, in order of their ids, and by part of a text."""
        self._moves: dict[str, list[tuple[int, Group]]] = {}
        self._devices: dict[str, list[tuple[int, DeviceFields]]] = {}
        self._unfinished = False
        self.warnings: list[str] = []

    # -- reading -----------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read both files. What a crash left in part, a last row or a change, is dropped and reported in `warnings`.

        The files stay as they are, see `mend`. Raises DataError, OSError.
        """
        collecting = gc.isenabled()
        gc.disable()  # a million accounts make no garbage, and looking for it takes longer than reading them
        try:
            self._accounts = self._files.read_accounts()
            if self._files.damage is not None:
                self.warnings.append(self._files.damage.warning)
            self.finder.add_meters(self._accounts)
            self._unfinished = self._load_moves()
        finally:
            if collecting:
                gc.enable()

    def mend(self) -> None:
        """Finish a change that a crash interrupted, and remove from the files what `load` dropped.

        Raises StorageError.
        """
        if self._files.pending:
            self.warnings.append("a change of accounts that was interrupted was finished")
        self._files.finish_change()
        if self._unfinished:
            self._files.rewrite_courses(self._moves, self._devices)
        self._files.mend()

    def _load_moves(self) -> bool:
        """Read what changed in time. Return whether any of it was half a change."""
        self._moves, self._devices = self._files.read_courses()
        return any([self._drop_unfinished(meter) for meter in self._moves])

    def _drop_unfinished(self, meter: str) -> bool:
        """Undo half a change whose second half never came to `users.csv`. Return whether there was one."""
        account = self._accounts.get(meter)
        moves, devices = self._moves[meter], self._devices.get(meter, [])
        if account is None:
            return False
        half = [is_unfinished(moves, account.group), is_unfinished(devices, account.device)]
        if half[0]:
            moves.pop()
        if half[1]:
            devices.pop()
        if any(half):
            name = self._files.history_path.name
            self.warnings.append(f"{name}: the last change of {meter} was dropped, as users.csv does not have it")
        return any(half)

    def replace_known(self, entry: Entry) -> None:
        """Replace one account by what another process has written to the files."""
        account, moves, devices = entry
        meter = account.meter
        if meter in self._accounts:
            self._accounts[meter] = account
            self.finder.mark_changed(meter)
        else:
            self.add_account(account)
        self._moves.pop(meter, None)
        self._devices.pop(meter, None)
        if moves:
            self._moves[meter] = list(moves)
        if devices:
            self._devices[meter] = list(devices)

    def __contains__(self, meter: object) -> bool:
        return meter in self._accounts

    def __len__(self) -> int:
        return len(self._accounts)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def get(self, meter: str) -> Account | None:
        """Return the account of a meter; None if it is not registered."""
        return self._accounts.get(meter)

    def frozen(self) -> Mapping[str, Account]:
        """Return the accounts as they are now, by meter; a copy for any thread, of a pointer an account."""
        return dict(self._accounts)

    def moves_of(self, meter: str) -> Sequence[tuple[int, Group]]:
        """Return a meter's attributes in time: (effective from µs UTC, group) in order; empty if they never changed.

        The first one holds for all earlier time too.
        """
        return self._moves.get(meter, ())

    def entry_of(self, meter: str) -> Entry | None:
        """Return an account with what changed in time; None if the meter is not registered."""
        account = self._accounts.get(meter)
        if account is None:
            return None
        return Entry(account, list(self.moves_of(meter)), list(self.devices_of(meter)))

    def history_of(self, meter: str) -> list[tuple[int, Group, DeviceFields]]:
        """Return both in time: what the account said from each instant (µs UTC) on."""
        return in_time(self.moves_of(meter), self.devices_of(meter))

    def devices_of(self, meter: str) -> Sequence[tuple[int, DeviceFields]]:
        """Return what its account says of a meter itself in time, in the same way."""
        return self._devices.get(meter, ())

    def search(self, text: str, limit: int = 20) -> list[Account]:
        """Return accounts whose id, address, postcode, region or sub-region contains `text`, in any case.

        The id that is `text` comes first, then ids that begin with it, then the rest.
        """
        found = self.finder.find_accounts(text, limit)
        assert found is not None
        return found

    # -- registering: checked at once, written together ------------------------------------------------------------

    def prepare_account(
        self, meter: str, fields: Mapping[str, str], now: int, allowed: Collection[str] = ACCOUNT_FIELDS
    ) -> Account:
        """Return a new account with fields of those allowed, checked but not stored. Raises Refused."""
        check_meter_id(meter)
        if meter in self._accounts:
            raise Refused("already-registered", f"{meter} is registered already")
        return with_fields(Account(meter, registered=now), fields, allowed)

    def append_rows(self, accounts: Sequence[Account], *, sync: bool = True) -> int:
        """Write new accounts to disk.

        Return the mark with which `retract_rows` undoes it. Any thread. Raises StorageError.
        """
        if not self._files.can_append(accounts):
            self._files.rewrite_accounts([*self._accounts.values(), *accounts])
            return -1
        return self._files.append_rows(accounts, sync=sync)

    def retract_rows(self, mark: int) -> None:
        """Undo the last append, because its readings could not be stored. Any thread. Raises StorageError."""
        if mark < 0:
            self._files.rewrite_accounts(self._accounts.values())
            return
        self._files.cut_rows(mark)

    def add_account(self, account: Account) -> None:
        """Add an account that is on disk to those in memory."""
        self._accounts[account.meter] = account
        self.finder.add_meter(account.meter)

    # -- changing: planned, drafted beside ingest, then put in place between two batches ---------------------------

    def plan_change(self, meter: str, fields: Mapping[str, str], now: int, since: int | None = None) -> Change:
        """Return the change of some fields from `since` on (µs UTC; `now` if None). Raises Refused, MeterError.

        The last change is corrected so too: by the account as it is with another `since`, or by other attributes with
        the same; those from before it take it back. An attribute set from a time before the last change, or before the
        registration, holds until it changed the next time. A field that is as it is, and is no part of the last change,
        has its own last change at another date.
        """
        before = self._known(meter)
        account = with_fields(before, fields)
        start = before.registered or 0
        moves = list(self.moves_of(meter)) or [(start, before.group)]
        devices = list(self.devices_of(meter)) or [(start, before.device)]
        if since is not None:
            self._check_not_future(since, now)
        as_before = account == before
        own = [name for name in DEVICE_FIELDS if getattr(account.device, name) != getattr(before.device, name)]
        earlier: list[str] = []
        of_group = account.group != before.group or not own
        if as_before and since is not None and (last := _last_change(moves, devices)):  # another date for a change
            spoken = last.intersection(fields) or set(fields) or last
            own = [name for name in DEVICE_FIELDS if name in spoken]
            of_group = bool(last.intersection(ATTRIBUTES, spoken))
            earlier = [] if of_group else [name for name in ATTRIBUTES if name in spoken]
        said, then = devices, max(now, devices[-1][0] + 1) if since is None else since
        for name in own:
            said = with_field(said, name, getattr(account.device, name), then)
        account = replace(account, device=said[-1][1])
        found = moves
        for name in earlier:
            found = with_field(found, name, getattr(account.group, name), then)
        if of_group:
            found, group = self._with_change(meter, moves, account.group, now, since, corrected=as_before)
            account = replace(account, **group._asdict())
        if said == devices:
            return Change([account], {meter: found} if found != moves else {})
        found, said = aligned(found, said)
        return Change([account], {meter: found}, {meter: said if len(said) > 1 else []})

    def _with_change(
        self,
        meter: str,
        known: list[tuple[int, Group]],
        after: Group,
        now: int,
        since: int | None,
        *,
        corrected: bool,
    ) -> tuple[list[tuple[int, Group]], Group]:
        """Return what holds in time with a change to `after`, and what holds now. Raises Refused.

        The last change may be `corrected`: take effect at another time.
        """
        moves = list(known)
        last, held = moves[-1]
        if since == last and len(moves) > 1 and after == held:  # the last change, once more
            return moves, held
        if since == last:
            corrected = after != held
        if since is not None:
            if after != held and (since < last or len(moves) == 1):
                moves = with_move(known, since, held, after)
                return moves, moves[-1][1]
            if len(moves) > 1 and corrected:
                moves.pop()
            self._check_after(meter, since, moves)
        if after != moves[-1][1]:
            # The clock may have jumped back, and what was before stays before.
            moves.append((max(now, last + 1) if since is None else since, after))
        return moves, after

    def _check_not_future(self, since: int, now: int) -> None:
        """Check that a change may take effect at `since`. Raises Refused."""
        if since > now:
            raise Refused(
                "future-timestamp", f"{self._zone.iso(since)} is in the future; enter the change on or after that day"
            )

    def _check_after(self, meter: str, since: int, moves: Sequence[tuple[int, object]]) -> None:
        """Check that the last change may take effect at `since`. Raises Refused."""
        if since <= moves[-1][0]:
            last = self._zone.iso(moves[-1][0])
            if len(moves) > 1:
                why = f"has had its attributes since {last}; a change must be later"
            else:
                why = (
                    f"was registered at {last}; only another region, sub-region or apartment type can hold from before"
                )
            raise Refused("bad-timestamp", f"{meter} {why}")

    def plan_activity(self, meter: str, *, active: bool) -> Change:
        """Return the change that reactivates or deactivates an account. Raises MeterError."""
        account = self._known(meter)
        if account.active == active:
            raise MeterError(f"{meter} is {'active' if active else 'deactivated'} already")
        return Change([replace(account, active=active)], {})

    def put_accounts(self, accounts: Iterable[Account], moves: Moves) -> None:
        """Add or replace many accounts, and set the attributes in time of some, with one rewrite of each file.

        Raises StorageError.
        """
        self.put_change(Change(list(accounts), moves))

    def put_change(self, change: Change) -> None:
        """Make a change. Raises StorageError."""
        self.commit_change(self.draft_change(self.standing(), change))

    def _known(self, meter: str) -> Account:
        account = self._accounts.get(meter)
        if account is None:
            raise MeterError(f"{meter} is not registered")
        return account

    def standing(self) -> Standing:
        """Return the number of accounts and the state of their file. Between two batches, when both agree."""
        return Standing(len(self._accounts), self._files.stand())

    def draft_change(self, standing: Standing, change: Change) -> Draft:
        """Write a change to draft files; nothing takes effect yet. Any thread.

        Registrations may go on meanwhile, other changes not. Raises StorageError.
        """
        history = None
        if change.moves:
            moves = {**self._moves, **change.moves}
            history = self._files.draft_courses(moves, _without_none({**self._devices, **change.devices}))
        try:
            users = self._files.draft_accounts(
                standing.file, self._one_row(change), lambda: self._as_after(change, standing.count)
            )
        except BaseException:
            if history is not None:
                history.discard()
            raise
        return Draft(change, standing, users, history)

    def _one_row(self, change: Change) -> tuple[Account, Account] | None:
        """Return the row that a change replaces and its replacement; None for a change of several rows."""
        changed = {account.meter: account for account in change.accounts}
        if len(changed) != 1:
            return None
        (account,) = changed.values()
        before = self._accounts.get(account.meter)
        return None if before is None else (before, account)

    def _as_after(self, change: Change, count: int) -> list[Account]:
        """Return the first `count` accounts as they are after a change. There may be more by now."""
        changed = {account.meter: account for account in change.accounts}
        known = [self.finder.meter_at(row) for row in range(count)]
        known_accounts = [changed.pop(meter) if meter in changed else self._accounts[meter] for meter in known]
        return [*known_accounts, *changed.values()]

    def commit_change(self, draft: Draft) -> None:
        """Move a draft into place, so that the change takes effect.

        Any thread, between two batches. Raises StorageError.
        """
        change, standing = draft.change, draft.standing
        stand = self._files.stand()
        known, known_devices = self._moves, self._devices
        since = {self.finder.meter_at(row) for row in range(standing.count, len(self.finder))}
        changed = {account.meter: account for account in change.accounts if account.meter not in since}
        moves = {meter: list(each) for meter, each in change.moves.items() if meter not in since}
        devices = {meter: list(each) for meter, each in change.devices.items() if meter not in since}
        devices = _without_none({**known_devices, **devices})
        try:
            if len(changed) == len(change.accounts) and _goes_on(stand, standing.file):
                self._files.add_registrations(draft.users, standing.file.size, stand.size)
                self._files.switch_drafts(draft.users, draft.history)
            else:  # since then the file was rewritten, or an account of the change was registered, which stays
                draft.drop()
                everyone = list({**self._accounts, **changed}.values())
                self._files.switch_drafts(
                    self._files.draft_accounts(stand, None, lambda: everyone),
                    self._files.draft_courses({**known, **moves}, devices) if moves else None,
                )
        except StorageError:
            draft.drop()
            with contextlib.suppress(StorageError):
                self.settle()
            raise
        self._moves, self._devices = {**known, **moves}, devices
        self._files.appendable = True
        for meter, account in changed.items():
            if meter in self._accounts:
                self._accounts[meter] = account
                self.finder.mark_changed(meter)
            else:
                self.add_account(account)

    def commit_with_edits(self, draft: Draft, events: EditLog, edits: Sequence[Edit]) -> None:
        """Commit a change together with its edits: both are on disk then, or neither. Raises StorageError."""
        mark = events.append_edits(edits)
        try:
            self.commit_change(draft)
        except StorageError:
            events.retract_append(mark)
            raise

    def settle(self) -> None:
        """Rewrite files that a failed write may have left in an unknown state. Raises StorageError."""
        if self._files.doubtful:
            self._files.rewrite_courses(self._moves, self._devices)
            self._files.rewrite_accounts(self._accounts.values())
            self._files.doubtful = False


def _last_change(moves: Sequence[tuple[int, Group]], devices: Sequence[tuple[int, DeviceFields]]) -> set[str]:
    """Return the fields that changed when any of them changed the last time; none if none ever did."""
    every = [(name, changes_of(moves, name)) for name in ATTRIBUTES]
    every += [(name, changes_of(devices, name)) for name in DEVICE_FIELDS]
    latest = max((changes[-1][0] for _, changes in every if changes), default=None)
    return {name for name, changes in every if changes and changes[-1][0] == latest}


def _without_none(devices: Devices) -> dict[str, list[tuple[int, DeviceFields]]]:
    return {meter: list(course) for meter, course in devices.items() if course}


def _goes_on(now: Stand, before: Stand) -> bool:
    """Return whether a file is unchanged except for appended rows."""
    return now.inode == before.inode and now.size >= before.size
