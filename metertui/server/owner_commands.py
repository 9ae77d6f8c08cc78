"""Commands for the owner of a data folder: a table by their names, each of them written once.

The process that owns the folder runs them. That is the server, which is sent them by its Unix socket (see control.py),
or the command line itself where nobody owns the folder (see cli/delegate.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints

from metertui.engine.accounts import Member, check_field, parse_effective
from metertui.engine.attributes import ACCOUNT_FIELDS, ATTRIBUTES, Group
from metertui.engine.base import (
    SECOND,
    Progress,
    SiteZone,
    TellRows,
    counted,
    parse_kwh,
    part_of_progress,
    plain_identifier,
    tell_no_rows,
)
from metertui.engine.core import Decision
from metertui.engine.errors import MeterError
from metertui.engine.usage import FILTERS, Filter, Question
from metertui.engine.vee import check_reason
from metertui.formats import FORMS, FileImport, Said, said_from_json, zone_named
from metertui.headend import STATUS_FIELDS, HeadEnd
from metertui.server.control_protocol import MalformedMessage, TooLong

T = TypeVar("T")

_READINGS: Final = 1_000
"""Readings of a part of an answer: 50 kB, and half a millisecond of the event loop."""
_LISTED_REFUSALS: Final = 10
"""Refused lines of an import that its answer lists; rejects.log has more."""


SendPart = Callable[[object], Awaitable[None]]


@dataclass(frozen=True)
class Call:
    """One command to run on a head-end: who gave it, and its arguments as JSON has them."""

    headend: HeadEnd
    by: str
    arguments: dict[str, Any]
    progress: Progress
    """Takes the share done, 0 to 1; to be called on the event loop."""
    send_part: SendPart
    """Takes a part of a long answer, as JSON has it. Raises TooLong, and MeterError if nobody takes it any more."""
    tell_rows: TellRows = tell_no_rows
    """Takes the number of rows done where a command counts them; on the event loop."""
    alone: bool = False
    """Whether the head-end serves nobody and ends after this command."""

    def text(self, name: str) -> str:
        """Return an argument that must be a string. Raises MalformedMessage."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            raise MalformedMessage(f"{name} must be a string")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return an argument that may be missing, else must be a string. Raises MalformedMessage."""
        return self.text(name) if name in self.arguments else None

    def items(self, name: str, kind: type[T]) -> list[T]:
        """Return an argument that must be a list, of strings or of objects (`dict`). Raises MalformedMessage."""
        value = self.arguments.get(name)
        if not isinstance(value, list) or not all(isinstance(each, kind) for each in value):
            raise MalformedMessage(f"{name} must be a list of {'strings' if kind is str else 'objects'}")
        return value

    def account_fields(self) -> dict[str, str]:
        """Return the fields of an account that are among the arguments. Raises MalformedMessage."""
        return {name: self.text(name) for name in ACCOUNT_FIELDS if name in self.arguments}

    def group(self) -> Group:
        """Return the attributes among the arguments. Raises MalformedMessage, Refused."""
        group = Group(*(self.optional_text(name) or "" for name in ATTRIBUTES))
        for name, value in group._asdict().items():
            check_field(name, value)
        return group

    def account_row(self) -> object:
        """Return the account of the argument `meter` as JSON has it; None where there is none."""
        engine = self.headend.engine
        account = engine.accounts.get(self.text("meter"))
        return None if account is None else account.as_row(engine.zone)


@dataclass(frozen=True)
class Command:
    """A command: `run` returns what JSON has. One that `needs_readings` opens the archive and the log."""

    run: Callable[[Call], Awaitable[Any]]
    needs_readings: bool = True


async def _register(call: Call) -> object:
    outcome = await call.headend.accounts.register(call.text("meter"), call.account_fields(), call.by)
    if not outcome.stored:
        raise MeterError(outcome.text)
    return call.account_row()


async def _modify(call: Call) -> object:
    since = call.optional_text("since")
    effective_from = None if since is None else parse_effective(since, call.headend.engine.zone)
    await call.headend.accounts.modify(call.text("meter"), call.account_fields(), call.by, effective_from)
    return call.account_row()


