"""Commands that decide about readings: void, release, exchange, and the taking back of each."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from metertui import settings
from metertui.cli.common import folder, instant, kwh, show
from metertui.cli.delegate import perform
from metertui.cli.errors import UsageError
from metertui.engine.base import SiteZone, parse_kwh
from metertui.engine.core import Decision
from metertui.engine.errors import Refused
from metertui.engine.vee import UNDOES

COLUMNS = ("meter", "what", "values", "total_kwh_before", "total_kwh_after", "not_counted_before", "not_counted_after")
_UNDO = {done: undone for undone, done in UNDOES.items()}


def void(options: argparse.Namespace) -> None:
    """`metertui void METER TIME --reason R`."""
    _decide(options, "void")


def release(options: argparse.Namespace) -> None:
    """`metertui release METER TIME --reason R`."""
    _decide(options, "release")


def exchange(options: argparse.Namespace) -> None:
    """`metertui exchange METER --final KWH --initial KWH --time T --reason R`."""
    if not options.undo and (options.final is None or options.initial is None):
        raise UsageError("an exchange needs --final and --initial, what the old register showed last and the new first")
    _decide(options, "exchange")


def _decide(options: argparse.Namespace, what: str) -> None:
    data = folder(options)
    zone = settings.load(data).rules().zone
    decision = decision_of(options, what, zone)

    effects = perform(data, "decide", {"decisions": [decision._asdict()]})
    show(options, [row(effect) for effect in effects], COLUMNS, one=True)


def decision_of(options: argparse.Namespace, what: str, zone: SiteZone) -> Decision:
    """What the words say. Raises UsageError."""
    at = instant("--time" if what == "exchange" else "TIME", options.time, zone)
    assert at is not None
    registers = []
    for name in ("final", "initial"):
        text = getattr(options, name, None)
        try:
            registers.append(parse_kwh(text) if text is not None else 0)
        except Refused as error:
            raise UsageError(f"--{name} {text}: {error.why}") from error
    return Decision(_UNDO[what] if options.undo else what, options.meter, at, options.reason, *registers)


def row(effect: Mapping[str, Any]) -> dict[str, object]:
    """What is told of an effect, under the names of COLUMNS."""
    return {
        **{name: effect[name] for name in ("meter", "what", "values")},
        "total_kwh_before": kwh(effect["total_before"]),
        "total_kwh_after": kwh(effect["total_after"]),
        "not_counted_before": effect["left_out_before"],
        "not_counted_after": effect["left_out_after"],
    }
