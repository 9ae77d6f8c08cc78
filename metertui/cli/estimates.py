"""Run `metertui estimate`: an estimated register of a meter that is silent."""

from __future__ import annotations

import argparse
from typing import Any, Final

from metertui import settings
from metertui.cli.data_folder import folder_of
from metertui.cli.delegate import perform
from metertui.cli.errors import UsageError
from metertui.cli.options import parse_time
from metertui.cli.output import print_rows
from metertui.engine.base import kwh_number, parse_kwh
from metertui.engine.errors import Refused

COLUMNS: Final = ("meter", "time", "reading_kwh", "quality", "proposed_kwh", "basis", "outcome")


def estimate(options: argparse.Namespace) -> None:
    """Run `metertui estimate METER [TIME [KWH]] [--reason R] [--dry-run]`."""
    data = folder_of(options)
    zone = settings.load(data).rules().zone
    asked: dict[str, Any] = {"meter": options.meter, "dry_run": options.dry_run}
    if options.time is not None:
        asked["time"] = zone.iso(parse_time("TIME", options.time, zone))
    if options.kwh is not None:
        try:
            parse_kwh(options.kwh)
        except Refused as error:
            raise UsageError(f"KWH {options.kwh}: {error.why}") from error
        if options.reason is None and not options.dry_run:
            raise UsageError("give --reason: a register that is not the proposed one is kept with its reason")
        asked["kwh"] = options.kwh
    if options.reason is not None:
        asked["reason"] = options.reason
    answer = perform(data, "estimate", asked)
    row = {
        "meter": answer["meter"],
        "time": zone.iso(answer["time"]),
        "reading_kwh": kwh_number(answer["wh"]),
        "quality": "estimated",
        "proposed_kwh": kwh_number(answer["proposed_wh"]),
        "basis": answer["basis"],
        "outcome": answer["outcome"],
    }
    print_rows(options, [row], COLUMNS, one=True)