async def _deactivate(call: Call) -> object:
    await call.headend.accounts.deactivate(call.text("meter"), call.by, _reason(call))
    return call.account_row()


async def _reactivate(call: Call) -> object:
    await call.headend.accounts.reactivate(call.text("meter"), call.by, _reason(call))
    return call.account_row()


def _reason(call: Call) -> str:
    """Return the reason, which may be missing but not blank. Raises MeterError."""
    given = call.optional_text("reason")
    return "" if given is None else check_reason(given)


async def _add_member(call: Call) -> object:
    member = Member(call.text("email"), call.text("role"), call.text("password_hash"))
    await call.headend.staff.put(member, call.by)
    return None


async def _remove_member(call: Call) -> object:
    await call.headend.staff.remove(call.text("email"), call.by)
    return None


async def _decide(call: Call) -> object:
    decisions = [_parse_decision(each) for each in call.items("decisions", dict)]
    zone, edits = call.headend.engine.zone, call.headend.corrections
    make = edits.preview if call.arguments.get("dry_run") is True else edits.apply
    return [effect.as_json(zone) for effect in await make(decisions, call.by)]


def _parse_decision(fields: dict[str, Any]) -> Decision:
    """Return the decision that an object describes. Raises MalformedMessage."""
    kinds = get_type_hints(Decision)
    if fields.keys() != kinds.keys() or any(type(fields[name]) is not kind for name, kind in kinds.items()):
        raise MalformedMessage(f"a decision has the fields {', '.join(kinds)}")
    return Decision(**fields)


async def _estimate(call: Call) -> object:
    engine, meter = call.headend.engine, plain_identifier(call.text("meter"))
    time, kwh = call.optional_text("time"), call.optional_text("kwh")
    now = engine.clock.now()
    at = now - now % SECOND if time is None else engine.zone.parse(time)
    proposal = await call.headend.readings.propose(meter, at)
    if kwh is None and proposal is None:
        raise MeterError(f"too little is known of {meter} to propose a register; give KWH")
    basis = None if proposal is None else proposal.reason(engine.zone)
    wh = proposal.wh if kwh is None and proposal is not None else parse_kwh(kwh or "")
    answer = {"meter": meter, "time": at, "wh": wh, "proposed_wh": proposal and proposal.wh, "basis": basis}
    if call.arguments.get("dry_run") is True:
        return {**answer, "outcome": "nothing is stored"}
    reason = call.optional_text("reason") or (basis if kwh is None else "") or ""
    outcome = await call.headend.store_estimate(meter, wh, at, reason, call.by)
    if not outcome.stored:
        raise MeterError(outcome.text)
    return {**answer, "outcome": f"{outcome.kind}: {outcome.text}" if outcome.text else outcome.kind}


async def _import(call: Call) -> object:
    paths = [Path(name) for name in call.items("files", str)]
    form = call.arguments.get("form")
    if form is not None and form not in FORMS:
        raise MalformedMessage(f"form must be one of {', '.join(FORMS)}")
    progress = part_of_progress(call.progress, 0, 2)
    said, replaces = _said(call), call.arguments.get("replace") is True
    importing = await call.headend.imports.plan(
        paths, form, progress, call.group(), said, replaces=replaces, tell_rows=call.tell_rows
    )
    zone = call.headend.engine.zone
    if call.arguments.get("dry_run") is True:
        return _import_answer(call, importing, zone)
    if said.strict and importing.report.refused:
        raise MeterError(f"{counted(importing.report.refused, 'line')} refused, so nothing is stored")
    names = ", ".join(path.name for path in paths)
    progress = part_of_progress(call.progress, 1, 2)
    imports, kept_as = call.headend.imports, call.arguments.get("save_mapping")
    mapping = await imports.mapping_of(paths[0], str(kept_as), said) if kept_as else None
    store = imports.merge if call.alone else imports.store
    await store(importing, names, call.by, progress, call.tell_rows)
    if mapping is not None:
        await imports.save_mapping(mapping, call.by)
    return _import_answer(call, importing, zone)


