"""Run `metertui void`, `correct`, `release` and `exchange`: edits of readings, and how to take them back."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from metertui import settings
from metertui.cli.data_folder import folder_of
from metertui.cli.delegate import perform
from metertui.cli.errors import UsageError
from metertui.cli.options import format_of, parse_time
from metertui.cli.output import print_rows
from metertui.engine.base import SiteZone, kwh_number, parse_kwh
from metertui.engine.core import NOT_SAID, Decision
from metertui.engine.errors import Refused
from metertui.engine.vee import UNDOES
from metertui.text import explained

COLUMNS = (
    "meter", "what", "values", "readings",
    "total_kwh_before", "total_kwh_after", "not_counted_before", "not_counted_after", "months",
    "why_not_counted",
)  # fmt: skip
_UNDO = {done: undone for undone, done in UNDOES.items()}
_PREVIEW = "preview"
"""Stands for a reason where nothing is written."""


def void(options: argparse.Namespace) -> None:
    """Run `metertui void METER (TIME | --from T --to T) --reason R`."""
    between = options.first is not None, options.last is not None
    if (options.time is None) != all(between) or any(between) != all(between):
        raise UsageError("give TIME, or --from and --to for all readings between them")
    _apply_edit(options, "void")


def correct(options: argparse.Namespace) -> None:
    """Run `metertui correct METER TIME KWH --reason R`."""
    if (options.kwh is None) != options.undo:
        raise UsageError("give KWH, the right value of the register; without it, --undo takes a correction back")
    _apply_edit(options, "correct")


def release(options: argparse.Namespace) -> None:
    """Run `metertui release METER TIME --reason R`."""
    _apply_edit(options, "release")


def exchange(options: argparse.Namespace) -> None:
    """Run `metertui exchange METER --final KWH --initial KWH --time T --reason R`."""
    if not options.undo and (options.final is None or options.initial is None):
        raise UsageError(
            "give --final and --initial: the final reading of the old register, and the initial reading of the new one"
        )
    _apply_edit(options, "exchange")


def _apply_edit(options: argparse.Namespace, what: str) -> None:
    if options.reason is None and not options.dry_run:
        raise UsageError("give --reason: a decision is kept with its reason")
    data = folder_of(options)
    zone = settings.load(data).rules().zone
    decision = decision_of(options, what, zone)
    arguments = {"decisions": [decision._asdict()], "dry_run": options.dry_run}
    effects = perform(data, "decide", arguments)
    rows = [row(effect) for effect in effects]
    if format_of(options) != "json":
        rows = [{**each, "months": _months_text(effect)} for each, effect in zip(rows, effects, strict=True)]
    print_rows(options, rows, COLUMNS, one=True)


def decision_of(options: argparse.Namespace, what: str, zone: SiteZone) -> Decision:
    """Return the edit that the options give. Raises UsageError."""
    until = NOT_SAID
    if options.time is None:
        at, until = parse_time("--from", options.first, zone), parse_time("--to", options.last, zone)
    else:
        at = parse_time("--time" if what == "exchange" else "TIME", options.time, zone)
    return Decision(
        _UNDO[what] if options.undo else what,
        options.meter,
        at,
        _PREVIEW if options.reason is None else options.reason,
        _register(options, "final", 0),
        _register(options, "initial", 0),
        _register(options, "kwh", NOT_SAID),
        until,
    )


def _register(options: argparse.Namespace, name: str, without: int) -> int:
    """Return the register (Wh) that an option or argument gives. Raises UsageError."""
    text = getattr(options, name, None)
    if text is None:
        return without
    try:
        return parse_kwh(text)
    except Refused as error:
        raise UsageError(f"{'KWH' if name == 'kwh' else f'--{name}'} {text}: {error.why}") from error


def row(effect: Mapping[str, Any]) -> dict[str, object]:
    """Return an effect, as the owner of the folder gives it, under the names of COLUMNS."""
    return {
        **{name: effect[name] for name in ("meter", "what", "values", "readings")},
        "total_kwh_before": kwh_number(effect["total_before"]),
        "total_kwh_after": kwh_number(effect["total_after"]),
        "not_counted_before": effect["left_out_before"],
        "not_counted_after": effect["left_out_after"],
        "months": [
            {"month": each["month"], "change_kwh": kwh_number(each["change_wh"]), "issued": each["issued"]}
            for each in effect["months"]
        ],
        "why_not_counted": effect["not_counted"],
    }


def _months_text(effect: Mapping[str, Any]) -> str:
    """Return by how many kWh each month changes, and which of them has issued bills."""
    return ", ".join(explained.month_change(**each) for each in effect["months"])
