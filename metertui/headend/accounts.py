"""Accounts on a running engine: changed one at a time, with nearly all of the work done beside ingest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from metertui.engine.accounts import Account, Change, Rows, account_history
from metertui.engine.attributes import ACCOUNT_FIELDS, DEVICE_FIELDS, NO_DEVICE, DeviceFields
from metertui.engine.base import Outcome, SiteZone
from metertui.engine.columns import Group
from metertui.engine.core import Import, check_digits
from metertui.engine.vee import Edit, check_reason
from metertui.headend.jobs import Jobs

_AT_ONCE: Final = 256
"""Accounts that are refreshed before the event loop, or a batch, goes on: some milliseconds."""


class Accounts:
    """Registers, changes and finds accounts."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._changing = asyncio.Lock()

    async def register(self, meter: str, fields: dict[str, str], by: str) -> Outcome:
        """Register an account, in a batch; `fields` by their names."""
        return await self._jobs.commit_request(
            lambda batch: batch.add_account(meter, fields, by=by, allowed=ACCOUNT_FIELDS)
        )

    async def modify(self, meter: str, fields: dict[str, str], by: str, since: int | None = None) -> None:
        """Change fields of an account from `since` on (µs UTC; now if None). Earlier readings keep the attributes of
        their time.

        Raises MeterError.
        """
        accounts, zone = self._jobs.engine.accounts, self._jobs.engine.zone
        before, devices = accounts.moves_of(meter), self._devices(meter)

        def plan(now: int) -> Change:
            change = accounts.plan_change(meter, fields, now, since)
            said = change.devices.get(meter, devices) or [(0, account.device) for account in change.accounts]
            if [(at, each.digits) for at, each in said] != [(at, each.digits) for at, each in devices]:
                check_digits(self._jobs.engine, meter, said)
            return change

        await self._change(meter, plan)
        from_then = "" if since is None else f" from {zone.iso(since)}"
        held = [device for at, device in devices if since is None or at <= since] or [devices[0][1]]
        was = {name: f" (before: {value or 'nothing'})" for name, value in held[-1]._asdict().items()}
        listed = ", ".join(f"{name}={value}{was.get(name, '')}" for name, value in fields.items())
        gone = [_describe_move(move, zone) for move in before[-1:] if move not in accounts.moves_of(meter)]
        for name in DEVICE_FIELDS:
            after = account_history.changes_of(self._devices(meter), name)
            lost = [each for each in account_history.changes_of(devices, name) if each not in after]
            gone += [f"{name}={value or 'nothing'} from {zone.iso(at)}" for at, value in lost if at != since]
        instead = "".join(f", instead of {each}" for each in gone)
        self._jobs.audit(by, "modify", meter, listed + from_then + instead)

    def _devices(self, meter: str) -> Sequence[tuple[int, DeviceFields]]:
        """Return what the account of a meter says of the meter itself in time; nothing of one that is not known."""
        accounts = self._jobs.engine.accounts
        account = accounts.get(meter)
        return accounts.devices_of(meter) or [(0, NO_DEVICE if account is None else account.device)]

    async def deactivate(self, meter: str, by: str, reason: str = "") -> None:
        """Refuse the readings of a meter from now on; its history stays. Raises MeterError."""
        await self._set_activity(meter, by, reason, active=False)

    async def reactivate(self, meter: str, by: str, reason: str = "") -> None:
        """Accept the readings of a deactivated meter again. Raises MeterError."""
        await self._set_activity(meter, by, reason, active=True)

    async def search(self, text: str, limit: int = 20) -> list[Account]:
        """Return accounts as `AccountFinder.find_accounts` does."""
        return await self._jobs.look_up(self._jobs.engine.accounts.finder.find_accounts, text, limit)

    async def find_all(self, text: str) -> Rows:
        """Return all accounts as `AccountFinder.rows_containing` does."""
        return await self._jobs.look_up(self._jobs.engine.accounts.finder.rows_containing, text)

    async def apply_import(self, importing: Import) -> None:
        """Store the accounts of an import, and the changes it makes to others. Runs to completion."""
        await self._jobs.run_to_completion(self._apply_import(importing))

    async def _set_activity(self, meter: str, by: str, reason: str, *, active: bool) -> None:
        accounts, what = self._jobs.engine.accounts, "reactivate" if active else "deactivate"
        await self._change(meter, lambda now: accounts.plan_activity(meter, active=active), what, by, reason)
        self._jobs.audit(by, what, meter, reason)

    async def _change(
        self, meter: str, plan: Callable[[int], Change], what: str = "", by: str = "", reason: str = ""
    ) -> None:
        """Change an account as planned for the time given in µs UTC. Ingest waits only for the last step."""

        async def change() -> None:
            jobs, engine = self._jobs, self._jobs.engine
            async with self._changing:
                async with jobs.between_batches():
                    now = engine.clock.now()
                    planned, standing = plan(now), engine.accounts.standing()
                events = [Edit(now, meter, what, None, by, check_reason(reason) if reason else "")] if what else []
                draft = await jobs.compute_at_once(engine.accounts.draft_change, standing, planned)
                async with jobs.between_batches():
                    if events:
                        await jobs.write(engine.accounts.commit_with_edits, draft, engine.events, events)
                        engine.apply_events(events)
                    else:
                        await jobs.write(engine.accounts.commit_change, draft)
                    engine.refresh_account(meter)

        await self._jobs.run_to_completion(change())

    async def _apply_import(self, importing: Import) -> None:
        """Put the accounts of an import in place. Ingest goes on while they are planned, and between two parts."""
        jobs, engine, book = self._jobs, self._jobs.engine, self._jobs.engine.accounts
        async with self._changing:
            async with jobs.between_batches():
                now, standing = engine.clock.now(), book.standing()
            change = await jobs.compute_at_once(importing.plan_accounts, book, now)
            if not change.accounts and not change.moves:
                return
            draft = await jobs.compute_at_once(book.draft_change, standing, change)
            changed = list({account.meter: None for account in change.accounts} | dict.fromkeys(change.moves))
            async with jobs.between_batches():
                fresh = [meter for meter in changed if meter not in book]
                await jobs.write(book.commit_change, draft)
                for place, meter in enumerate(fresh):  # from now on they are registered, and may send readings
                    engine.ingest.refresh_meter(meter)
                    if place % _AT_ONCE == 0:
                        await asyncio.sleep(0)
            known = sorted(set(changed).difference(fresh))
            for start in range(0, len(known), _AT_ONCE):
                async with jobs.between_batches():
                    for meter in known[start : start + _AT_ONCE]:
                        engine.ingest.refresh_meter(meter)
                await asyncio.sleep(0)  # else no batch would ask for its turn
            directory = engine.directory
            engine.readings.regroup([code for meter in changed for code in directory.codes_of_meter(meter)])


def _describe_move(move: tuple[int, Group], zone: SiteZone) -> str:
    since, group = move
    return f"{', '.join(filter(None, group)) or 'no attributes'} from {zone.iso(since)}"
