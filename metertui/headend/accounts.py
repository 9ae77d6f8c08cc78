"""Changes of accounts beside ingest, one at a time: nearly all of the work is done while readings go on coming."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from metertui.engine.accounts import Change
from metertui.engine.base import SiteZone
from metertui.engine.columns import Group
from metertui.engine.core import Import
from metertui.engine.vee import Event, checked_reason
from metertui.headend.jobs import Hands

_AT_ONCE: Final = 256
"""Accounts taken over in one go: some ms."""
_EVER: Final = -(1 << 62)


class AccountChanges:
    """Who changes accounts."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._changing = asyncio.Lock()

    async def modify(self, meter: str, fields: dict[str, str], by: str, since: int | None) -> None:
        """See HeadEnd.modify."""
        accounts, zone = self._hands.engine.accounts, self._hands.engine.zone
        before = accounts.moves(meter)
        await self._change(meter, lambda now: accounts.modified(meter, fields, now, since))
        from_then = "" if since is None else f" from {zone.iso(since)}"
        listed = ", ".join(f"{name}={value}" for name, value in fields.items())
        gone = [move for move in before[-1:] if move not in accounts.moves(meter)]
        instead = "".join(f", instead of {_told(move, zone)}" for move in gone)
        self._hands.note(by, "modify", meter, listed + from_then + instead)

    async def deactivate(self, meter: str, by: str, reason: str) -> None:
        """See HeadEnd.deactivate."""
        accounts = self._hands.engine.accounts
        await self._change(meter, lambda now: accounts.deactivated(meter), "deactivate", by, reason)
        self._hands.note(by, "deactivate", meter, reason)

    async def reactivate(self, meter: str, by: str, reason: str) -> None:
        """See HeadEnd.reactivate."""
        accounts = self._hands.engine.accounts
        await self._change(meter, lambda now: accounts.reactivated(meter), "reactivate", by, reason)
        self._hands.note(by, "reactivate", meter, reason)

    async def _change(
        self, meter: str, plan: Callable[[int], Change], what: str = "", by: str = "", reason: str = ""
    ) -> None:
        """Change an account. Ingest waits only for the last step."""

        async def change() -> None:
            hands, engine = self._hands, self._hands.engine
            async with self._changing:
                async with hands.between:
                    now, before = engine.clock.now(), engine.accounts.moves(meter)
                    planned, standing = plan(now), engine.accounts.standing()
                events = [Event(now, meter, what, None, by, checked_reason(reason) if reason else "")] if what else []
                draft = await hands.work(engine.accounts.draft, standing, planned)
                async with hands.between:
                    if events:
                        await hands.write(engine.accounts.commit_told, draft, engine.events, events)
                        engine.decide(events)
                    else:
                        await hands.write(engine.accounts.commit, draft)
                    # From where the attributes are others: of a change that is corrected, the earlier of both.
                    others = (*before[-1:], planned.moves[meter][-1]) if planned.moves else ((now, None),)
                    since = min(since for since, _ in others)
                    engine.refresh_account(meter, since)

        await self._hands.finished(change())

    async def take(self, importing: Import) -> None:
        """The accounts that an import brings, and what it says of others; begun, it is finished."""
        await self._hands.finished(self._take(importing))

    async def _take(self, importing: Import) -> None:
        hands, engine = self._hands, self._hands.engine
        async with self._changing:
            async with hands.between:
                now = engine.clock.now()
                standing = engine.accounts.standing()
                accounts, moves = await hands.write(importing.accounts, engine.accounts, now)
            if not accounts and not moves:
                return
            draft = await hands.work(engine.accounts.draft, standing, Change(accounts, moves))
            async with hands.between:
                await hands.write(engine.accounts.commit, draft)
                for place, meter in enumerate({account.meter: None for account in accounts} | dict.fromkeys(moves)):
                    engine.refresh_account(meter, _EVER)
                    if place % _AT_ONCE == 0:
                        await asyncio.sleep(0)


def _told(move: tuple[int, Group], zone: SiteZone) -> str:
    since, group = move
    return f"{', '.join(filter(None, group)) or 'no attributes'} from {zone.iso(since)}"
