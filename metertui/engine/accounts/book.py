"""The accounts of a data folder: the fields registered for each meter, now and in time, and their changes."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from metertui.engine.accounts.account import Account, with_fields
from metertui.engine.accounts.account_files import AccountFiles, Stand
from metertui.engine.accounts.account_history import Moves, is_unfinished, with_move
from metertui.engine.accounts.search import AccountFinder
from metertui.engine.base import SiteZone, check_meter_id
from metertui.engine.columns import Group
from metertui.engine.errors import MeterError, Refused, StorageError
from metertui.engine.storage import durable
from metertui.engine.vee import Edit, EditLog


@dataclass(frozen=True, slots=True)
class Change:
    """Accounts after a change, and the attributes in time of those that moved."""

    accounts: Sequence[Account]
    moves: Moves


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
            self._set_moves({})
        self._files.mend()

    def _load_moves(self) -> bool:
        """Read the attributes in time. Return whether any of them was half a change."""
        self._moves = self._files.read_moves()
        return any([self._drop_unfinished(meter, moves) for meter, moves in self._moves.items()])

    def _drop_unfinished(self, meter: str, moves: list[tuple[int, Group]]) -> bool:
        """Undo half a change whose second half never came to `users.csv`. Return whether there was one."""
        if not is_unfinished(moves, self._accounts.get(meter)):
            return False
        moves.pop()
        name = self._files.history_path.name
        self.warnings.append(f"{name}: the last change of {meter} was dropped, as users.csv does not have it")
        return True

    def replace_known(self, account: Account, moves: Sequence[tuple[int, Group]]) -> None:
        """Replace one account by what another process has written to the files."""
        if account.meter in self._accounts:
            self._accounts[account.meter] = account
            self.finder.mark_changed(account.meter)
        else:
            self.add_account(account)
        if moves:
            self._moves[account.meter] = list(moves)
        else:
            self._moves.pop(account.meter, None)

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

    def search(self, text: str, limit: int = 20) -> list[Account]:
        """Return accounts whose id, address, postcode, region or sub-region contains `text`, in any case.

        The id that is `text` comes first, then ids that begin with it, then the rest.
        """
        found = self.finder.find_accounts(text, limit)
        assert found is not None
        return found

    # -- registering: checked at once, written together ------------------------------------------------------------

    def prepare_account(self, meter: str, fields: Mapping[str, str], now: int) -> Account:
        """Return a new account, checked but not stored. Raises Refused."""
        check_meter_id(meter)
        if meter in self._accounts:
            raise Refused("already-registered", f"{meter} is registered already")
        return with_fields(Account(meter, registered=now), fields)

    def append_rows(self, accounts: Sequence[Account], *, sync: bool = True) -> int:
        """Write new accounts to disk.

        Return the mark with which `retract_rows` undoes it. Any thread. Raises StorageError.
        """
        if not self._files.appendable:
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
        registration, holds until it changed the next time.
        """
        before = self._known(meter)
        account = with_fields(before, fields)
        known = list(self.moves_of(meter)) or [(before.registered or 0, before.group)]
        moves = list(known)
        last, group = moves[-1]
        if since == last and len(moves) > 1 and account.group == group:  # the last change, once more
            return Change([account], {})
        corrected = account == before if since != last else account.group != group
        if since is not None:
            self._check_not_future(since, now)
            if account.group != group and (since < last or len(moves) == 1):
                moves = with_move(known, since, group, account.group)
                account = with_fields(account, moves[-1][1]._asdict())
                return Change([account], {meter: moves} if moves != known else {})
            if len(moves) > 1 and corrected:
                moves.pop()
            self._check_after(meter, since, moves)
        if account.group != moves[-1][1]:
            # The clock may have jumped back, and what was before stays before.
            moves.append((max(now, last + 1) if since is None else since, account.group))
        return Change([account], {meter: moves} if moves != known else {})

    def _check_not_future(self, since: int, now: int) -> None:
        """Check that a change may take effect at `since`. Raises Refused."""
        if since > now:
            raise Refused(
                "future-timestamp", f"{self._zone.iso(since)} is in the future; enter the change on or after that day"
            )

    def _check_after(self, meter: str, since: int, moves: Sequence[tuple[int, Group]]) -> None:
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
        self.commit_change(self.draft_change(self.standing(), Change(list(accounts), moves)))

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
        history = self._files.draft_moves({**self._moves, **change.moves}) if change.moves else None
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
        known = self._moves
        since = {self.finder.meter_at(row) for row in range(standing.count, len(self.finder))}
        changed = {account.meter: account for account in change.accounts if account.meter not in since}
        moves = {meter: list(each) for meter, each in change.moves.items() if meter not in since}
        try:
            if len(changed) == len(change.accounts) and _goes_on(stand, standing.file):
                self._files.add_registrations(draft.users, standing.file.size, stand.size)
                self._files.switch_drafts(draft.users, draft.history)
            else:  # since then the file was rewritten, or an account of the change was registered, which stays
                draft.drop()
                everyone = list({**self._accounts, **changed}.values())
                self._files.switch_drafts(
                    self._files.draft_accounts(stand, None, lambda: everyone),
                    self._files.draft_moves({**known, **moves}) if moves else None,
                )
        except StorageError:
            draft.drop()
            with contextlib.suppress(StorageError):
                self.settle()
            raise
        self._moves = {**known, **moves}
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

    def _set_moves(self, moves: Moves) -> None:
        merged = {**self._moves, **{meter: list(of_meter) for meter, of_meter in moves.items()}}
        self._files.rewrite_moves(merged)
        self._moves = merged

    def settle(self) -> None:
        """Rewrite files that a failed write may have left in an unknown state. Raises StorageError."""
        if self._files.doubtful:
            self._set_moves({})
            self._files.rewrite_accounts(self._accounts.values())
            self._files.doubtful = False


def _goes_on(now: Stand, before: Stand) -> bool:
    """Return whether a file is unchanged except for appended rows."""
    return now.inode == before.inode and now.size >= before.size