def _import_answer(call: Call, importing: FileImport, zone: SiteZone) -> dict[str, Any]:
    """Return what an import comes to, and what its files are taken for, as JSON values."""
    files = [{"file": name, **taken.as_json()} for name, taken in importing.taken.items()]
    months = call.arguments.get("months") is not False
    answer = importing.report.as_json(_LISTED_REFUSALS, zone, months=months) | {"files": files}
    for name, taken in importing.taken.items():
        if taken.zone and not zone_named(taken.zone).is_like(zone):
            answer["notes"].append(f"{name}: its times are in {taken.zone}, and the days of this folder in {zone.name}")
    return answer


def _said(call: Call) -> Said:
    """Return what is said of the files of an import. Raises MalformedMessage."""
    said = call.arguments.get("said", {})
    try:
        return said_from_json(said)
    except (TypeError, AttributeError) as error:
        raise MalformedMessage("said must be an object with the options of an import") from error


async def _close(call: Call) -> object:
    close = await call.headend.day_close.close(call.by)
    return {"readings": close.readings, "files": close.files, "seconds": round(close.seconds, 3)}


async def _issue(call: Call) -> object:
    loop = asyncio.get_running_loop()

    def progress(share: float) -> None:
        loop.call_soon_threadsafe(call.progress, 0.9 * share)

    accept = call.arguments.get("accept_rules") is True
    run = await call.headend.billing.compute_run(call.text("month"), progress, accept_rules=accept)
    answer = {
        "new": run.new_with_data,
        "changes": run.changes,
        "bills": run.with_data,
        "count": run.count_sentence(),
        "totals": run.totals(),
        "gaps": run.gap_sentence(),
        "unissued": run.unissued(),
        "by_rules": run.by_rules,
        "accepted": run.accepts_rules,
        "waiting": run.waiting_sentence(),
    }
    await call.headend.billing.issue(run, call.by)
    return {**answer, "sums": run.summary()}


async def _list_readings(call: Call) -> object:
    """Send the readings that meet a question in parts of columns (see `reading_parts`), and return how many."""
    engine, lists = call.headend.engine, call.headend.readings
    question = _parse_question(call)
    question.filter.check_attributes(engine.directory.groups)
    found = await lists.find(question)

    async def send(start: int, stop: int) -> None:
        try:
            await call.send_part(await lists.describe(found, start, stop))
        except TooLong:
            if stop - start < 2:
                raise
            await send(start, (start + stop) // 2)
            await send((start + stop) // 2, stop)

    for start in range(0, len(found), _READINGS):
        stop = min(start + _READINGS, len(found))
        await send(start, stop)
        call.progress(stop / len(found))
    return {"readings": len(found)}


def _parse_question(call: Call) -> Question:
    """Return the question of the arguments. Raises MalformedMessage."""
    limit = call.arguments.get("limit", 0)
    try:
        first, last = date.fromisoformat(call.text("from")), date.fromisoformat(call.text("to"))
        asked = Filter.by_name(**{name: call.optional_text(name) or "" for name in FILTERS})
    except ValueError as error:
        raise MalformedMessage("from and to must be dates") from error
    if type(limit) is not int or limit < 0:
        raise MalformedMessage("limit must be a whole number")
    return Question(first, last, filter=asked, sort=call.optional_text("sort") or "", limit=limit)


async def _status(call: Call) -> object:
    live = call.headend.live()
    return {name: getattr(live, name) for name in STATUS_FIELDS}


COMMANDS: Final[dict[str, Command]] = {
    "users register": Command(_register, needs_readings=False),
    "users modify": Command(_modify, needs_readings=False),
    "users deactivate": Command(_deactivate, needs_readings=False),
    "users reactivate": Command(_reactivate, needs_readings=False),
    "admins add": Command(_add_member, needs_readings=False),
    "admins remove": Command(_remove_member, needs_readings=False),
    "decide": Command(_decide),
    "estimate": Command(_estimate),
    "import": Command(_import),
    "close": Command(_close),
    "bill issue": Command(_issue),
    "query readings": Command(_list_readings),
    "status": Command(_status),
}
"""Every command by its name, which is that of the command line where there is one."""
