"""`metertui exceptions`: the list of exceptions."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Final

from metertui.cli.data_folder import open_for_reading
from metertui.cli.errors import UsageError
from metertui.cli.options import parse_days
from metertui.cli.output import print_rows
from metertui.engine.base import SiteZone, kwh_number, window_of_days
from metertui.engine.billing import money_text
from metertui.engine.nearest import did_you_mean
from metertui.engine.usage import Filter
from metertui.engine.vee import word_of
from metertui.engine.worklist import (
    AUTOMATIC,
    CAUSES,
    DECIDED,
    MOST_ROWS,
    NEVER,
    ExceptionQuestion,
    ExceptionRow,
    Exceptions,
    State,
    find_exceptions,
)

COLUMNS: Final = (
    "cause", "meter", "time", "register_kwh", "region", "why", "decided", "decided_by", "decided_at", "reason", "notes",
    "stake_kwh", "stake_amount",
)  # fmt: skip
COUNTS: Final = ("cause", "cases", "open")
_NONE: Final = "no exceptions"


def exceptions(options: argparse.Namespace) -> None:
    """Run `metertui exceptions [--cause C] [--region R] [--meter M] [--open|--decided|--all] [--sort S] …`."""
    if options.cause and options.cause not in CAUSES:
        meant = did_you_mean(options.cause, CAUSES)
        raise UsageError(f"--cause {options.cause} is not a cause; choose one of {', '.join(CAUSES)}{meant}")
    if not 0 < options.limit <= MOST_ROWS:
        raise UsageError(f"--limit must be from 1 to {MOST_ROWS}")
    with open_for_reading(options) as engine:
        Filter.by_name(region=options.region or "").check_attributes(engine.directory.groups)
        question = ExceptionQuestion(
            options.cause, options.region, options.meter, _state(options), limit=options.limit, order=options.sort
        )
        if options.first is not None or options.last is not None:
            window = window_of_days(*parse_days(options), engine.zone)
            question = replace(question, window=(window.start, window.end))
        found = find_exceptions(engine.view().frozen(), engine.site_state(), question)
        if options.counts:
            print_rows(options, _counts(found), COUNTS, none=_NONE)
        else:
            print_rows(options, [row(each, engine.zone) for each in found.rows], COLUMNS, none=_NONE)


def _state(options: argparse.Namespace) -> State:
    """Return the state that is asked for; a cause that is a decision is never open."""
    if options.all:
        return "all"
    if options.decided:
        return "decided"
    return "all" if options.cause in DECIDED | AUTOMATIC and not options.open else "open"


def row(found: ExceptionRow, zone: SiteZone) -> dict[str, object]:
    """Return a case under the names of COLUMNS; unknown values are empty text or None."""
    decided = found.decided
    return {
        "cause": found.cause,
        "meter": found.meter,
        "time": "" if found.time == NEVER else zone.iso(found.time),
        "register_kwh": kwh_number(found.wh),
        "region": found.region,
        "why": f"{found.why}: {found.line}" if found.line else found.why,
        "decided": word_of(decided.kind) if decided else "",
        "decided_by": decided.who if decided else "",
        "decided_at": zone.iso(decided.decided) if decided else "",
        "reason": decided.reason if decided else "",
        "notes": "; ".join(
            f"{zone.iso(note.decided)} {note.who}: {word_of(note.kind)}: {note.reason}" for note in found.notes
        ),
        "stake_kwh": kwh_number(found.stake_wh),
        "stake_amount": money_text(found.stake_cents),
    }


def _counts(found: Exceptions) -> list[dict[str, object]]:
    return [
        {"cause": cause, "cases": number, "open": found.open_counts.get(cause, 0)}
        for cause, number in found.counts.items()
    ]
