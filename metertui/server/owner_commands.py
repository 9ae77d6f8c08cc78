"""What the owner of a folder does for commands: a table by the words of the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from metertui.engine.accounts import Member, effective
from metertui.engine.attributes import FIELDS
from metertui.engine.base import Progress, part_of_progress
from metertui.engine.core import Decision
from metertui.engine.errors import MeterError
from metertui.formats import FORMS
from metertui.headend import STATUS_FIELDS
from metertui.server.control_protocol import Malformed

if TYPE_CHECKING:
    from metertui.headend import HeadEnd

_MISFITS: Final = 10
"""Refused lines of an import that are told; more stand in rejects.log."""


@dataclass(frozen=True)
class Call:
    """One request under way."""

    headend: HeadEnd
    by: str
    given: dict[str, Any]
    progress: Progress
    """Takes the share done; from the event loop."""

    def text(self, name: str) -> str:
        """A text that must be given. Raises Malformed."""
        value = self.given.get(name)
        if not isinstance(value, str):
            raise Malformed(f"{name} is a text")
        return value

    def texts(self, name: str) -> list[str]:
        """Some texts that must be given. Raises Malformed."""
        value = self.given.get(name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise Malformed(f"{name} is a list of texts")
        return value

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Some objects that must be given. Raises Malformed."""
        value = self.given.get(name)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise Malformed(f"{name} is a list of objects")
        return value

    def fields(self) -> dict[str, str]:
        """The fields of an account that are given. Raises Malformed."""
        return {name: self.text(name) for name in FIELDS if name in self.given}


Command = Callable[[Call], Awaitable[Any]]


async def _register(call: Call) -> object:
    meter = call.text("meter")
    outcome = await call.headend.accounts.register(meter, call.fields(), call.by)
    if not outcome.stored:
        raise MeterError(outcome.text)
    return _account(call, meter)


async def _modify(call: Call) -> object:
    since = effective(call.text("since"), call.headend.engine.zone) if "since" in call.given else None
    await call.headend.accounts.modify(call.text("meter"), call.fields(), call.by, since)
    return _account(call, call.text("meter"))


async def _deactivate(call: Call) -> object:
    await call.headend.accounts.deactivate(
        call.text("meter"), call.by, call.text("reason") if "reason" in call.given else ""
    )
    return _account(call, call.text("meter"))


async def _reactivate(call: Call) -> object:
    await call.headend.accounts.reactivate(
        call.text("meter"), call.by, call.text("reason") if "reason" in call.given else ""
    )
    return _account(call, call.text("meter"))


def _account(call: Call, meter: str) -> object:
    account = call.headend.engine.accounts.get(meter)
    return None if account is None else account.row(call.headend.engine.zone)


async def _add_member(call: Call) -> object:
    member = Member(call.text("email"), call.text("role"), call.text("password_hash"))
    await call.headend.staff.put(member, call.by)
    return None


async def _remove_member(call: Call) -> object:
    await call.headend.staff.remove(call.text("email"), call.by)
    return None


async def _decide(call: Call) -> object:
    decisions = [_decision(each) for each in call.objects("decisions")]
    zone = call.headend.engine.zone
    return [effect.told(zone) for effect in await call.headend.corrections.apply(decisions, call.by)]


def _decision(said: dict[str, Any]) -> Decision:
    """Raises Malformed."""
    kinds = get_type_hints(Decision)
    if said.keys() != kinds.keys() or any(type(said[name]) is not kind for name, kind in kinds.items()):
        raise Malformed(f"a decision has {', '.join(kinds)}")
    return Decision(**said)


async def _import(call: Call) -> object:
    paths = [Path(name) for name in call.texts("files")]
    form = call.given.get("form")
    if form is not None and form not in FORMS:
        raise Malformed(f"a form is one of {', '.join(FORMS)}")
    importing = await call.headend.imports.plan(paths, form, part_of_progress(call.progress, 0, 2))
    names = ", ".join(path.name for path in paths)
    report = await call.headend.imports.store(importing, names, call.by, part_of_progress(call.progress, 1, 2))
    return report.told(_MISFITS)


async def _close(call: Call) -> object:
    close = await call.headend.day_close.close(call.by)
    return {"readings": close.readings, "files": close.files, "seconds": round(close.seconds, 3)}


async def _issue(call: Call) -> object:
    loop = asyncio.get_running_loop()

    def progress(share: float) -> None:
        loop.call_soon_threadsafe(call.progress, 0.9 * share)

    run = await call.headend.billing.compute_run(call.text("month"), progress)
    done = {"new": run.new, "changes": run.changes, "bills": len(run), "sums": run.sums()}
    await call.headend.billing.issue(run, call.by)
    return done


async def _status(call: Call) -> object:
    live = call.headend.live()
    return {name: getattr(live, name) for name in STATUS_FIELDS}


COMMANDS: Final[dict[str, Command]] = {
    "users register": _register,
    "users modify": _modify,
    "users deactivate": _deactivate,
    "users reactivate": _reactivate,
    "admins add": _add_member,
    "admins remove": _remove_member,
    "decide": _decide,
    "import": _import,
    "close": _close,
    "bill issue": _issue,
    "status": _status,
}
"""What can be handed to the owner of a folder, by the words of the command line; each gives what JSON can say."""
