"""Run `metertui void`, `release` and `exchange`: edits of readings, and how to take them back."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from metertui import settings
from metertui.cli.data_folder import folder_of
from metertui.cli.delegate import perform
from metertui.cli.errors import UsageError
from metertui.cli.options import parse_time
from metertui.cli.output import print_rows
from metertui.engine.base import SiteZone, kwh_number, parse_kwh
from metertui.engine.core import Decision
from metertui.engine.errors import Refused
from metertui.engine.vee import UNDOES

COLUMNS = ("meter", "what", "values", "total_kwh_before", "total_kwh_after", "not_counted_before", "not_counted_after")
_UNDO = {done: undone for undone, done in UNDOES.items()}


def void(options: argparse.Namespace) -> None:
    """Run `metertui void METER TIME --reason R`."""
    _apply_edit(options, "void")


def release(options: argparse.Namespace) -> None:
    """Run `metertui release METER TIME --reason R`."""
    _apply_edit(options, "release")


def exchange(options: argparse.Namespace) -> None:
    """Run `metertui exchange METER --final KWH --initial KWH --time T --reason R`."""
    if not options.undo and (options.final is None or options.initial is None):
        raise UsageError("give --final and --initial, the last reading of the old register and the first of the new")
    _apply_edit(options, "exchange")


def _apply_edit(options: argparse.Namespace, what: str) -> None:
    data = folder_of(options)
    zone = settings.load(data).rules().zone
    decision = decision_of(options, what, zone)

    effects = perform(data, "decide", {"decisions": [decision._asdict()]})
    print_rows(options, [row(effect) for effect in effects], COLUMNS, one=True)


def decision_of(options: argparse.Namespace, what: str, zone: SiteZone) -> Decision:
    """Return the edit that the options give. Raises UsageError."""
    at = parse_time("--time" if what == "exchange" else "TIME", options.time, zone)
    registers = []
    for name in ("final", "initial"):
        text = getattr(options, name, None)
        try:
            registers.append(parse_kwh(text) if text is not None else 0)
        except Refused as error:
            raise UsageError(f"--{name} {text}: {error.why}") from error
    return Decision(_UNDO[what] if options.undo else what, options.meter, at, options.reason, *registers)


def row(effect: Mapping[str, Any]) -> dict[str, object]:
    """Return an effect, as the owner of the folder gives it, under the names of COLUMNS."""
    return {
        **{name: effect[name] for name in ("meter", "what", "values")},
        "total_kwh_before": kwh_number(effect["total_before"]),
        "total_kwh_after": kwh_number(effect["total_after"]),
        "not_counted_before": effect["left_out_before"],
        "not_counted_after": effect["left_out_after"],
    }
